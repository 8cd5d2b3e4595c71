"""Statements that refuse transactions: what an earlier attempt left, and what is done.

Such a statement and its record cannot commit together, so the catalog is asked, not
the record.  Invariant: nothing is dropped but an invalid index that is what the
statement itself makes, or what an interrupted ``REINDEX CONCURRENTLY`` left.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from schema_migrations.engines.engine import EarlierAttempt
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

    from schema_migrations.engines.engine import Connection

RELATION_QUERY = """
SELECT n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = to_regclass(%s)
"""

INDEX_QUERY = """
SELECT format('%%I.%%I', n.nspname, c.relname), i.indisvalid,
       pg_get_indexdef(i.indexrelid),
       (SELECT min(p.pid) FROM pg_stat_progress_create_index p
         WHERE p.index_relid = i.indexrelid)
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = %s AND c.relname = (parse_ident(%s))[1]::name
"""

# Older servers print the number of the session's temporary schema.
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

# What REINDEX CONCURRENTLY makes beside each index, of those in its reach.
REINDEX_LEFTOVERS_QUERY = r"""
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
                    WHERE p.index_relid = i.indexrelid)
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
    """Wait for locks without end: CONCURRENTLY blocks nobody while it waits, and one
    that gives up leaves an invalid index."""
    with set_parameters(connection, {"lock_timeout": "0", "statement_timeout": "0"}):
        yield


def clear_leftovers(
    connection: Connection, sql: str, interrupted: bool
) -> EarlierAttempt:
    """Clear away what an earlier attempt left, and say whether the statement is done.

    Raises ``StatementFailed`` where an index of its name is another one.
    """
    match parse_outside_statement(sql):
        case CreateIndexConcurrently() as made:
            return _clear_created_index(connection, made)
        case DropIndexConcurrently(name=name) if interrupted and not _has_relation(
            connection, name
        ):
            return EarlierAttempt(
                is_done=True, message=f"the index {name} is gone already"
            )
        case ReindexConcurrently() as reindexed:
            return _drop_reindex_leftovers(connection, reindexed)
        case DetachConcurrently() as detached:
            return _finish_detach(connection, detached, interrupted=interrupted)
        case SharedObjectStatement() as shared if interrupted:
            found = bool(
                fetch_rows(
                    connection, EXISTENCE_QUERIES[shared.object_type], shared.name
                )
            )
            state = "there" if found else "gone"
            return EarlierAttempt(
                is_done=found == (shared.verb == "CREATE"),
                message=f"the {shared.object_type.lower()} {shared.name} is {state} already",
            )
        case DropIndexConcurrently() | SharedObjectStatement() | RepeatableStatement():
            return EarlierAttempt()
        case None:
            return EarlierAttempt(is_known=False)


