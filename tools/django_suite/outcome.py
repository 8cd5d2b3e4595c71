"""What came of an app on an engine, and how it is printed.

Invariant: pure; whoever calls prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

ENGINES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}

FAILED = "FAIL"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    word: Literal["ok", "FAIL", "not loaded", "not made", "no models"]
    """``not loaded`` and ``not made`` are Django's own doing."""
    models: int = 0
    """That have a table of their own, on whatever engine can hold it."""
    left_out: tuple[str, ...] = ()
    """Models that Django leaves out on this engine, each with what it needs."""
    text: str = ""
    """The reason, or the difference."""


Row = tuple[str, Mapping[str, Outcome]]
"""An app, and its outcome on each engine."""


def heading() -> str:
    return _line("app", "models", *ENGINES.values())


def line(row: Row) -> str:
    app, outcomes = row
    models = max((each.models for each in outcomes.values()), default=0)
    return _line(app, str(models), *(_cell(outcomes[e]) for e in ENGINES))


def _line(app: str, models: str, *cells: str) -> str:
    columns = "".join(f"  {cell:<22}" for cell in cells)
    return f"{app:<52}{models:>6}{columns}".rstrip()


def _cell(outcome: Outcome) -> str:
    left = len(outcome.left_out)
    return f"{outcome.word}{f' ({left} left out)' if left else ''}"


def differences(row: Row) -> Iterator[str]:
    """Yield the lines below a row that failed."""
    for engine, outcome in row[1].items():
        if outcome.word == FAILED:
            yield f"  {ENGINES[engine]}: " + outcome.text.replace("\n", "\n      ")


def notes(rows: Iterable[Row]) -> Iterator[str]:
    """Yield what Django itself does not make, each reason once."""
    apps: dict[str, dict[str, list[str]]] = {}
    for app, outcomes in rows:
        for engine, outcome in outcomes.items():
            if outcome.word in ("not loaded", "not made"):
                reason = f"{outcome.word} by Django: {outcome.text}"
            elif outcome.left_out:
                reason = f"left out by Django: {', '.join(outcome.left_out)}"
            else:
                continue
            apps.setdefault(reason, {}).setdefault(app, []).append(ENGINES[engine])
    for reason, places in sorted(apps.items(), key=lambda item: [*item[1]]):
        said = [_where(app, engines) for app, engines in sorted(places.items())]
        yield f"{', '.join(said)}\n    {reason}"


def _where(app: str, engines: list[str]) -> str:
    return app if len(engines) == len(ENGINES) else f"{app} on {engines[0]}"


def total(rows: Iterable[Row]) -> str:
    """Return ``PostgreSQL: 170 ok, 1 FAIL; SQLite: ...``."""
    kept = list(rows)
    parts = []
    for engine, name in ENGINES.items():
        words = [outcomes[engine].word for _, outcomes in kept]
        counts = [f"{words.count(word)} {word}" for word in dict.fromkeys(words)]
        parts.append(f"{name}: {', '.join(counts)}")
    return "; ".join(parts)
