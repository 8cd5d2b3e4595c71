"""Seal a scratch database on a server that other databases share.

Statements run inside a function that belongs to ``pg_database_owner``, a role that every
server has, which owns nothing else and may do nothing elsewhere.  Inside a function of
another role the server refuses ``SET ROLE``, in whatever form it comes, so not even a
superuser's session can change roles, other databases, files, programs or sessions:
https://www.postgresql.org/docs/current/predefined-roles.html
https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY

The room is made of a schema that only the connecting role may use, so a statement can
neither replace nor alter the function.  Deferred triggers fire inside it as well, before
each commit, and what a statement wrote to a catalog that databases share (a role may
always alter itself) ends the transaction instead.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import psycopg
from django.db import Error

from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.executor import JoinedStatements
from schema_migrations.engines.postgresql.quote import quote_literal
from schema_migrations.engines.postgresql.server.canonicalize import canonicalize
from schema_migrations.engines.postgresql.server.refusal import find_driver_error
from schema_migrations.engines.postgresql.server.scratch import create_scratch_database
from schema_migrations.engines.postgresql.session import (
    execution,
    joined_statements,
    session,
)
from schema_migrations.engines.postgresql.session.driver_error import read_driver_error
from schema_migrations.engines.postgresql.session.frozen_queries import (
    SET_SERVERS_PATH,
    freeze,
)
from schema_migrations.engines.postgresql.session.muted_commits import (
    MARK,
    with_muted_commits,
    with_restored_commits,
)
from schema_migrations.engines.postgresql.session.parameters import restore_values
from schema_migrations.engines.postgresql.session.room_objects import (
    COMMITTING_PROCEDURES,
    MAKE_ROOM,
    MAKE_VIEWS,
    RIVALS,
    ROOM_SCHEMA,
    RUN,
    RUN_ALL,
    SESSION_VALUES,
    SHARED_WRITES,
    WRITTEN_TABLES,
)
from schema_migrations.engines.postgresql.session.statement_rights import (
    EXPLAIN,
    StatementRights,
    decide_rights,
)
from schema_migrations.errors import DevServerUnusable
from schema_migrations.history.encoding import check_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from schema_migrations.engines.connection import (
        Connection,
        Cursor,
        DatabaseSettings,
    )
    from schema_migrations.engines.engine import Engine
    from schema_migrations.schema.model import Key, Schema

# What the room's rights, or a function, do not permit, wherever it was tried:
# insufficient_privilege, active_sql_transaction, invalid_transaction_termination.
_REFUSALS_EVERYWHERE = frozenset({"42501"})
_REFUSALS_IN_FUNCTION = frozenset({"25001", "2D000"})
_REFUSING_ROUTINE = "exec_stmt_dynexecute"
"""The routine of PL/pgSQL that refuses ``PREPARE TRANSACTION``."""


class _RefusedInRoom(Exception):
    """A statement that would run outside of a transaction; its cause is the server's."""


class _SharedCatalogWritten(Exception):
    """A transaction wrote to a catalog that all databases share."""


def seal(engine: Engine) -> Engine:
    """Return the engine with scratch databases whose statements stay inside them."""
    return engine.with_parts(
        dev_server=replace(
            engine.dev_server, create_scratch_database=_create_sealed_database
        ),
        executor=replace(
            engine.executor,
            execute=execute,
            joined_statements=JoinedStatements(
                may_join=_may_join, try_to_run=_try_to_run, may_split=_may_split
            ),
            open_transaction=_open_transaction,
            keep_settings=_keep_settings,
            read_driver_error=_read_driver_error,
        ),
        reader=replace(
            engine.reader,
            inspect=partial(_inspect, engine.reader.inspect),
            canonicalize=_canonicalize,
        ),
    )


