"""What a database is, compared with what its applied files say.

Invariant: the database was only read; everything that is made is made on dev databases.
The SQL that mends it was run on a copy of it and left no difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from schema_migrations.engines.engine import Engine
from schema_migrations.history.applied_files import AppliedFiles
from schema_migrations.plan.differences import (
    REAL_KINDS,
    Difference,
    find_unsafe_changes,
    list_differences,
    list_tolerated_columns,
)
from schema_migrations.schema.changes import subject_of
from schema_migrations.schema.diff import diff
from schema_migrations.schema.ignored_objects import hide_ignored
from schema_migrations.schema.model import Schema
from schema_migrations.schema.tolerated_differences import (
    find_serial_columns,
    find_wider_columns,
    with_current_numbering,
    with_current_objects,
    with_current_types,
)
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    plan_change,
)
from schema_migrations.workflows.states.sources import Workspace, open_scratch_database
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    copy_schema,
    inspect_database,
    replay,
    replay_file,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    differences: tuple[Difference, ...] = ()
    equal_count: int = 0
    """Objects that are the same in both."""
    assumed_baseline: str = ""
    """The version that the database was taken to be at: it has no history."""
    unknown_reason: str = ""
    """Why nothing was compared."""
    script_preamble: str = ""
    """What a person runs before the SQL that mends it."""
    mending_proposal: Proposal | None = None
    """What makes the database as the files say; None: not asked for."""
    untouched_differences: tuple[Difference, ...] = ()
    """What that does not touch, since rows or values could be lost."""

    @property
    def real_differences(self) -> tuple[Difference, ...]:
        """Without what works as it is."""
        return tuple(each for each in self.differences if each.kind in REAL_KINDS)


def find_drift(
    workspace: Workspace,
    live: Schema,
    applied: AppliedFiles,
    *,
    plan_mending: bool = False,
    allow_data_loss: bool = False,
) -> Drift:
    """Return how ``live`` differs from what ``applied`` makes.

    ``mended``: with the SQL that mends it.  Only ``lossy``, that drops what the files
    do not have, and changes what could cost values.  Raises as ``replay``, ``rebuild``
    and ``between`` do.
    """
    if applied.unknown_reason:
        return Drift(unknown_reason=applied.unknown_reason)
    engine = workspace.engine
    live = hide_ignored(
        live,
        workspace.settings.ignore_patterns,
        excluded_tables=workspace.excluded_tables,
    )
    with _open_replayed_state(workspace, applied) as expected:
        # Probes stand on the replayed tables: nothing is made in the live database.
        current, desired = _canonicalize_both(
            engine, replace(expected, schema=live), expected
        )
        goal = _make_goal(current.schema, desired.schema)
        changes = diff(current.schema, goal)
        mend = (
            _plan_mending(workspace, live, expected, allow_data_loss)
            if plan_mending
            else None
        )
    kept = () if allow_data_loss else find_unsafe_changes(changes)
    return Drift(
        differences=(
            *list_differences(changes),
            *list_tolerated_columns(
                "serial", find_serial_columns(current.schema, desired.schema)
            ),
            *list_tolerated_columns(
                "wider", find_wider_columns(current.schema, desired.schema)
            ),
        ),
        untouched_differences=list_differences(kept),
        equal_count=sum(goal.get(obj.key) == obj for obj in current.schema),
        assumed_baseline=applied.assumed_baseline,
        script_preamble=engine.script_preamble,
        mending_proposal=mend,
    )


@contextmanager
def _open_replayed_state(
    workspace: Workspace, applied: AppliedFiles
) -> Iterator[State]:
    engine, phases = workspace.engine, workspace.phases
    with open_scratch_database(workspace) as connection:
        with phases("replay"):
            replay(engine, connection, applied.files)
            if applied.partial_file is not None:
                replay_file(engine, connection, *applied.partial_file)
        with phases("inspect"):
            schema = inspect_database(engine, connection)
        yield State(schema=schema, connection=connection, description="the files")


def _canonicalize_both(
    engine: Engine, current: State, desired: State
) -> tuple[State, State]:
    """Settle both ways: what has another name is found by its definition alone."""
    keys = find_uncertain_definitions(current.schema, desired.schema)
    keys |= find_uncertain_definitions(desired.schema, current.schema)
    return canonicalize_state(engine, current, keys), canonicalize_state(
        engine, desired, keys
    )


def _make_goal(current: Schema, desired: Schema) -> Schema:
    """Return ``desired`` with what works as it is in ``current``."""
    goal = with_current_types(current, desired, find_wider_columns(current, desired))
    return with_current_numbering(current, goal)


def _plan_mending(
    workspace: Workspace, live: Schema, expected: State, allow_data_loss: bool
) -> Proposal:
    engine, phases = workspace.engine, workspace.phases
    with open_scratch_database(workspace) as connection:
        with phases("copy"):
            copy_schema(engine, connection, live)
            schema = inspect_database(engine, connection)
        copy = State(schema=schema, connection=connection, description="the copy")
        current, desired = _canonicalize_both(engine, copy, expected)
        goal = _make_goal(current.schema, desired.schema)
        if not allow_data_loss:
            kept = find_unsafe_changes(diff(current.schema, goal))
            goal = with_current_objects(
                current.schema, goal, {subject_of(c) for c in kept}
            )
        return plan_change(
            engine,
            current,
            replace(desired, schema=goal),
            ChangeRequest(strict=False),
            phases=phases,
        )
