"""States: schemas loaded on scratch databases, and the ways to load them.

Invariant: every state is inspected on the *same* dev server by the same inspector, so
two states spell equal definitions alike.  A live database is only read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter

from schema_migrations.conf import TxMode
from schema_migrations.engines.connection import Connection
from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.engine import Engine
from schema_migrations.engines.statement_error import (
    make_left_open_error,
    translate_statement_errors,
)
from schema_migrations.errors import (
    CopyDiffers,
    CopyRefused,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.origin import Destination, refuse_other_engine
from schema_migrations.history.statements import SourceStatement
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
from schema_migrations.workflows.states.advice import choose_advice
from schema_migrations.workflows.states.model_facts import NO_FACTS, ModelFacts
from schema_migrations.workflows.states.statement_batches import (
    Batch,
    run_batches,
    split_into_batches,
    split_transaction,
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


NOTHING_WRITTEN_HINT = "The dev database refused this statement; nothing was written."


def replay(
    engine: Engine,
    connection: Connection,
    files: Sequence[MigrationFile],
    *,
    tx_mode: TxMode = "file",
    may_split: bool = False,
    report_progress: Callable[[str], None] = lambda text: None,
) -> None:
    """Run migration files on a scratch database, each as ``schemaapply`` would.

    ``tx_mode`` holds for files that do not say, but ``all`` is as ``file``: they may have
    been applied one by one.  ``may_split``: the database is dropped after a failure, so a
    long file that only defines something may have several transactions.
    ``report_progress`` gets a text for each file.  Raises ``StatementFailed`` and
    ``SyntaxProblem``, with file and line, and before the first one runs
    ``FileOfOtherEngine``.
    """
    check_origin(engine, files)
    for number, file in enumerate(files, 1):
        report_progress(f"replay: file {number} of {len(files)}")
        mode = file.directives.txmode or tx_mode
        syntax = engine.dialect.syntax
        if mode == "none":
            replay_file(engine, connection, file)
            _refuse_open_transaction(engine, connection, file)
            continue
        file.refuse_transaction_control(
            file.split_statements(syntax), syntax, mode=mode
        )
        batches = _cut_file(engine, file)
        parts: Iterable[Sequence[Batch[SourceStatement]]] = [batches]
        if may_split:
            parts = split_transaction(engine, connection, batches)
        for part in parts:
            with (
                translate_replay_errors(engine, file.name),
                engine.executor.open_transaction(connection),
            ):
                _run_batches(engine, connection, file, part)


def check_origin(engine: Engine, files: Sequence[MigrationFile]) -> None:
    """Raise ``FileOfOtherEngine`` if a dev database of this engine is not for the files."""
    destination = Destination(name="the dev database", engine=engine.dialect.name)
    refuse_other_engine(files, destination)


def _refuse_open_transaction(
    engine: Engine, connection: Connection, file: MigrationFile
) -> None:
    if not engine.executor.in_transaction(connection):
        return
    engine.executor.rollback(connection)
    statements = file.split_statements(engine.dialect.syntax)
    raise make_left_open_error(statements, file=file.name)


def translate_replay_errors(
    engine: Engine,
    file: str,
    statement: SourceStatement | None = None,
    source: MigrationFile | None = None,
) -> AbstractContextManager[None]:
    """Raise ``StatementFailed`` with file and line; without a statement, of the commit."""

    def advise(cause: str) -> str:
        return choose_advice(
            cause, loose_line=source.loose_txmode_line if source else 0
        )

    return translate_statement_errors(
        engine,
        file=file,
        outcome=NOTHING_WRITTEN_HINT,
        advise=advise,
        statement=statement,
    )


def replay_file(
    engine: Engine,
    connection: Connection,
    file: MigrationFile,
    statement_count: int | None = None,
) -> None:
    """Run a file's first ``statement_count`` statements; None: all.  Raises as ``replay``."""
    batches = _cut_file(engine, file, statement_count)
    _run_batches(engine, connection, file, batches)


def _cut_file(
    engine: Engine, file: MigrationFile, statement_count: int | None = None
) -> list[Batch[SourceStatement]]:
    counted = file.split_as_counted(engine.dialect.syntax)
    return split_into_batches(engine, counted[:statement_count], attrgetter("sql"))


def _run_batches(
    engine: Engine,
    connection: Connection,
    file: MigrationFile,
    batches: Iterable[Batch[SourceStatement]],
) -> None:
    def run(statement: SourceStatement) -> None:
        with translate_replay_errors(engine, file.name, statement, file):
            if statement.sql:
                engine.executor.execute(connection, statement.sql)

    with (
        translate_replay_errors(engine, file.name),
        engine.executor.keep_settings(connection),
    ):
        run_batches(engine, connection, batches, attrgetter("sql"), run)


def load_sql(engine: Engine, connection: Connection, text: str, *, file: str) -> None:
    """Run a plain SQL file on a scratch database.  Raises as ``replay``."""
    replay_file(engine, connection, MigrationFile(name=file, content=text.encode()))


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