@contextmanager
def _create_sealed_database(
    settings: DatabaseSettings, alias: str
) -> Iterator[Connection]:
    # A file could replace what the driver prepares by a statement of its own.
    options = {**(settings.get("OPTIONS") or {}), "prepare_threshold": None}
    unprepared = {**settings, "OPTIONS": options}
    with create_scratch_database(unprepared, alias) as connection:
        try:
            with connection.cursor() as cursor:
                cursor.execute(MAKE_ROOM + MAKE_VIEWS)
        except Error as problem:
            line = " ".join(str(problem).split())
            raise DevServerUnusable(
                problem=f"The server does not let a dev database be sealed: {line}",
                other="embedded",
            ) from problem
        yield connection


def execute(connection: Connection, sql: str) -> None:
    """Run one statement that can change nothing but its scratch database."""
    check_statement(sql)
    in_transaction = execution.in_transaction(connection)
    rights = decide_rights(sql, in_transaction=in_transaction)
    if rights.ends_transaction:
        _finish(connection)
    if in_transaction or not rights.in_transaction:
        _run(connection, rights)
        return
    try:
        with (
            _open_transaction(connection),
            _mute_procedures(connection) if rights.may_call else nullcontext(),
        ):
            _run(connection, rights)
    except psycopg.Error as error:
        if error.sqlstate in _REFUSALS_IN_FUNCTION:
            raise _RefusedInRoom from error
        raise


def _may_join(sql: str) -> bool:
    """Return whether a statement runs in the room as it stands, and may with others."""
    if not joined_statements.may_join(sql):
        return False
    rights = decide_rights(sql, in_transaction=True)
    return rights == StatementRights(sql=sql.strip().rstrip(";"))


def _try_to_run(connection: Connection, statements: Sequence[str]) -> bool:
    return joined_statements.try_to_run(connection, statements, _send)


def _send(session: psycopg.Connection[Any], statements: Sequence[str]) -> bool:
    # As a value, in the protocol that takes one statement: so no text of a file can end
    # the call that holds it, in whatever encoding it is.
    with psycopg.Cursor(session) as cursor:
        cursor.execute(f"SELECT {RUN_ALL}(%s)", [list(statements)], prepare=False)
    return True


def _may_split(connection: Connection) -> bool:
    (room,) = execution.fetch_row(
        connection, "SELECT %s::pg_catalog.regnamespace::pg_catalog.oid", ROOM_SCHEMA
    )
    return joined_statements.may_split(connection, room)


def _run(connection: Connection, rights: StatementRights) -> None:
    for kind, name in rights.must_exist:
        _run_inside(connection, f"SELECT {quote_literal(name)}::pg_catalog.{kind}")
    if not rights.sql:
        return
    is_outside = rights.of == "connecting role" and not (
        rights.table and _is_partitioned(connection, rights.table)
    )
    run = _run_outside if is_outside else _run_inside
    run(connection, rights.sql)


def _is_partitioned(connection: Connection, table: str) -> bool:
    """Look a table up as a statement with the rights of the connecting role does."""
    oid = f"pg_catalog.to_regclass({quote_literal(table)})::pg_catalog.oid"
    sql = (
        "SELECT FROM pg_catalog.pg_partitioned_table"
        f" WHERE partrelid OPERATOR(pg_catalog.=) {oid}"
    )
    return bool(execution.fetch_rows(connection, sql))


@contextmanager
def _mute_procedures(connection: Connection) -> Iterator[None]:
    """Hold the procedures that commit without their COMMIT."""
    for (definition,) in execution.fetch_rows(connection, COMMITTING_PROCEDURES):
        _run_inside(connection, with_muted_commits(definition))
    yield
    for (definition,) in execution.fetch_rows(connection, COMMITTING_PROCEDURES):
        if MARK in definition:
            _run_inside(connection, with_restored_commits(definition))


def _run_inside(connection: Connection, sql: str) -> None:
    with connection.connection.cursor() as cursor:
        # Not kept as a prepared statement: the file may deallocate all of them.
        cursor.execute(f"SELECT {RUN}(%s)", [sql], prepare=False)


