"""Trials as a table: fault, where it struck, what was left, and how it ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tools.columns import aligned
from tools.faults.trial import LEFT, WHERE, Trial

WRONG = "WRONG"
COLUMNS = (
    "fault",
    "struck",
    "points",
    *(f"left {what}" for what in LEFT),
    "at once",
    WRONG,
)


def table(trials: Iterable[Trial]) -> str:
    """Return the table, with a line of sums."""
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for trial in trials:
        counted[trial.point.fault, _where(trial)].update(_cells(trial))
    places = [*WHERE, "too late"]
    lines = [COLUMNS]
    order = sorted(counted, key=lambda key: (key[0], places.index(key[1])))
    lines += [(*key, *_numbers(counted[key])) for key in order]
    lines.append(("all", "", *_numbers(sum(counted.values(), Counter()))))
    return "\n".join(aligned(lines))


def figures(trials: Sequence[Trial]) -> Iterator[str]:
    """Yield sentences with what the table does not show."""
    struck = [trial for trial in trials if trial.struck]
    more = sum(trial.runs > 1 for trial in trials)
    lingered = max((trial.lingered for trial in trials), default=0.0)
    yield f"{len(struck)} runs were struck, {len(trials) - len(struck)} had ended before."
    yield f"{len(trials) - more} were done by one more run, {more} took more than one."
    yield f"The server ended what a broken run had left within {lingered:.1f} s."


def _where(trial: Trial) -> str:
    return trial.where if trial.struck else "too late"


def _cells(trial: Trial) -> Iterator[str]:
    yield "points"
    yield f"left {trial.left}" if trial.left else "at once"
    if trial.problems:
        yield WRONG


def _numbers(counter: Counter[str]) -> tuple[str, ...]:
    return tuple(str(counter[name] or "") for name in COLUMNS[2:])
