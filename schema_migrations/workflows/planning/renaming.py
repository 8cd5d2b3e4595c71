"""Renames: decided by answers or by asking, then run on the scratch database.

The schema after a rename is not predicted: the statements are run on the scratch
database, which is inspected again and rolled back.  So the server itself updates
names inside views, checks and expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial

from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.engine import Engine
from schema_migrations.errors import ObjectInTheWay
from schema_migrations.history.managed_objects import find_obsolete_keys
from schema_migrations.plan.answers import Answers
from schema_migrations.plan.folded_names import FoldName, add_folded_names
from schema_migrations.plan.plan import Statement
from schema_migrations.plan.rename_steps import order_renames
from schema_migrations.plan.renames import (
    RenameCandidate,
    Renames,
    find_column_candidates,
    find_table_candidates,
    infer_renames,
    resolve_answers,
)
from schema_migrations.plan.summary import SummaryLine
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Key, Opaque, Schema
from schema_migrations.schema.privileges import with_privileges_of
from schema_migrations.workflows.planning.content_types import (
    NO_MODEL_RENAMES,
    ModelRenames,
    render_content_type_renames,
)
from schema_migrations.workflows.planning.questions import Asker, make_rename_question
from schema_migrations.workflows.states.model_facts import ModelFacts
from schema_migrations.workflows.states.state import (
    State,
    inspect_database,
    roll_back_at_end,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameDecision:
    renames: Renames
    unasked_candidates: tuple[RenameCandidate, ...] = ()
    """Possible renames that could not be asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamedState:
    """The current state after the renames."""

    state: State
    changes: tuple[ddl.Change, ...] = ()
    statements: tuple[Statement, ...] = ()


def decide_renames(
    current: Schema,
    desired: Schema,
    facts: ModelFacts,
    *,
    answers: Answers,
    asker: Asker | None,
    find_changes: Callable[[], Sequence[SummaryLine]],
    fold_name: FoldName,
) -> RenameDecision:
    """Return the renames that answers give, that follow from others, or are chosen.

    The asker shows what ``find_changes`` returns before it asks.  Raises ``ConfigError`` for an answer that matches nothing, and the asker's errors.
    """
    automatic = facts.auto_created_tables

    def completed(renames: Renames) -> Renames:
        return infer_renames(renames, current, desired, automatic)

    answered = resolve_answers(answers, current, desired)
    renames = completed(add_folded_names(answered, current, desired, fold_name))
    removed: set[Key] = set()
    find_changes = cache(find_changes)
    unasked: list[RenameCandidate] = []
    for candidates in (find_table_candidates, find_column_candidates):
        while True:
            open_ = [
                c for c in candidates(renames, current, desired) if c.old not in removed
            ]
            if asker is None or not open_:
                unasked += open_
                break
            old = open_[0].old
            rivals = [c for c in open_ if c.old == old]
            asker.show_changes(find_changes())
            chosen = asker.choose_rename(
                make_rename_question(rivals, facts.origins, renames)
            )
            if chosen is None:
                removed.add(old)
            else:
                renames = completed(_add_candidate(renames, rivals[chosen]))
    return RenameDecision(renames=renames, unasked_candidates=tuple(unasked))


def _add_candidate(renames: Renames, candidate: RenameCandidate) -> Renames:
    if candidate.new.kind == "table":
        return renames.with_table(candidate.old, candidate.new)
    return renames.with_column(candidate.old, candidate.new.part)


@contextmanager
def apply_renames(
    engine: Engine,
    current: State,
    renames: Renames,
    facts: ModelFacts,
    *,
    early_drops: tuple[ddl.Drop, ...] = (),
    model_renames: ModelRenames = NO_MODEL_RENAMES,
    moves: tuple[ddl.Create | ddl.Alter, ...] = (),
) -> Iterator[RenamedState]:
    """Hold the state after the renames; roll its database back at the end.

    ``early_drops`` are run before the renames, if there are any renames; ``moves`` in any
    case.  Raises ``PlanError`` for what the server refuses.
    """
    renamed = order_renames(renames, current.schema, engine.dialect.fold_name)
    followers = tuple(
        render_content_type_renames(
            renames,
            facts.origins,
            current.schema.by_key,
            model_renames=model_renames,
            quote=engine.dialect.quote,
            shorten_name=engine.dialect.shorten_name,
        )
    )
    if not (renamed or moves):
        yield RenamedState(state=current, statements=followers)
        return
    changes = (*(early_drops if renamed else ()), *moves, *renamed)
    statements = [s for change in changes for s in engine.planner.render(change)]
    statements += followers
    with roll_back_at_end(engine, current.connection):
        for statement in statements:
            with translate_driver_errors(
                engine, partial(_make_rename_error, statement)
            ):
                engine.executor.execute(current.connection, statement.sql)
        schema = inspect_database(engine, current.connection)
        if current.schema.knows_privileges:
            schema = with_privileges_of(schema, current.schema)
        yield RenamedState(
            state=replace(current, schema=schema),
            changes=changes,
            statements=tuple(statements),
        )


def _make_rename_error(
    statement: Statement, driver_error: DriverError
) -> ObjectInTheWay:
    return ObjectInTheWay(
        problem=f"the dev database refused a rename or a move: {driver_error.message}\n"
        f"{statement.sql}"
    )


def describe_renames(renames: Renames) -> tuple[str, ...]:
    """Return a header line for each rename."""
    tables = [f"{old.path} to {new.path}" for old, new in renames.tables.items()]
    columns = [f"{key.path} to {new}" for key, new in renames.columns.items()]
    return tuple(f"Renamed: {text}." for text in sorted(tables) + sorted(columns))


def find_early_drops(current: Schema, desired: State) -> tuple[ddl.Drop, ...]:
    """Return the drops of views and triggers that change or go, where they are text.

    Such a one may name what is about to be renamed, and SQLite then refuses to.  A view
    on which something else stands stays: that would go with it.
    """
    gone = find_obsolete_keys(current, desired.schema, desired.managed_names)
    found = [
        obj
        for obj in current.of(Opaque)
        if obj.trait.is_stored_as_text
        and (obj.key in gone or desired.schema.get(obj.key) not in (None, obj))
    ]
    keys = {obj.key for obj in found}
    held = {k for obj in current.of(Opaque) if obj.key not in keys for k in obj.needs}
    free = [obj for obj in found if obj.key not in held]
    return tuple(
        ddl.Drop(object=o) for o in sorted(free, key=lambda o: (o.noun, o.key))
    )
