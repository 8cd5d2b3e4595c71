"""Resume statements that refuse transactions: remove leftovers, detect what is done.

Such a statement and its revision cannot commit together, so the catalog decides, not the
revision.  Invariant: nothing is dropped but an invalid index that the statement itself
defines, or one that an interrupted ``REINDEX CONCURRENTLY`` left.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from schema_migrations.engines.executor import EarlierAttempt
from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.engines.postgresql.session.driver_error import read_driver_error
from schema_migrations.engines.postgresql.session.execution import (
    execute,
    fetch_row,
    fetch_rows,
    rollback,
)
from schema_migrations.engines.postgresql.session.outside_statement import (
    CreateIndexConcurrently,
    DetachConcurrently,
    DropIndexConcurrently,
    ReindexConcurrently,
    RepeatableStatement,
    SharedObjectStatement,
    parse_outside_statement,
)
from schema_migrations.engines.postgresql.session.parameters import set_parameters
from schema_migrations.errors import StatementFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.connection import Connection

RELATION_QUERY = """
SELECT n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = to_regclass(%s)
"""

# Of a process of another role the view shows only that it builds; its lock shows where.
# VACUUM takes the same lock, but is not in the view.
# https://www.postgresql.org/docs/current/progress-reporting.html
BUILDER_CONDITION = """
(p.index_relid = i.indexrelid
 OR (p.relid IS NULL AND NOT i.indisvalid
     AND EXISTS (SELECT FROM pg_locks l
                  WHERE l.pid = p.pid AND l.locktype = 'relation' AND l.granted
                    AND l.mode = 'ShareUpdateExclusiveLock'
                    AND l.database = p.datid AND l.relation = i.indrelid
                    AND p.datid = (SELECT oid FROM pg_database
                                    WHERE datname = current_database()))))
"""

INDEX_QUERY = f"""
SELECT format('%%I.%%I', n.nspname, c.relname) AS name, i.indisvalid AS is_valid,
       pg_get_indexdef(i.indexrelid) AS definition,
       (SELECT min(p.pid) FROM pg_stat_progress_create_index p
         WHERE {BUILDER_CONDITION}) AS builder_pid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = %s AND c.relname = (parse_ident(%s))[1]::name
"""

# Older servers print the numbered name of the session's temporary namespace.
PROBE_INDEX_QUERY = """
SELECT quote_ident(c.relname), pg_get_indexdef(c.oid),
       format(' ON %%s.%%I ', t.relnamespace::regnamespace, t.relname),
       format(' ON pg_temp.%%I ', t.relname),
       format(' ON %%I.%%I ', %s::text, t.relname)
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_class t ON t.oid = i.indrelid
 WHERE t.oid = to_regclass(%s)
"""

# The copies that REINDEX CONCURRENTLY makes of the indexes it reaches.
REINDEX_LEFTOVERS_QUERY = rf"""
WITH named AS (
    SELECT to_regclass(%s)::oid AS oid
), tables AS (
    SELECT oid FROM named
    UNION SELECT i.indrelid FROM named JOIN pg_index i ON i.indexrelid = named.oid
    UNION SELECT t.relid FROM named, pg_partition_tree(named.oid::regclass) t
    UNION SELECT i.indrelid
            FROM named, pg_partition_tree(named.oid::regclass) t
            JOIN pg_index i ON i.indexrelid = t.relid
    UNION SELECT c.oid FROM pg_class c
           WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n
                                    WHERE n.nspname = (parse_ident(%s))[1]::name)
    UNION SELECT c.oid FROM pg_class c WHERE %s = 'DATABASE'
), reached AS (
    SELECT oid FROM tables
    UNION SELECT c.reltoastrelid FROM tables JOIN pg_class c USING (oid)
)
SELECT format('%%I.%%I', n.nspname, c.relname)
  FROM pg_index i
  JOIN reached ON reached.oid = i.indrelid
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)\d*$'
   AND EXISTS (SELECT FROM pg_index o JOIN pg_class oc ON oc.oid = o.indexrelid
                WHERE o.indrelid = i.indrelid AND o.indexrelid <> i.indexrelid
                  AND starts_with(oc.relname,
                                  regexp_replace(c.relname, '_cc(new|old)\d*$', '')))
   AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p
                    WHERE {BUILDER_CONDITION})
 ORDER BY 1
