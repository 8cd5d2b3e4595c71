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
from schema_migrations.plan.drift import (
    REAL,
    Difference,
    alike,
    differences,
    left_alone,
)
from schema_migrations.schema.alike import (
    keeping,
    serials,
    wider,
    with_numbering,
    with_types,
)
from schema_migrations.schema.changes import subject
from schema_migrations.schema.diff import diff
from schema_migrations.schema.ignored import without
from schema_migrations.schema.model import Schema
from schema_migrations.schema.unsettled import unsettled
from schema_migrations.workflows.planning.diff import Proposal, between
from schema_migrations.workflows.states.building import (
    State,
    begin,
    inspect,
    rebuild,
    replay,
    settled,
)
from schema_migrations.workflows.states.sources import Workspace, scratch


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    differences: tuple[Difference, ...] = ()
    equal: int = 0
    """Objects that are the same in both."""
    assumed: str = ""
    """The version that the database was taken to be at: it has no history."""
    unknown: str = ""
    """Why nothing was compared."""
    by_hand: str = ""
    """What a person runs before the SQL that mends it."""
    mend: Proposal | None = None
    """What makes the database as the files say; None: not asked for."""
    left: tuple[Difference, ...] = ()
    """What that does not touch, since rows or values could be lost."""

    @property
    def real(self) -> tuple[Difference, ...]:
        """Without what works as it is."""
        return tuple(each for each in self.differences if each.kind in REAL)


def drift(
    workspace: Workspace,
    live: Schema,
    applied: AppliedFiles,
    *,
    mended: bool = False,
    lossy: bool = False,
) -> Drift:
    """Return how ``live`` differs from what ``applied`` makes.

    ``mended``: with the SQL that mends it.  Only ``lossy``, that drops what the files
    do not have, and changes what could cost values.  Raises as ``replay``, ``rebuild``
    and ``between`` do.
    """
    if applied.unknown_reason:
        return Drift(unknown=applied.unknown_reason)
    engine = workspace.engine
    live = without(live, workspace.settings.ignore_patterns, beside=workspace.beside)
    with _replayed(workspace, applied) as expected:
        # Probes stand on the replayed tables: nothing is made in the live database.
        current, desired = _settled(engine, replace(expected, schema=live), expected)
        goal = _goal(current.schema, desired.schema)
        changes = diff(current.schema, goal)
        mend = _mend(workspace, live, expected, lossy) if mended else None
    kept = () if lossy else left_alone(changes)
    return Drift(
        differences=(
            *differences(changes),
            *alike("serial", serials(current.schema, desired.schema)),
            *alike("wider", wider(current.schema, desired.schema)),
        ),
        left=differences(kept),
        equal=sum(goal.get(obj.key) == obj for obj in current.schema),
        assumed=applied.assumed_baseline,
        by_hand=engine.by_hand,
        mend=mend,
    )


@contextmanager
def _replayed(workspace: Workspace, applied: AppliedFiles) -> Iterator[State]:
    engine, phases = workspace.engine, workspace.phases
    with scratch(workspace) as connection:
        with phases("replay"):
            replay(engine, connection, applied.files)
            if applied.partial_file is not None:
                begin(engine, connection, *applied.partial_file)
        with phases("inspect"):
            schema = inspect(engine, connection)
        yield State(schema=schema, connection=connection, description="the files")


def _settled(engine: Engine, current: State, desired: State) -> tuple[State, State]:
    """Settle both ways: what has another name is found by its definition alone."""
    keys = unsettled(current.schema, desired.schema)
    keys |= unsettled(desired.schema, current.schema)
    return settled(engine, current, keys), settled(engine, desired, keys)


def _goal(current: Schema, desired: Schema) -> Schema:
    """Return ``desired`` with what works as it is in ``current``."""
    goal = with_types(current, desired, wider(current, desired))
    return with_numbering(current, goal)


def _mend(workspace: Workspace, live: Schema, expected: State, lossy: bool) -> Proposal:
    engine, phases = workspace.engine, workspace.phases
    with scratch(workspace) as connection:
        with phases("copy"):
            rebuild(engine, connection, live)
            schema = inspect(engine, connection)
        copy = State(schema=schema, connection=connection, description="the copy")
        current, desired = _settled(engine, copy, expected)
        goal = _goal(current.schema, desired.schema)
        if not lossy:
            kept = left_alone(diff(current.schema, goal))
            goal = keeping(current.schema, goal, {subject(c) for c in kept})
        return between(
            engine,
            current,
            replace(desired, schema=goal),
            strict=False,
            phases=phases,
        )
