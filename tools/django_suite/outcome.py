"""Format the outcomes of apps as lines of text.

Invariant: pure; the caller prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

ENGINES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}

FAILED = "FAIL"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    verdict: Literal["ok", "FAIL", "not loaded", "not made", "no models"]
    """``not loaded`` and ``not made`` are Django's own refusals."""
    models: int = 0
    """How many models have a table of their own, on any engine."""
    left_out: tuple[str, ...] = ()
    """The models that Django leaves out on this engine, each with what it needs."""
    detail: str = ""
    """The reason, or the difference, if there is one."""


Row = tuple[str, Mapping[str, Outcome]]
"""An app, and its outcome on each engine."""


def format_heading() -> str:
    return _format_line("app", "models", *ENGINES.values())


def format_row(row: Row) -> str:
    app, outcomes = row
    models = max((each.models for each in outcomes.values()), default=0)
    return _format_line(app, str(models), *(_format_cell(outcomes[e]) for e in ENGINES))


def _format_line(app: str, models: str, *cells: str) -> str:
    columns = "".join(f"  {cell:<22}" for cell in cells)
    return f"{app:<52}{models:>6}{columns}".rstrip()


def _format_cell(outcome: Outcome) -> str:
    left = len(outcome.left_out)
    return f"{outcome.verdict}{f' ({left} left out)' if left else ''}"


def list_differences(row: Row) -> Iterator[str]:
    """Yield the lines that follow the row of an app that failed."""
    for engine, outcome in row[1].items():
        if outcome.verdict == FAILED:
            yield f"  {ENGINES[engine]}: " + outcome.detail.replace("\n", "\n      ")


def list_notes(rows: Iterable[Row]) -> Iterator[str]:
    """Describe what Django itself does not create, each reason once."""
    apps: dict[str, dict[str, list[str]]] = {}
    for app, outcomes in rows:
        for engine, outcome in outcomes.items():
            if outcome.verdict in ("not loaded", "not made"):
                reason = f"{outcome.verdict} by Django: {outcome.detail}"
            elif outcome.left_out:
                reason = f"left out by Django: {', '.join(outcome.left_out)}"
            else:
                continue
            apps.setdefault(reason, {}).setdefault(app, []).append(ENGINES[engine])
    for reason, places in sorted(apps.items(), key=lambda item: [*item[1]]):
        names = [_format_place(app, engines) for app, engines in sorted(places.items())]
        yield f"{', '.join(names)}\n    {reason}"


def _format_place(app: str, engines: list[str]) -> str:
    return app if len(engines) == len(ENGINES) else f"{app} on {engines[0]}"


def format_totals(rows: Iterable[Row]) -> str:
    """Return ``PostgreSQL: 170 ok, 1 FAIL; SQLite: ...``."""
    kept = list(rows)
    parts = []
    for engine, name in ENGINES.items():
        words = [outcomes[engine].verdict for _, outcomes in kept]
        counts = [f"{words.count(word)} {word}" for word in dict.fromkeys(words)]
        parts.append(f"{name}: {', '.join(counts)}")
    return "; ".join(parts)
