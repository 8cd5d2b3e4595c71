"""The result of a walk, and the table of several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from tools.columns import aligned

COLUMNS = (
    *("project", "engine", "steps", "ok", "failed", "unfit"),
    *("tables", "with rows", "rows", "adapted", "made up", "seconds"),
)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What happened in one walk."""

    project: str
    engine: str
    steps: int = 0
    """Pairs of states whose tables differ."""
    failures: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)
    """States that Django itself cannot create; their steps go to the next one."""
    tables: int = 0
    """At the end."""
    tables_with_rows: int = 0
    rows: int = 0
    adapted: int = 0
    """How often rows were made fit for a step, as a data migration would."""
    made_up: int = 0
    """Values that a data migration would have given to a new column."""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return not self.failures

    def row(self) -> dict[str, object]:
        return asdict(self)


def table(results: Iterable[Tally]) -> str:
    """Return the results as a table of text."""
    return "\n".join(aligned([COLUMNS, *map(_cells, results)]))


def _cells(result: Tally) -> tuple[str, ...]:
    failed = len(result.failures)
    numbers = (
        *(result.steps, result.steps - min(failed, result.steps), failed),
        *(len(result.unfit), result.tables, result.tables_with_rows, result.rows),
        *(result.adapted, result.made_up, round(result.seconds)),
    )
    return (result.project, result.engine, *map(str, numbers))