"""

DETACH_PENDING_QUERY = """
SELECT inhdetachpending FROM pg_inherits
 WHERE inhparent = to_regclass(%s) AND inhrelid = to_regclass(%s)
"""

EXISTENCE_QUERIES = {
    "DATABASE": "SELECT FROM pg_database WHERE datname = (parse_ident(%s))[1]::name",
    "TABLESPACE": "SELECT FROM pg_tablespace WHERE spcname = (parse_ident(%s))[1]::name",
    "SUBSCRIPTION": "SELECT FROM pg_subscription JOIN pg_database d ON d.oid = subdbid"
    " WHERE subname = (parse_ident(%s))[1]::name AND datname = current_database()",
}


@contextmanager
def disable_timeouts(connection: Connection) -> Iterator[None]:
    """Hold the timeouts off: CONCURRENTLY blocks nobody while it waits, and giving up
    would leave an invalid index."""
    with set_parameters(connection, {"lock_timeout": "0", "statement_timeout": "0"}):
        yield


@contextmanager
def disable_statement_timeout(connection: Connection) -> Iterator[None]:
    """Hold the statement timeout off, but not that of the wait for a lock."""
    with set_parameters(connection, {"statement_timeout": "0"}):
        yield


def clear_leftovers(
    connection: Connection, sql: str, interrupted: bool
) -> EarlierAttempt:
    """Remove what an earlier attempt left; return whether the statement is done.

    Raises ``StatementFailed`` when an index of its name has another definition.
    """
    match parse_outside_statement(sql):
        case CreateIndexConcurrently() as creation:
            return _clear_created_index(connection, creation)
        case DropIndexConcurrently(name=name) if interrupted and not _has_relation(
            connection, name
        ):
            return EarlierAttempt(
                is_done=True, message=f"the index {name} is already gone"
            )
        case ReindexConcurrently() as reindex:
            return _drop_reindex_leftovers(connection, reindex)
        case DetachConcurrently() as detach:
            return _finish_detach(connection, detach, interrupted=interrupted)
        case SharedObjectStatement() as shared if interrupted:
            exists = bool(
                fetch_rows(
                    connection, EXISTENCE_QUERIES[shared.object_type], shared.name
                )
            )
            state = "exists" if exists else "does not exist"
            return EarlierAttempt(
                is_done=exists == (shared.verb == "CREATE"),
                message=f"the {shared.object_type.lower()} {shared.name} {state}",
            )
        case DropIndexConcurrently() | SharedObjectStatement() | RepeatableStatement():
            return EarlierAttempt()
        case None:
            return EarlierAttempt(is_known=False)


def check_result(connection: Connection, sql: str) -> None:
    """Raise ``StatementFailed`` when the statement left its index invalid."""
    match parse_outside_statement(sql):
        case CreateIndexConcurrently(name=name, table=table) if name:
            namespace = _find_relation(connection, table)[0]
        case ReindexConcurrently(object_type="INDEX", name=qualified):
            namespace, catalogued = _find_relation(connection, qualified)
            name = quote(catalogued)
        case _:
            return
    index = _find_index(connection, namespace, name) if namespace else None
    if index is not None and not index.is_valid:
        raise StatementFailed(
            problem=f"the server reported success, but the index {index.name} is INVALID",
            advice=f"Run DROP INDEX CONCURRENTLY {index.name}; the next run creates it again.",
        )


class CatalogIndex(NamedTuple):
    """A row of ``INDEX_QUERY``."""

    name: str
    """Qualified and quoted."""
    is_valid: bool
    definition: str
    builder_pid: int | None
    """The server process that is building it."""


def _clear_created_index(
    connection: Connection, statement: CreateIndexConcurrently
) -> EarlierAttempt:
    namespace, table = _find_relation(connection, statement.table)
    if not table:
        return EarlierAttempt()  # the server will say that the table does not exist
    name, wanted = statement.name, ""
    if not name:
        name, wanted = _print_wanted_index(connection, statement, namespace, table)
    index = _find_index(connection, namespace, name)
    if index is None:
        return EarlierAttempt()
    if index.builder_pid is not None:
        raise StatementFailed(
            problem=f"server process {index.builder_pid} is building the index {index.name}",
            retryable=True,
            advice="Run the command again when it has finished.",
        )
    wanted = wanted or _print_wanted_index(connection, statement, namespace, table)[1]
    if index.definition == wanted:
        return _keep_or_drop_index(connection, index)
    if not statement.name:
        return EarlierAttempt()  # the server will choose another name
    raise StatementFailed(
        problem=f"an index {index.name} exists with another definition:\n"
        f"    existing {index.definition}\n    wanted   {wanted}",
        advice="If nothing needs it, drop it (DROP INDEX CONCURRENTLY"
        f" {index.name}); otherwise give the new one another name.",
    )


def _keep_or_drop_index(connection: Connection, index: CatalogIndex) -> EarlierAttempt:
    if index.is_valid:
        message = f"the index {index.name} already exists, valid and as defined here"
        return EarlierAttempt(is_done=True, message=message)
    with disable_timeouts(connection):
        execute(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}")
    return EarlierAttempt(
        message=f"dropped the INVALID index {index.name} that an earlier attempt left"
    )


def _print_wanted_index(
    connection: Connection,
    statement: CreateIndexConcurrently,
    namespace: str,
    table: str,
) -> tuple[str, str]:
    """Return the index's name and definition as the server would print them.

    The index is created on an empty copy that no other session sees: a temporary table of
    the same name, in a transaction that is rolled back.
    """
    original = f"{quote(namespace)}.{quote(table)}"
    unique = "UNIQUE " if statement.unique else ""
    scratch = f"pg_temp.{quote(table)}"
    execute(connection, "BEGIN")
    try:
        execute(connection, f"CREATE TEMPORARY TABLE {quote(table)} (LIKE {original})")
        execute(
            connection,
            f"CREATE {unique}INDEX {statement.name} ON {scratch} {statement.definition}",
        )
        name, definition, numbered, temporary, real = fetch_row(
            connection, PROBE_INDEX_QUERY, namespace, scratch
        )
    except psycopg.Error as error:
        driver_error = read_driver_error(error)
        if driver_error is None or driver_error.retryable:
            raise
        raise StatementFailed(
            problem=f"an index of this name may exist on {original}, but it cannot be"
            f" compared: {driver_error.message}",
            advice="Check it; if it is a leftover, drop it with DROP INDEX CONCURRENTLY.",
        ) from error
    finally:
        rollback(connection)
    return name, definition.replace(numbered, real).replace(temporary, real)


def _find_relation(connection: Connection, name: str) -> tuple[str, str]:
    """Return a relation's namespace and name as in the catalog; empty: no such relation."""
    rows = fetch_rows(connection, RELATION_QUERY, name)
    return (rows[0][0], rows[0][1]) if rows else ("", "")


