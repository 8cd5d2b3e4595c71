"""What a target has of a directory, as one value.

Invariant: reads only, and tells every state that ``apply`` would refuse instead of
raising for it; only an unsound directory raises.
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

Verdict = Literal["ok", "pending", "drift", "failed", "out-of-order", "edited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    target: Target
    revisions: tuple[Revision, ...]
    comparison: HistoryComparison
    unknown_table_count: int = 0
    """Tables of a database without history."""
    schema: Schema | None = None
    """What was there, when it was asked for."""
    vendor: str = ""
    drift: Drift | None = None
    """None: not looked for."""

    @property
    def failed_revision(self) -> Revision | None:
        """The attempt that did not get to the end of its file."""
        return next((row for row in self.revisions if row.failed), None)

    @property
    def applied_revisions(self) -> tuple[Revision, ...]:
        return tuple(row for row in self.revisions if row.done)

    @property
    def verdict(self) -> Verdict:
        """The worst of what holds."""
        state = self.comparison
        if state.edited or state.missing:
            return "edited"
        if state.out_of_order and state.exec_order == "linear":
            return "out-of-order"
        if self.failed_revision:
            return "failed"
        if self.drift is not None and self.drift.real_differences:
            return "drift"
        return "pending" if state.pending else "ok"


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
    """Compare a directory with a target; raises ``IntegrityError`` for its files only.

    With ``schema`` all that the target holds is read, too.
    """
    verify(directory)
    with connect_for_reading(
        connection, engine, revisions_schema=revisions_schema, wait=wait
    ) as site:
        revisions, tables = read_revisions_and_tables(site)
        found = (
            engine.inspect(connection.connection.cursor()) if include_schema else None
        )
    state = compare_history(directory.files, revisions, exec_order=exec_order)
    fresh = not state.current_version and not state.ahead
    return Status(
        target=site.target,
        revisions=revisions,
        comparison=state,
        unknown_table_count=sum(name != REVISIONS_TABLE for name in tables)
        if fresh
        else 0,
        schema=found,
        vendor=engine.vendor,
    )
