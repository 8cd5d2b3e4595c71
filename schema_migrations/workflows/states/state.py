"""States: schemas loaded on scratch databases, and the ways to load them.

Invariant: every state is inspected on the *same* dev server by the same inspector, so
two states spell equal definitions alike.  A live database is only read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.engine import Engine
from schema_migrations.errors import (
    CopyDiffers,
    CopyRefused,
)
from schema_migrations.plan.differences import Difference, list_differences
from schema_migrations.plan.plan import build_plan
from schema_migrations.schema.diff import diff
from schema_migrations.schema.extensions import with_agreed_versions
from schema_migrations.schema.ignored_objects import (
    hide_ignored,
    with_more_ignored,
    with_needed_ignored,
)
from schema_migrations.schema.model import (
    EMPTY,
    NO_KEYS,
    Key,
    Schema,
    Table,
)
from schema_migrations.schema.privileges import (
    with_current_owners,
    with_missing_roles,
    with_privileges_as_objects,
    with_privileges_of,
)
from schema_migrations.schema.uncertain_definitions import (
    find_uncertain_definitions,
    with_invalid_indexes,
)
from schema_migrations.workflows.states.model_facts import NO_FACTS, ModelFacts
from schema_migrations.workflows.states.statement_batches import (
    run_batches,
    split_into_batches,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A schema and the scratch database that holds it."""

    schema: Schema
    connection: Connection
    description: str
    models_only: bool = False
    """The state has only what models can describe; the rest must be carried over."""
    facts: ModelFacts = NO_FACTS
    """Facts of the models that the schema lacks."""
    managed_names: frozenset[str] = frozenset()
    """Objects other than the models' that earlier files manage, named as in
    ``history.managed_objects``; those no longer asked for are dropped."""


def with_ignored(
    engine: Engine,
    patterns: Collection[str],
    *,
    excluded_tables: Collection[Key] = NO_KEYS,
) -> Engine:
    """Return a copy of the engine that hides objects of other tools: ``schema.ignored_objects``."""
    if not (patterns or excluded_tables):
        return engine
    reader = engine.reader
    return engine.with_parts(
        reader=replace(
            reader,
            inspect=lambda cursor: hide_ignored(
                reader.inspect(cursor), patterns, excluded_tables=excluded_tables
            ),
        )
    )


def with_compared_privileges(engine: Engine, *, owners: bool) -> Engine:
    """Return a copy of the engine that reads privileges as objects of the schema."""
    reader = engine.reader
    return engine.with_parts(
        reader=replace(
            reader,
            inspect=lambda cursor: with_privileges_as_objects(
                reader.inspect(cursor), owners=owners
            ),
        )
    )


def inspect_database(engine: Engine, connection: Connection) -> Schema:
    """Read the schema of a database through the driver's cursor."""
    connection.ensure_connection()
    return engine.reader.inspect(connection.connection.cursor())


class _RollbackRequested(Exception):
    """Raised to roll back a transaction."""


@contextmanager
def roll_back_at_end(engine: Engine, connection: Connection) -> Iterator[None]:
    """Roll back at the end everything done inside, also within an open transaction."""
    if engine.executor.in_transaction(connection):
        engine.executor.execute(connection, "SAVEPOINT rolled_back")
        try:
            yield
        finally:
            engine.executor.execute(connection, "ROLLBACK TO SAVEPOINT rolled_back")
        return
    with suppress(_RollbackRequested), engine.executor.open_transaction(connection):
        yield
        raise _RollbackRequested


