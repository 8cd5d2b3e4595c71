"""Count the results of a walk, and show those of several as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tools.columns import align_columns

COLUMNS = (
    *("project", "engine", "steps", "ok", "failed", "unfit"),
    *("tables", "with rows", "rows", "adapted", "made up"),
    *("asked", "needless", "unasked", "seconds"),
)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What happened in one walk."""

    project: str
    engine: str
    steps: int = 0
    """How many states have other tables than the one before."""
    failures: list[str] = field(default_factory=list)
    unfit: dict[str, str] = field(default_factory=dict)
    """States that Django itself cannot create, with its error; the step goes on to the
    next state."""
    tables: int = 0
    """How many there are at the end, as for the next two."""
    tables_with_rows: int = 0
    rows: int = 0
    adapted: int = 0
    """How often rows were adapted to a step, as by a data migration."""
    made_up: int = 0
    """How many values were made up for a new column, as by a data migration."""
    asked: int = 0
    """Questions, with ``--ask``; as the next two."""
    needless: int = 0
    """Those that nothing came of."""
    unasked: int = 0
    """Steps that needed an answer which no question asked for."""
    seconds: float = 0.0

    @property
    def has_passed(self) -> bool:
        return not self.failures


def format_table(results: Iterable[Tally]) -> str:
    """Return the results as a table of text."""
    return "\n".join(align_columns([COLUMNS, *map(_format_cells, results)]))


def _format_cells(result: Tally) -> tuple[str, ...]:
    failed = len(result.failures)
    numbers = (
        *(result.steps, result.steps - min(failed, result.steps), failed),
        *(len(result.unfit), result.tables, result.tables_with_rows, result.rows),
        *(result.adapted, result.made_up, result.asked, result.needless),
        *(result.unasked, round(result.seconds)),
    )
    return (result.project, result.engine, *map(str, numbers))