def _find_index(
    connection: Connection, namespace: str, name: str
) -> CatalogIndex | None:
    rows = fetch_rows(connection, INDEX_QUERY, namespace, name)
    return CatalogIndex(*rows[0]) if rows else None


def _has_relation(connection: Connection, name: str) -> bool:
    return bool(_find_relation(connection, name)[1])


def _drop_reindex_leftovers(
    connection: Connection, statement: ReindexConcurrently
) -> EarlierAttempt:
    """Drop the indexes that an interrupted REINDEX CONCURRENTLY left, as its page advises.

    https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
    """
    what, name = statement.object_type, statement.name
    relation = name if what in ("INDEX", "TABLE") else None
    namespace = name if what == "SCHEMA" else None
    rows = fetch_rows(connection, REINDEX_LEFTOVERS_QUERY, relation, namespace, what)
    leftovers = [index for (index,) in rows]
    with disable_timeouts(connection):
        for index in leftovers:
            execute(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {index}")
    names = ", ".join(leftovers)
    message = f"dropped indexes that an earlier REINDEX left: {names}" if names else ""
    return EarlierAttempt(message=message)


def _finish_detach(
    connection: Connection, statement: DetachConcurrently, *, interrupted: bool
) -> EarlierAttempt:
    """Finish a detach that was interrupted.

    https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION
    """
    table, partition = statement.table, statement.partition
    rows = fetch_rows(connection, DETACH_PENDING_QUERY, table, partition)
    if rows == [(True,)]:
        finalize = f"ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE"
        execute(connection, finalize)
        message = f"{partition} was half detached; the detach is now complete"
        return EarlierAttempt(is_done=True, message=message)
    if interrupted and not rows:
        message = f"{partition} is no longer a partition of {table}"
        return EarlierAttempt(is_done=True, message=message)
    return EarlierAttempt()
