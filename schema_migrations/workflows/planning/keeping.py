"""Keep what SQL made of the models' objects: the statements for ``EXTRA``.

Invariant: the statements ran on the base's dev database, which was as wanted afterwards
in everything that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from schema_migrations.engines.engine import Engine
from schema_migrations.errors import PlanRefused
from schema_migrations.history.file import format_file
from schema_migrations.plan.kept_objects import (
    KeptObjects,
    choose_kept_objects,
    is_kept,
)
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import NO_KEYS, Key, Schema
from schema_migrations.schema.privileges import with_current_owners
from schema_migrations.schema.tolerated_differences import (
    find_wider_columns,
    with_current_numbering,
    with_current_types,
)
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    plan_change,
)
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.state import State, canonicalize_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is kept of a wanted state, and the SQL that does it."""

    kept_changes: tuple[ddl.Change, ...]
    """What differs and is kept, as changes from the wanted state to the base."""
    left_changes: tuple[ddl.Change, ...]
    """What differs and is left: partitions, privileges, what needs them,
    types without a cast to them, and what the base has and nothing replaces; on SQLite
    also what a table says of itself, which no statement can alter."""
    proposal: Proposal
    """Without changes where nothing is kept."""

    @property
    def extra_text(self) -> str:
        """The statements, each below its comment; empty: nothing is kept."""
        plan = self.proposal.plan
        statements = plan.statements if plan else ()
        return format_file(
            header=(), statements=[(s.comment, s.sql) for s in statements]
        )


def plan_keeping(
    engine: Engine, base: State, wanted: State, *, phases: Phases | None = None
) -> Keeping:
    """Plan the SQL that makes of a base what SQL made of it elsewhere, and prove it.

    ``base`` is the state of the models or of the files; its database is changed by the
    proof.  ``wanted`` is another one, whose definitions are tried on its own connection.
    What may differ (names, serial and wider columns) stays as in the base.

    Raises what ``plan_change`` raises.
    """
    wanted, base = canonicalize_both(engine, wanted, base)
    tolerant = with_tolerated_differences(wanted.schema, base.schema)
    changes = diff(wanted.schema, tolerant)
    excluded: frozenset[Key] = NO_KEYS
    while True:
        kept = choose_kept_objects(base.schema, wanted.schema, tolerant, excluded)
        rebuilt = _find_rebuilt(_plan(engine, base, kept, phases, prove=False))
        if not rebuilt - excluded:
            break
        excluded |= rebuilt
    try:
        proposal = _plan(engine, base, kept, phases, prove=True)
    except PlanRefused:
        # There may be no cast to another type; a person knows one.
        retyped = frozenset(ddl.subject_of(c) for c in changes if _is_retyped(c))
        if not retyped & kept.keys:
            raise
        excluded |= retyped
        kept = choose_kept_objects(base.schema, wanted.schema, tolerant, excluded)
        proposal = _plan(engine, base, kept, phases, prove=True)
    return Keeping(
        kept_changes=tuple(each for each in changes if is_kept(each, kept)),
        left_changes=tuple(each for each in changes if not is_kept(each, kept)),
        proposal=proposal,
    )


def _is_retyped(change: ddl.Change) -> bool:
    return (
        isinstance(change, ddl.AlterColumn) and change.before.type != change.after.type
    )


def _plan(
    engine: Engine,
    base: State,
    kept: KeptObjects,
    phases: Phases | None,
    *,
    prove: bool,
) -> Proposal:
    return plan_change(
        engine,
        base,
        replace(base, schema=kept.goal, models_only=False),
        ChangeRequest(strict=False, prove=prove, goes_on=True),
        phases=phases,
    )


def _find_rebuilt(proposal: Proposal) -> frozenset[Key]:
    """Return what only a copy of its table could change: nothing for a file of ``EXTRA``.

    Its indexes and triggers would be made again with it, and can be made alone.
    """
    return frozenset(
        ddl.subject_of(change)
        for rebuild in (proposal.plan.changes if proposal.plan else ())
        if isinstance(rebuild, ddl.RebuildTable)
        for change in rebuild.replaced_changes
        if ddl.subject_of(change).kind not in ("index", "opaque")
    )


def canonicalize_both(
    engine: Engine, current: State, desired: State
) -> tuple[State, State]:
    """Canonicalize both ways, since renamed objects match by definition alone."""

    def find_keys() -> frozenset[Key]:
        return find_uncertain_definitions(
            current.schema, desired.schema
        ) | find_uncertain_definitions(desired.schema, current.schema)

    desired = canonicalize_state(engine, desired, find_keys())
    return canonicalize_state(engine, current, find_keys()), desired


def with_tolerated_differences(current: Schema, desired: Schema) -> Schema:
    """Return ``desired`` with the differences that ``current`` may keep."""
    goal = with_current_types(current, desired, find_wider_columns(current, desired))
    goal = with_current_owners(current, goal)
    return with_current_numbering(current, goal)
