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

from schema_migrations.engines.engine import Settled
from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.engines.postgresql.session.execution import (
    execute,
    fetch_row,
    fetch_rows,
    rollback,
)
from schema_migrations.engines.postgresql.session.failure import failure
from schema_migrations.engines.postgresql.session.outside_text import (
    Detached,
    IndexDropped,
    IndexMade,
    Reindexed,
    Repeatable,
    Shared,
    standalone,
)
from schema_migrations.engines.postgresql.session.parameters import parameters_set
from schema_migrations.errors import StatementFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.engine import Connection

TABLE = """
SELECT n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = to_regclass(%s)
"""

INDEX = """
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
SCRATCH = """
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
BESIDE = r"""
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

PENDING = """
SELECT inhdetachpending FROM pg_inherits
 WHERE inhparent = to_regclass(%s) AND inhrelid = to_regclass(%s)
"""

EXISTS = {
    "DATABASE": "SELECT FROM pg_database WHERE datname = (parse_ident(%s))[1]::name",
    "TABLESPACE": "SELECT FROM pg_tablespace WHERE spcname = (parse_ident(%s))[1]::name",
    "SUBSCRIPTION": "SELECT FROM pg_subscription JOIN pg_database d ON d.oid = subdbid"
    " WHERE subname = (parse_ident(%s))[1]::name AND datname = current_database()",
}


@contextmanager
def outside(connection: Connection) -> Iterator[None]:
    """Wait for locks without end: CONCURRENTLY blocks nobody while it waits, and one
    that gives up leaves an invalid index."""
    with parameters_set(connection, {"lock_timeout": "0", "statement_timeout": "0"}):
        yield


def settled(connection: Connection, sql: str, interrupted: bool) -> Settled:
    """Clear away what an earlier attempt left, and say whether the statement is done.

    Raises ``StatementFailed`` where an index of its name is another one.
    """
    match standalone(sql):
        case IndexMade() as made:
            return _index_made(connection, made)
        case IndexDropped(name=name) if interrupted and not _is_there(connection, name):
            return Settled(done=True, said=f"the index {name} is gone already")
        case Reindexed() as reindexed:
            return _swept(connection, reindexed)
        case Detached() as detached:
            return _detached(connection, detached, interrupted=interrupted)
        case Shared() as shared if interrupted:
            found = bool(fetch_rows(connection, EXISTS[shared.what], shared.name))
            state = "there" if found else "gone"
            return Settled(
                done=found == (shared.verb == "CREATE"),
                said=f"the {shared.what.lower()} {shared.name} is {state} already",
            )
        case IndexDropped() | Shared() | Repeatable():
            return Settled()
        case None:
            return Settled(known=False)


def assured(connection: Connection, sql: str) -> None:
    """Raise ``StatementFailed`` when the index that was just made cannot be used."""
    match standalone(sql):
        case IndexMade(name=name, table=table) if name:
            namespace = _table(connection, table)[0]
        case Reindexed(what="INDEX", name=index):
            namespace, catalogued = _table(connection, index)
            name = quote(catalogued)
        case _:
            return
    found = _index(connection, namespace, name) if namespace else None
    if found is not None and not found.valid:
        raise StatementFailed(
            f"the server reports success, and the index {found.name} is INVALID",
            hint=f"Drop it: DROP INDEX CONCURRENTLY {found.name}; the next run makes it.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    name: str
    """Qualified and quoted."""
    valid: bool
    definition: str
    builder: int | None
    """The server's process that builds it just now."""


def _index_made(connection: Connection, made: IndexMade) -> Settled:
    namespace, table = _table(connection, made.table)
    if not table:
        return Settled()  # the server says that it does not exist
    name, wanted = made.name, ""
    if not name:
        name, wanted = _wanted(connection, made, namespace, table)
    found = _index(connection, namespace, name)
    if found is None:
        return Settled()
    if found.builder is not None:
        raise StatementFailed(
            f"process {found.builder} of the server builds the index {found.name} now",
            retryable=True,
            hint="Run the command again when that has ended.",
        )
    wanted = wanted or _wanted(connection, made, namespace, table)[1]
    if found.definition == wanted:
        return _completed(connection, found)
    if not made.name:
        return Settled()  # the server chooses another name
    raise StatementFailed(
        f"an index {found.name} exists, and it is another one:\n"
        f"    it is    {found.definition}\n    wanted   {wanted}",
        hint="Drop it, when nothing needs it (DROP INDEX CONCURRENTLY"
        f" {found.name}), or give the new one another name.",
    )


def _completed(connection: Connection, found: _Index) -> Settled:
    if found.valid:
        said = f"the index {found.name} is there already, valid and as defined here"
        return Settled(done=True, said=said)
    with outside(connection):
        execute(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {found.name}")
    return Settled(
        said=f"dropped the INVALID index {found.name} that an earlier attempt left"
    )


def _wanted(
    connection: Connection, made: IndexMade, namespace: str, table: str
) -> tuple[str, str]:
    """Return name and definition as the server would print them.

    The index is made on an empty copy of the table, which nobody sees: a temporary
    table of the same name, in a transaction that is rolled back.
    """
    original = f"{quote(namespace)}.{quote(table)}"
    unique = "UNIQUE " if made.unique else ""
    scratch = f"pg_temp.{quote(table)}"
    execute(connection, "BEGIN")
    try:
        execute(connection, f"CREATE TEMPORARY TABLE {quote(table)} (LIKE {original})")
        execute(
            connection,
            f"CREATE {unique}INDEX {made.name} ON {scratch} {made.definition}",
        )
        name, definition, numbered, temporary, real = fetch_row(
            connection, SCRATCH, namespace, scratch
        )
    except psycopg.Error as error:
        known = failure(error)
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


def _table(connection: Connection, name: str) -> tuple[str, str]:
    """Return namespace and name of a relation as the catalog has them, or nothing."""
    found = fetch_rows(connection, TABLE, name)
    return (found[0][0], found[0][1]) if found else ("", "")


def _index(connection: Connection, namespace: str, name: str) -> _Index | None:
    found = fetch_rows(connection, INDEX, namespace, name)
    if not found:
        return None
    qualified, valid, definition, builder = found[0]
    return _Index(name=qualified, valid=valid, definition=definition, builder=builder)


def _is_there(connection: Connection, name: str) -> bool:
    return bool(_table(connection, name)[1])


def _swept(connection: Connection, reindexed: Reindexed) -> Settled:
    """Drop what an interrupted REINDEX CONCURRENTLY left, as its page advises.

    https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
    """
    what, name = reindexed.what, reindexed.name
    relation = name if what in ("INDEX", "TABLE") else None
    namespace = name if what == "SCHEMA" else None
    found = [
        left for (left,) in fetch_rows(connection, BESIDE, relation, namespace, what)
    ]
    with outside(connection):
        for left in found:
            execute(connection, f"DROP INDEX CONCURRENTLY IF EXISTS {left}")
    said = ", ".join(found)
    return Settled(said=f"dropped what an earlier REINDEX left: {said}" if said else "")


def _detached(
    connection: Connection, detached: Detached, *, interrupted: bool
) -> Settled:
    """Finish what is half detached.

    https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION
    """
    table, partition = detached.table, detached.partition
    found = fetch_rows(connection, PENDING, table, partition)
    if not found:
        said = f"{partition} is no partition of {table} any more"
        return Settled(done=True, said=said) if interrupted else Settled()
    if not found[0][0]:
        return Settled()
    execute(connection, f"ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE")
    return Settled(done=True, said=f"{partition} was half detached; that is finished")
