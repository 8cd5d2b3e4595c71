"""Where one of many targets stands, as a small value that processes send each other.

Invariant: a target is only read, and what a run would refuse is part of the value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_migrations.history.comparison import compare_history
from schema_migrations.history.origin import Destination
from schema_migrations.history.standing import judge_history
from schema_migrations.workflows.targets.connected_target import (
    connect_for_reading,
    read_revisions_and_tables,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import Engine
    from schema_migrations.engines.executor import Target
    from schema_migrations.history.comparison import ExecOrder
    from schema_migrations.history.directory import Directory
    from schema_migrations.history.revision import Revision
    from schema_migrations.history.standing import Problem, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStanding:
    target: Target
    verdict: Verdict
    current_version: str
    """Empty: none."""
    pending: tuple[str, ...]
    """Versions."""
    problem: Problem | None = None
    """Why nothing may run."""
    failed_revision: Revision | None = None
    is_plain: bool = False
    """Every row is of a file that is done, and no file was found edited, moved or out of
    order: then the time of a row says nothing more about the target."""


def judge_target(
    target: Target,
    directory: Directory,
    revisions: Sequence[Revision],
    engine: Engine,
    *,
    exec_order: ExecOrder,
) -> TargetStanding:
    """Return where a target with these rows stands; pure."""
    comparison = compare_history(directory.files, revisions, exec_order=exec_order)
    destination = Destination(name=target.name, engine=engine.dialect.name)
    standing = judge_history(comparison, engine.dialect.syntax, destination)
    odd = (
        comparison.ahead,
        comparison.abandoned,
        comparison.missing,
        comparison.moved,
        comparison.out_of_order,
    )
    return TargetStanding(
        target=target,
        verdict=standing.verdict,
        current_version=comparison.current_version,
        pending=tuple(each.file.version for each in comparison.pending),
        problem=standing.problem,
        failed_revision=standing.failed_revision,
        is_plain=comparison.has_history
        and standing.verdict in ("ok", "pending")
        and not any(odd)
        and all(row.done for row in revisions),
    )


def read_target_standing(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    *,
    exec_order: ExecOrder,
    revisions_schema: str | None,
    wait: float,
) -> TargetStanding:
    """Read the rows of a target and judge them."""
    with connect_for_reading(
        connection, engine, revisions_schema=revisions_schema, wait=wait
    ) as connected:
        revisions, _ = read_revisions_and_tables(connected)
        target = connected.target
    return judge_target(target, directory, revisions, engine, exec_order=exec_order)


def with_target(standing: TargetStanding, target: Target) -> TargetStanding:
    """Return where another target with the same rows stands."""
    return replace(standing, target=target)
