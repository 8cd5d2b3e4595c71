"""Observe what the server does for each statement of a plan, and whom it locks out.

With ``client_min_messages = debug1`` the server says what it reads, rewrites and builds;
it says so of empty tables as well.  What is said differs between versions in nothing that
is looked for here; ``test_observation.py`` would tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from schema_migrations.plan.plan import Plan, Statement

STOPPING = frozenset(
    {"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"}
)
"""The locks that stop those who write, or those who read as well.
https://www.postgresql.org/docs/current/explicit-locking.html#TABLE-LOCK-COMPATIBILITY"""

_WORK = re.compile(
    r'(?P<verb>rewriting|verifying) table "(?P<table>[^"]+)"'
    r'|(?P<builds>building index) "[^"]+" on table "(?P<indexed>[^"]+)"'
    r'|(?P<validates>validating foreign key) constraint "(?P<constraint>[^"]+)"'
)
_UPDATE = re.compile(r'UPDATE (?:"[^"]+"\.)?"(?P<table>[^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one statement did to tables that were there before the plan."""

    statement: str
    work: tuple[str, ...]
    """What takes as long as the table is large: ``rewriting``, ``building index`` …"""
    locked: frozenset[tuple[str, str]]
    """(table, lock) pairs that stop others when it is done."""

    @property
    def stops_others(self) -> bool:
        return bool(self.work and self.locked)


def observe_plan(connection: Any, plan: Plan) -> Iterator[Observation]:
    """Carry a plan out on a psycopg connection, as its files run; yield what was seen."""
    cursor = connection.cursor()
    tables = _read_tables(cursor)
    with _listen(connection) as said:
        for part in plan.parts:
            if part[0].part % 2:
                for statement in part:
                    yield from _observe(cursor, (statement,), tables, said)
            else:
                yield from _observe(cursor, part, tables, said)


def _observe(
    cursor: Any,
    statements: tuple[Statement, ...],
    tables: dict[int, str],
    said: list[str],
) -> Iterator[Observation]:
    """Carry out statements in one transaction, if the server takes them there."""
    in_transaction = not any(" CONCURRENTLY " in each.sql for each in statements)
    if in_transaction:
        cursor.execute("BEGIN")
    for statement in statements:
        said.clear()
        cursor.execute(statement.sql)
        messages = tuple(said)
        yield Observation(
            statement=statement.sql,
            work=tuple(_find_work(cursor, statement.sql, messages, tables)),
            locked=_read_locks(cursor, tables) if in_transaction else frozenset(),
        )
    if in_transaction:
        cursor.execute("COMMIT")


def _find_work(
    cursor: Any, sql: str, messages: tuple[str, ...], tables: dict[int, str]
) -> Iterator[str]:
    names = set(tables.values())
    if (match := _UPDATE.match(sql)) and match["table"] in names:
        yield "updating rows"
    for match in filter(None, map(_WORK.search, messages)):
        query = "SELECT oid FROM pg_class WHERE relname = %s"
        name = match["table"] or match["indexed"]
        if match["constraint"]:
            query = "SELECT conrelid FROM pg_constraint WHERE conname = %s"
            name = match["constraint"]
        # What is made anew has the name of what was there, and is not.
        if any(oid in tables for (oid,) in cursor.execute(query, [name])):
            yield match["verb"] or match["builds"] or match["validates"]


def _read_tables(cursor: Any) -> dict[int, str]:
    """Return the names of all tables by their oids."""
    query = (
        "SELECT oid, relname FROM pg_class"
        " WHERE relkind IN ('r', 'p', 'm') AND oid >= 16384"
    )
    return dict(cursor.execute(query).fetchall())


def _read_locks(cursor: Any, tables: dict[int, str]) -> frozenset[tuple[str, str]]:
    query = (
        "SELECT relation, mode FROM pg_locks"
        " WHERE pid = pg_backend_pid() AND granted AND locktype = 'relation'"
    )
    held = cursor.execute(query).fetchall()
    return frozenset(
        (tables[oid], mode) for oid, mode in held if oid in tables and mode in STOPPING
    )


@contextmanager
def _listen(connection: Any) -> Iterator[list[str]]:
    """Collect what the server says in detail until the block ends."""
    said: list[str] = []

    def hear(diagnostic: Any) -> None:
        said.append(diagnostic.message_primary or "")

    connection.add_notice_handler(hear)
    connection.execute("SET client_min_messages = debug1")
    try:
        yield said
    finally:
        connection.remove_notice_handler(hear)
        connection.execute("RESET client_min_messages")
