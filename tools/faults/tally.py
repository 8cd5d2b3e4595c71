"""Show trials as a table: the fault, the stage it struck at, what it left, the verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tools.clients import describe_gap
from tools.columns import align_columns
from tools.faults.reports import STAGES
from tools.faults.trial import REMAINS, Trial

WRONG = "WRONG"
COLUMNS = (
    "fault",
    "struck",
    "points",
    *(f"left {what}" for what in REMAINS),
    "at once",
    WRONG,
)


def format_table(trials: Iterable[Trial]) -> str:
    """Return the table of the trials, with a line of sums."""
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for trial in trials:
        counted[trial.point.fault, _stage_of(trial)].update(_list_cells(trial))
    places = [*STAGES, "too late"]
    lines = [COLUMNS]
    order = sorted(counted, key=lambda key: (key[0], places.index(key[1])))
    lines += [(*key, *_format_counts(counted[key])) for key in order]
    lines.append(("all", "", *_format_counts(sum(counted.values(), Counter()))))
    return "\n".join(align_columns(lines))


def describe_figures(trials: Sequence[Trial]) -> Iterator[str]:
    """Describe what the table does not show, in sentences."""
    struck = [trial for trial in trials if trial.was_struck]
    more = sum(trial.rerun_count > 1 for trial in trials)
    lingered = max((trial.linger_seconds for trial in trials), default=0.0)
    yield f"{len(struck)} runs were struck, {len(trials) - len(struck)} had ended before."
    yield f"One more run finished {len(trials) - more} of them, {more} took several."
    unread = [trial.unread_major for trial in trials if trial.unread_major]
    for major in sorted(set(unread)):
        yield f"{unread.count(major)} points: {describe_gap(major)}."
    yield f"The server released what broken runs held within {lingered:.1f} s."


def _stage_of(trial: Trial) -> str:
    return trial.stage if trial.was_struck else "too late"


def _list_cells(trial: Trial) -> Iterator[str]:
    yield "points"
    yield f"left {trial.remains}" if trial.remains else "at once"
    if trial.problems:
        yield WRONG


def _format_counts(counter: Counter[str]) -> tuple[str, ...]:
    return tuple(str(counter[name] or "") for name in COLUMNS[2:])