def _run_outside(connection: Connection, sql: str) -> None:
    # The extended protocol takes one statement, however a file cheats the splitter; the
    # cursors of Django's connection do not speak it.
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, binary=True)


@contextmanager
def _open_transaction(connection: Connection) -> Iterator[None]:
    with session.open_transaction(connection):
        yield
        _finish(connection)


def _finish(connection: Connection) -> None:
    """Let nothing be left for the commit, which happens outside, and look at what was
    written."""
    if execution.fetch_rows(connection, WRITTEN_TABLES):
        with _keep_settings(connection):  # those of the file are restored already
            _run_inside(connection, "SET CONSTRAINTS ALL IMMEDIATE")
    execution.execute(connection, "CLOSE ALL")  # a cursor WITH HOLD runs at the commit
    for (table,) in execution.fetch_rows(connection, WRITTEN_TABLES):
        # Refused while a trigger of the table has still to fire.
        _run_inside(connection, f"ALTER TABLE {table} RESET (fillfactor)")
    written = execution.fetch_rows(connection, SHARED_WRITES)
    if written:
        raise _SharedCatalogWritten(written[0][0])


@contextmanager
def _keep_settings(connection: Connection) -> Iterator[None]:
    """Restore at the end what a file SET; look up nothing in schemas of the file."""
    before = dict(execution.fetch_rows(connection, SESSION_VALUES))
    try:
        yield
    except BaseException:
        execution.rollback(connection)
        raise
    finally:
        if execution.check_alive(connection):
            execution.execute(connection, SET_SERVERS_PATH)
            restore_values(connection, before)


def _read_driver_error(exception: BaseException) -> DriverError | None:
    if isinstance(exception, _SharedCatalogWritten):
        return DriverError(
            message=f"wrote to {exception}, which all databases of the server share",
            leaves_dev_database=True,
        )
    refused = isinstance(exception, _RefusedInRoom)
    if refused:
        exception = exception.__cause__ or exception
    error = read_driver_error(exception)
    source = find_driver_error(exception)
    if error is None or source is None:
        return error
    context = source.diag.context or ""
    itself = RUN in context and "\n" not in context
    leaves = (
        refused
        or error.sqlstate in _REFUSALS_EVERYWHERE
        or error.cause == "no role"
        or (itself and source.diag.source_function == _REFUSING_ROUTINE)
    )
    position = error.position
    if itself:
        position = _find_position(source)
    return replace(
        error,
        position=position,
        leaves_dev_database=leaves,
        cause=None if refused else error.cause,
    )


def _find_position(error: psycopg.Error) -> int:
    """Return the position of an error in the statement as it stands in the file."""
    position = int(error.diag.internal_position or 0)
    is_explained = (error.diag.internal_query or "").startswith(EXPLAIN)
    return max(position - len(EXPLAIN), 0) if is_explained else position


def _inspect(inspect: Callable[[Cursor], Schema], cursor: Cursor) -> Schema:
    schema = inspect(freeze(cursor, ROOM_SCHEMA, RIVALS))
    room = [
        obj.key for obj in schema if ROOM_SCHEMA in (obj.key.namespace, obj.key.name)
    ]
    return schema.replace_objects(room, ())


def _canonicalize(cursor: Cursor, schema: Schema, keys: frozenset[Key]) -> Schema:
    frozen = freeze(cursor, ROOM_SCHEMA, RIVALS)
    frozen.execute("SHOW search_path")
    (path,) = frozen.fetchone()
    return canonicalize(
        frozen, schema, keys, format_statement=partial(_format_inside, path)
    )


def _format_inside(path: str, sql: str) -> str:
    """Return the statement as it runs in the room, whose functions may SET a path."""
    restore = f"pg_catalog.set_config('search_path', {quote_literal(path)}, true)"
    return f"SELECT {RUN}({quote_literal(sql)}); SELECT {restore}"
