"""Drift: a live database compared with the files that its revisions say are applied.

Invariant: the live database is only read; everything is created on dev databases.  The
mending SQL ran on a copy of the live schema and left no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from schema_migrations.engines.engine import Engine
from schema_migrations.history.applied_files import AppliedFiles
from schema_migrations.plan.differences import (
    REAL_KINDS,
    Difference,
    DifferenceKind,
    find_drops_of,
    find_unsafe_changes,
    list_differences,
    list_tolerated_columns,
)
from schema_migrations.plan.kept_objects import (
    KeptObjects,
    choose_kept_objects,
    is_kept,
)
from schema_migrations.plan.rename_steps import order_renames
from schema_migrations.plan.renames import NO_RENAMES, infer_renames
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.diff import diff
from schema_migrations.schema.extensions import find_extension_moves
from schema_migrations.schema.ignored_objects import (
    hide_ignored,
    hide_users_of_ignored,
    with_more_ignored,
)
from schema_migrations.schema.model import Key, Schema
from schema_migrations.schema.partitions import with_current_partitions
from schema_migrations.schema.privileges import (
    with_privileges_as_objects,
    with_privileges_of,
)
from schema_migrations.schema.relations import find_relations
from schema_migrations.schema.tolerated_differences import (
    find_serial_columns,
    find_wider_columns,
    with_current_objects,
)
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.planning.keeping import (
    Keeping,
    canonicalize_both,
    plan_keeping,
    with_tolerated_differences,
)
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    plan_change,
)
from schema_migrations.workflows.states.model_tables import map_unmanaged_tables
from schema_migrations.workflows.states.replay import replay, replay_file
from schema_migrations.workflows.states.sources import open_scratch_database
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    copy_schema,
    inspect_database,
    roll_back_at_end,
)
from schema_migrations.workflows.states.workspace import (
    Workspace,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    differences: tuple[Difference, ...] = ()
    equal_count: int = 0
    """Number of objects that are equal in both."""
    assumed_baseline: str = ""
    """The version assumed for a database without history."""
    unknown_reason: str = ""
    """Why nothing was compared."""
    script_preamble: str = ""
    """SQL to run before the mending SQL."""
    mending_proposal: Proposal | None = None
    """The mending SQL: it makes the database match the files; None: not asked for."""
    untouched_differences: tuple[Difference, ...] = ()
    """Differences that the mending SQL leaves without consent, since rows or values could
    be lost."""
    protected_differences: tuple[Difference, ...] = ()
    """What the mending SQL never drops: models that are ``managed = False`` read it."""
    is_keepable: bool = False
    """Whether SQL of ``EXTRA`` can say any of the differences."""
    keeping: Keeping | None = None
    """The keeping SQL: with it in ``EXTRA`` the files match the database; None: not asked
    for."""
    left_differences: tuple[Difference, ...] = ()
    """Differences that ``EXTRA`` cannot keep."""

    @property
    def real_differences(self) -> tuple[Difference, ...]:
        """The differences without those that the database may keep."""
        return tuple(each for each in self.differences if each.kind in REAL_KINDS)

    @property
    def has_other_names(self) -> bool:
        """Whether something is equal but for its name."""
        return any(each.kind == "name" for each in self.differences)


def find_drift(
    workspace: Workspace,
    live: Schema,
    applied: AppliedFiles,
    *,
    plan_mending: bool = False,
    plans_keeping: bool = False,
    allow_data_loss: bool = False,
) -> Drift:
    """Return how ``live`` differs from what the files of ``applied`` create.

    ``plan_mending`` adds the mending SQL; only ``allow_data_loss`` lets it drop what the
    files do not have and change what could cost values, but for what models that are
    ``managed = False`` read.  ``plans_keeping`` adds the keeping SQL.  Raise what ``replay``,
    ``copy_schema`` and ``plan_change`` raise.
    """
    if applied.unknown_reason:
        return Drift(unknown_reason=applied.unknown_reason)
    engine = workspace.engine
    if workspace.settings.compares_privileges:
        live = with_privileges_as_objects(live, owners=not workspace.server.is_shared)
    live = hide_ignored(
        live,
        workspace.settings.ignore_patterns,
        excluded_tables=workspace.excluded_tables,
    )
    with _open_replayed_state(workspace, applied) as expected:
        live = hide_users_of_ignored(live, expected.schema)
        # Both are canonicalized on the replayed tables, not in the live database.
        current, desired = canonicalize_both(
            engine, replace(expected, schema=live), expected
        )
        goal = with_tolerated_differences(current.schema, desired.schema)
        changes = diff(current.schema, goal)
        mending_proposal = (
            _plan_mending(workspace, live, expected, allow_data_loss)
            if plan_mending
            else None
        )
        # Last, since its proof changes the database of the replayed files.
        keeping = (
            plan_keeping(engine, desired, current, phases=workspace.phases)
            if plans_keeping
            else None
        )
    protected = _find_protected(workspace, live, changes)
    untouched = [
        change
        for change in _find_untouched(workspace, live, changes, allow_data_loss)
        if change not in protected
    ]
    apps = workspace.app_tables.map_tables(current.schema, desired.schema)
    tolerated: Mapping[DifferenceKind, Iterable[Key]] = {
        "serial": find_serial_columns(current.schema, desired.schema),
        "wider": find_wider_columns(current.schema, desired.schema),
    }
    return Drift(
        differences=(
            *list_differences(changes, apps),
            *(
                difference
                for kind, columns in tolerated.items()
                for difference in list_tolerated_columns(kind, columns, apps)
            ),
        ),
        untouched_differences=list_differences(untouched, apps),
        protected_differences=list_differences(protected, apps),
        is_keepable=_is_any_keepable(changes, current.schema, desired.schema, goal),
        keeping=keeping,
        left_differences=tuple(
            each
            for each in list_differences(keeping.left_changes if keeping else (), apps)
            if each.kind in REAL_KINDS
        ),
        equal_count=sum(goal.get(obj.key) == obj for obj in current.schema),
        assumed_baseline=applied.assumed_baseline,
        script_preamble=engine.dialect.script_preamble,
        mending_proposal=mending_proposal,
    )


def _is_any_keepable(
    changes: Sequence[ddl.Change], live: Schema, files: Schema, goal: Schema
) -> bool:
    kept = choose_kept_objects(files, live, goal) if changes else KeptObjects(goal=goal)
    return any(is_kept(change, kept) for change in changes)


@contextmanager
def _open_replayed_state(
    workspace: Workspace, applied: AppliedFiles
) -> Iterator[State]:
    engine, phases = workspace.engine, workspace.phases
    with open_scratch_database(workspace) as connection:
        with phases("replay"):
            replay(
                engine,
                connection,
                applied.files,
                tx_mode=workspace.settings.tx_mode,
                may_split=True,
                report_progress=phases.report,
            )
            if applied.partial_file is not None:
                replay_file(engine, connection, *applied.partial_file)
        with phases("inspect"):
            schema = inspect_database(engine, connection)
        yield State(schema=schema, connection=connection, description="the files")


def _plan_mending(
    workspace: Workspace, live: Schema, expected: State, allow_data_loss: bool
) -> Proposal:
    engine, phases = workspace.engine, workspace.phases
    with open_scratch_database(workspace) as connection:
        with phases("copy"):
            schema = copy_schema(engine, connection, live)
            schema = hide_users_of_ignored(schema, expected.schema)
        copy = State(schema=schema, connection=connection, description="the copy")
        current, desired = canonicalize_both(engine, copy, expected)
        kept = _read_after_moves(engine, current, desired.schema)
        goal = with_tolerated_differences(kept, desired.schema)
        untouched = _find_untouched(workspace, kept, diff(kept, goal), allow_data_loss)
        goal = with_current_partitions(kept, goal, untouched)
        goal = with_current_objects(kept, goal, {ddl.subject_of(c) for c in untouched})
        return plan_change(
            engine,
            current,
            replace(desired, schema=goal),
            ChangeRequest(strict=False),
            phases=phases,
        )


def _find_untouched(
    workspace: Workspace,
    live: Schema,
    changes: Sequence[ddl.Change],
    allow_data_loss: bool,
) -> tuple[ddl.Change, ...]:
    """Return the changes that the mending SQL leaves out."""
    if allow_data_loss:
        return _find_protected(workspace, live, changes)
    return find_unsafe_changes(changes, workspace.engine.planner.may_alter_values)


def _find_protected(
    workspace: Workspace, live: Schema, changes: Sequence[ddl.Change]
) -> tuple[ddl.Change, ...]:
    """Return the changes that drop what models that are ``managed = False`` read."""
    unmanaged = map_unmanaged_tables(workspace.registry, workspace.engine.dialect)
    return find_drops_of(changes, live, find_relations(live, unmanaged))


def _read_after_moves(engine: Engine, current: State, desired: Schema) -> Schema:
    """Return the current schema as it is once extensions and partitions are as desired.

    What the database may keep names the types of an extension by its schema, and a
    partition by its name.
    """
    renames = infer_renames(NO_RENAMES, current.schema, desired, ())
    moves = (
        *find_extension_moves(current.schema, desired),
        *order_renames(renames, current.schema),
    )
    if not moves:
        return current.schema
    with roll_back_at_end(engine, current.connection):
        for statement in (s for move in moves for s in engine.planner.render(move)):
            engine.executor.execute(current.connection, statement.sql)
        moved = inspect_database(engine, current.connection)
        moved = with_more_ignored(moved, (obj.key for obj in current.schema.ignored))
        keys = find_uncertain_definitions(moved, desired)
        moved = canonicalize_state(engine, replace(current, schema=moved), keys).schema
    return with_privileges_of(moved, current.schema)
