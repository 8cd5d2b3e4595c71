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

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import psycopg
from django.db import Error

from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.postgresql.quote import quote_literal
from schema_migrations.engines.postgresql.server.canonicalize import canonicalize
from schema_migrations.engines.postgresql.server.refusal import find_driver_error
from schema_migrations.engines.postgresql.server.scratch import create_scratch_database
from schema_migrations.engines.postgresql.session import execution, session
from schema_migrations.engines.postgresql.session.driver_error import read_driver_error
from schema_migrations.engines.postgresql.session.statement_rights import decide_rights
from schema_migrations.errors import DevServerUnusable
from schema_migrations.history.encoding import check_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_migrations.engines.engine import (
        Connection,
        Cursor,
        DatabaseSettings,
        Engine,
    )
    from schema_migrations.schema.model import Schema

ROOM_SCHEMA = "dsm_sealed_room"

_MAKE_ROOM = f"""
CREATE SCHEMA {ROOM_SCHEMA};
CREATE FUNCTION {ROOM_SCHEMA}.run(statement text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE statement; END';
GRANT CREATE ON SCHEMA {ROOM_SCHEMA} TO pg_database_owner;
ALTER FUNCTION {ROOM_SCHEMA}.run OWNER TO pg_database_owner;
REVOKE ALL ON SCHEMA {ROOM_SCHEMA} FROM pg_database_owner;
DO $$ BEGIN
  EXECUTE format('GRANT ALL ON DATABASE %I TO pg_database_owner', current_database());
  -- Before PostgreSQL 15 the schema belongs to the superuser, and everybody may use it.
  IF pg_catalog.pg_has_role(
    (SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'public'), 'MEMBER')
  THEN
    ALTER SCHEMA public OWNER TO pg_database_owner;
  END IF;
END $$
"""

# Of the catalogs that all databases share, most stay locked until the end of a transaction
# that wrote to them; a GRANT leaves only its row, whose transaction is in progress.  What
# a database's own objects depend on is noted in pg_shdepend.
# https://www.postgresql.org/docs/current/view-pg-locks.html
_SHARED_WRITES_QUERY = """
SELECT relation::regclass::text FROM pg_catalog.pg_locks
 WHERE pid = pg_backend_pid() AND locktype = 'relation' AND database = 0
   AND mode = 'RowExclusiveLock' AND relation <> 'pg_catalog.pg_shdepend'::regclass
UNION ALL
SELECT name
  FROM (SELECT 'pg_database' AS name, xmin FROM pg_catalog.pg_database
        UNION ALL
        SELECT 'pg_tablespace', xmin FROM pg_catalog.pg_tablespace) AS row,
       (SELECT pg_current_xact_id_if_assigned() AS own) AS transaction
 WHERE age(xmin) <= age(own::xid)
   AND pg_xact_status((own::text::bigint + age(own::xid) - age(xmin))::text::xid8)
       = 'in progress'
 LIMIT 1
"""

_RUN = f"{ROOM_SCHEMA}.run"

# What the room's rights, or a function, do not permit, wherever it was tried:
# insufficient_privilege, active_sql_transaction, invalid_transaction_termination.
_REFUSALS_EVERYWHERE = frozenset({"42501"})
_REFUSALS_IN_FUNCTION = frozenset({"25001", "2D000"})
_REFUSING_ROUTINE = "exec_stmt_dynexecute"
"""The routine of PL/pgSQL that refuses ``SELECT INTO`` and ``PREPARE TRANSACTION``."""


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
            open_transaction=_open_transaction,
            read_driver_error=_read_driver_error,
        ),
        reader=replace(
            engine.reader,
            inspect=partial(_inspect, engine.reader.inspect),
            canonicalize=partial(canonicalize, format_statement=_format_inside),
        ),
    )


@contextmanager
def _create_sealed_database(
    settings: DatabaseSettings, alias: str
) -> Iterator[Connection]:
    with create_scratch_database(settings, alias) as connection:
        try:
            with connection.cursor() as cursor:
                cursor.execute(_MAKE_ROOM)
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
    rights = decide_rights(sql)
    if rights.ends_transaction:
        _finish(connection)
    if rights.role:
        execution.fetch_rows(connection, "SELECT %s::regrole", rights.role)
    if not rights.sql:
        return
    run = _run_inside if rights.of == "room" else _run_outside
    if execution.in_transaction(connection) or not rights.in_transaction:
        run(connection, rights.sql)
        return
    with _open_transaction(connection):
        run(connection, rights.sql)


def _run_inside(connection: Connection, sql: str) -> None:
    with connection.connection.cursor() as cursor:
        # Not kept as a prepared statement: the file may deallocate all of them.
        cursor.execute(f"SELECT {_RUN}(%s)", [sql], prepare=False)


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
    """Fire the deferred triggers inside the room, and look at what was written."""
    _run_inside(connection, "SET CONSTRAINTS ALL IMMEDIATE")
    written = execution.fetch_rows(connection, _SHARED_WRITES_QUERY)
    if written:
        raise _SharedCatalogWritten(written[0][0])


def _read_driver_error(exception: BaseException) -> DriverError | None:
    if isinstance(exception, _SharedCatalogWritten):
        return DriverError(
            message=f"wrote to {exception}, which all databases of the server share",
            leaves_dev_database=True,
        )
    error = read_driver_error(exception)
    source = find_driver_error(exception)
    if error is None or source is None:
        return error
    context = source.diag.context or ""
    inside = _RUN in context
    leaves = (
        error.sqlstate in _REFUSALS_EVERYWHERE
        or (inside and error.sqlstate in _REFUSALS_IN_FUNCTION)
        or (inside and source.diag.source_function == _REFUSING_ROUTINE)
    )
    position = error.position
    if inside and "\n" not in context:  # raised by the statement itself
        position = int(source.diag.internal_position or 0)
    return replace(
        error,
        position=position,
        leaves_dev_database=leaves,
        cause=None if inside and error.refused_in_transaction else error.cause,
    )


def _inspect(inspect: Callable[[Cursor], Schema], cursor: Cursor) -> Schema:
    schema = inspect(cursor)
    room = [
        obj.key for obj in schema if ROOM_SCHEMA in (obj.key.namespace, obj.key.name)
    ]
    return schema.replace_objects(room, ())


def _format_inside(sql: str) -> str:
    return f"SELECT {_RUN}({quote_literal(sql)})"
