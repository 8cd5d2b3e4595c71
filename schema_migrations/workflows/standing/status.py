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
from schema_migrations.revision_store import REVISIONS_TABLE
from schema_migrations.workflows.targets.connected_target import (
    connect_for_reading,
    read_revisions_and_tables,
)

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import Engine, Target
    from schema_migrations.history.revision import Revision
    from schema_migrations.schema.model import Schema
    from schema_migrations.workflows.standing.drift import Drift

Verdict = Literal[
    "ok", "pending", "drift", "failed", "out-of-order", "edited", "missing"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    target: Target
    revisions: tuple[Revision, ...]
    comparison: HistoryComparison
    unknown_table_count: int = 0
    """Number of tables, if the database has no history."""
    schema: Schema | None = None
    """The schema of the target, if it was asked for."""
    vendor: str = ""
    drift: Drift | None = None
    """None: not asked for."""

    @property
    def failed_revision(self) -> Revision | None:
        """The revision of a file that did not reach its end."""
        return next((row for row in self.revisions if row.failed), None)

    @property
    def applied_revisions(self) -> tuple[Revision, ...]:
        return tuple(row for row in self.revisions if row.done)

    @property
    def verdict(self) -> Verdict:
        """The most serious finding."""
        comparison = self.comparison
        if comparison.edited:
            return "edited"
        if comparison.missing:
            return "missing"
        if comparison.out_of_order and comparison.exec_order == "linear":
            return "out-of-order"
        if self.failed_revision:
            return "failed"
        if self.drift is not None and self.drift.real_differences:
            return "drift"
        return "pending" if comparison.pending else "ok"


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
    fresh = not comparison.current_version and not comparison.ahead
    return Status(
        target=connected.target,
        revisions=revisions,
        comparison=comparison,
        unknown_table_count=sum(name != REVISIONS_TABLE for name in tables)
        if fresh
        else 0,
        schema=schema,
        vendor=engine.vendor,
    )