def check_result(connection: Connection, sql: str) -> None:
    """Raise ``StatementFailed`` when the index that was just made cannot be used."""
    match parse_outside_statement(sql):
        case CreateIndexConcurrently(name=name, table=table) if name:
            namespace = _find_relation(connection, table)[0]
        case ReindexConcurrently(object_type="INDEX", name=index):
            namespace, catalogued = _find_relation(connection, index)
            name = quote(catalogued)
        case _:
            return
    found = _find_index(connection, namespace, name) if namespace else None
    if found is not None and not found.is_valid:
        raise StatementFailed(
            f"the server reports success, and the index {found.name} is INVALID",
            hint=f"Drop it: DROP INDEX CONCURRENTLY {found.name}; the next run makes it.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _CatalogIndex:
    name: str
    """Qualified and quoted."""
    is_valid: bool
    definition: str
    builder_pid: int | None
    """The server's process that builds it just now."""


def _clear_created_index(
    connection: Connection, statement: CreateIndexConcurrently
) -> EarlierAttempt:
    namespace, table = _find_relation(connection, statement.table)
    if not table:
        return EarlierAttempt()  # the server says that it does not exist
    name, wanted = statement.name, ""
    if not name:
        name, wanted = _print_wanted_index(connection, statement, namespace, table)
    found = _find_index(connection, namespace, name)
    if found is None:
        return EarlierAttempt()
    if found.builder_pid is not None:
        raise StatementFailed(
            f"process {found.builder_pid} of the server builds the index {found.name} now",
            retryable=True,
            hint="Run the command again when that has ended.",
        )
    wanted = wanted or _print_wanted_index(connection, statement, namespace, table)[1]
    if found.definition == wanted:
        return _keep_or_drop_index(connection, found)
    if not statement.name:
        return EarlierAttempt()  # the server chooses another name
    raise StatementFailed(
        f"an index {found.name} exists, and it is another one:\n"
        f"    it is    {found.definition}\n    wanted   {wanted}",
        hint="Drop it, when nothing needs it (DROP INDEX CONCURRENTLY"
        f" {found.name}), or give the new one another name.",
    )


def _keep_or_drop_index(connection: Connection, found: _CatalogIndex) -> EarlierAttempt:
    if found.is_valid:
        said = f"the index {found.name} is there already, valid and as defined here"
        return EarlierAttempt(is_done=True, message=said)
    with disable_timeouts(connection):
        execute(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {found.name}")
    return EarlierAttempt(
        message=f"dropped the INVALID index {found.name} that an earlier attempt left"
    )


def _print_wanted_index(
    connection: Connection,
    statement: CreateIndexConcurrently,
    namespace: str,
    table: str,
) -> tuple[str, str]:
    """Return name and definition as the server would print them.

    The index is made on an empty copy of the table, which nobody sees: a temporary
    table of the same name, in a transaction that is rolled back.
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
        known = read_driver_error(error)
        if known is None or known.retryable:
            raise
        raise StatementFailed(
            f"an index of this name may exist on {original}, and the two cannot be"
            f" compared: {known.message}",
            hint="Look at it, and drop it where it is a left-over: DROP INDEX"
            " CONCURRENTLY.",
        ) from error
    finally:
        rollback(connection)
    return name, definition.replace(numbered, real).replace(temporary, real)


def _find_relation(connection: Connection, name: str) -> tuple[str, str]:
    """Return namespace and name of a relation as the catalog has them, or nothing."""
    found = fetch_rows(connection, RELATION_QUERY, name)
    return (found[0][0], found[0][1]) if found else ("", "")


def _find_index(
    connection: Connection, namespace: str, name: str
) -> _CatalogIndex | None:
    found = fetch_rows(connection, INDEX_QUERY, namespace, name)
    if not found:
        return None
    qualified, valid, definition, builder = found[0]
    return _CatalogIndex(
        name=qualified, is_valid=valid, definition=definition, builder_pid=builder
    )


def _has_relation(connection: Connection, name: str) -> bool:
    return bool(_find_relation(connection, name)[1])


def _drop_reindex_leftovers(
    connection: Connection, statement: ReindexConcurrently
) -> EarlierAttempt:
    """Drop what an interrupted REINDEX CONCURRENTLY left, as its page advises.

    https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
    """
    what, name = statement.object_type, statement.name
    relation = name if what in ("INDEX", "TABLE") else None
    namespace = name if what == "SCHEMA" else None
    found = [
        left
        for (left,) in fetch_rows(
            connection, REINDEX_LEFTOVERS_QUERY, relation, namespace, what
        )
    ]
    with disable_timeouts(connection):
        for left in found:
            execute(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {left}")
    said = ", ".join(found)
    return EarlierAttempt(
        message=f"dropped what an earlier REINDEX left: {said}" if said else ""
    )


def _finish_detach(
    connection: Connection, statement: DetachConcurrently, *, interrupted: bool
) -> EarlierAttempt:
    """Finish what is half detached.

    https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION
    """
    table, partition = statement.table, statement.partition
    found = fetch_rows(connection, DETACH_PENDING_QUERY, table, partition)
    if not found:
        said = f"{partition} is no partition of {table} any more"
        return (
            EarlierAttempt(is_done=True, message=said)
            if interrupted
            else EarlierAttempt()
        )
    if not found[0][0]:
        return EarlierAttempt()
    execute(connection, f"ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE")
    return EarlierAttempt(
        is_done=True, message=f"{partition} was half detached; that is finished"
    )