def copy_schema(engine: Engine, connection: Connection, schema: Schema) -> Schema:
    """Create the objects of an inspected schema on a scratch database; return the copy.

    What other tools own is in it as far as the rest needs that.  It has the privileges of the live schema, which the database need not have.  An
    extension has another version where this server does not have that one.

    Raises ``PlanError`` for an object that cannot be created from its definition, and
    ``CopyDiffers`` for a copy that is not equal.
    """
    whole = with_needed_ignored(schema)
    plan = build_plan(
        diff(EMPTY, whole),
        EMPTY,
        whole,
        planner=engine.planner,
    )
    executor, preamble = engine.executor, engine.dialect.copy_preamble
    statements = [
        each.sql
        for each in plan.statements
        if not executor.is_session_setting(each.sql, "")
    ]
    with executor.keep_settings(connection):
        if preamble:
            executor.execute(connection, preamble)

        def run(sql: str) -> None:
            if versioned := _VERSIONED_EXTENSION.fullmatch(sql):
                if _try_to_run(engine, connection, sql):
                    return
                sql = versioned["create"]
            with translate_driver_errors(engine, partial(_make_copy_error, sql)):
                executor.execute(connection, sql)

        batches = split_into_batches(engine, statements, str)
        run_batches(engine, connection, batches, str, run)
    copied = State(
        schema=with_more_ignored(
            with_invalid_indexes(inspect_database(engine, connection), schema),
            whole.by_key.keys() - schema.by_key.keys(),
        ),
        connection=connection,
        description="the copy",
    )
    _check_copy(engine, schema, copied)
    return _keep_privileges(engine, connection, copied.schema, live=schema)


def _check_copy(engine: Engine, schema: Schema, copied: State) -> None:
    """Raise ``CopyDiffers`` unless the copy of ``schema`` is equal to it."""
    keys = find_uncertain_definitions(schema, copied.schema)
    wanted, reached = (
        canonicalize_state(engine, state, keys).schema
        for state in (replace(copied, schema=schema), copied)
    )
    wanted = with_agreed_versions(with_current_owners(reached, wanted), reached)
    if differences := list_differences(diff(reached, wanted)):
        raise CopyDiffers(differences=tuple(map(_describe_difference, differences)))


def _describe_difference(difference: Difference) -> str:
    line = difference.line
    owner = f" of {line.table}" if line.table and line.kind != "table" else ""
    text = f"{difference.kind}: {line.kind} {line.name}{owner}"
    return f"{text}: {line.detail}" if difference.kind == "different" else text


def _keep_privileges(
    engine: Engine, connection: Connection, copy: Schema, *, live: Schema
) -> Schema:
    """Return the schema of a copy with the privileges of the live one.

    What names a role that the dev server lacks cannot be tried there.
    """
    find_missing = engine.reader.find_missing_roles
    roles = {each.role for each in live.privileges} - {""}
    if find_missing is not None and roles:
        missing = find_missing(connection.connection.cursor(), roles)
        live = with_missing_roles(live, missing)
    return with_privileges_of(copy, live)


_VERSIONED_EXTENSION = re.compile(r"(?P<create>CREATE EXTENSION .+) VERSION '[^']*'")


def _try_to_run(engine: Engine, connection: Connection, sql: str) -> bool:
    try:
        engine.executor.execute(connection, sql)
    except Exception as error:  # only the engine knows its driver's exceptions
        if engine.executor.read_driver_error(error) is None:
            raise
        return False
    return True


def _make_copy_error(sql: str, driver_error: DriverError) -> CopyRefused:
    return CopyRefused(reason=driver_error.message, sql=sql)


def canonicalize_state(engine: Engine, state: State, keys: frozenset[Key]) -> State:
    """Return the state with the definitions of ``keys`` at the server's fixed point.

    PostgreSQL prints some expressions differently after it has read its own output, so
    definitions are compared, and written to a file, only after another round.
    """
    keys &= _all_keys(state.schema)
    if engine.reader.canonicalize is None or not keys:
        return state
    cursor = state.connection.connection.cursor()
    return replace(state, schema=engine.reader.canonicalize(cursor, state.schema, keys))


def _all_keys(schema: Schema) -> frozenset[Key]:
    return frozenset(schema.by_key).union(*(t.provided_keys for t in schema.of(Table)))
