"""Status of a target: which files of a directory it has, as one value.

Invariant: the target is only read, and what ``apply`` would refuse is reported instead
of raised; only a directory that fails verification raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from schema_migrations.history.comparison import (
    ExecOrder,
    HistoryComparison,
    compare_history,
)
from schema_migrations.history.directory import Directory, verify
from schema_migrations.history.origin import Destination
from schema_migrations.history.revisions_table import REVISIONS_TABLE
from schema_migrations.history.standing import Standing, Verdict, judge_history
from schema_migrations.workflows.targets.connected_target import (
    connect_for_reading,
    read_revisions_and_tables,
)

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import Engine
    from schema_migrations.engines.executor import Target
    from schema_migrations.history.revision import Revision
    from schema_migrations.schema.model import Schema
    from schema_migrations.workflows.standing.drift import Drift
    from schema_migrations.workflows.standing.way_back import WayBack

StatusVerdict = Verdict | Literal["drift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    target: Target
    revisions: tuple[Revision, ...]
    standing: Standing
    unknown_table_count: int = 0
    """Number of tables, if the database has no history."""
    schema: Schema | None = None
    """The schema of the target, if it was asked for."""
    vendor: str = ""
    drift: Drift | None = None
    """None: not asked for."""
    way_back: WayBack | None = None
    """None: not asked for."""

    @property
    def comparison(self) -> HistoryComparison:
        return self.standing.comparison

    @property
    def applied_revisions(self) -> tuple[Revision, ...]:
        return tuple(row for row in self.revisions if row.done)

    @property
    def verdict(self) -> StatusVerdict:
        """The most serious finding: drift counts unless the files need attention first."""
        verdict = self.standing.verdict
        has_drift = self.drift is not None and bool(self.drift.real_differences)
        return "drift" if has_drift and verdict in ("ok", "pending") else verdict


def read_status(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    *,
    exec_order: ExecOrder,
    revisions_schema: str | None,
    wait: float,
    include_schema: bool = False,
) -> Status:
    """Compare a directory with a target; raise ``IntegrityError`` for its files only.

    With ``include_schema`` also inspect the target.
    """
    verify(directory)
    with connect_for_reading(
        connection, engine, revisions_schema=revisions_schema, wait=wait
    ) as connected:
        revisions, tables = read_revisions_and_tables(connected)
        schema = (
            engine.reader.inspect(connection.connection.cursor())
            if include_schema
            else None
        )
    comparison = compare_history(directory.files, revisions, exec_order=exec_order)
    destination = Destination(name=connected.target.name, engine=engine.dialect.name)
    return Status(
        target=connected.target,
        revisions=revisions,
        standing=judge_history(comparison, engine.dialect.syntax, destination),
        unknown_table_count=0
        if comparison.has_history
        else sum(name != REVISIONS_TABLE for name in tables),
        schema=schema,
        vendor=engine.vendor,
    )
