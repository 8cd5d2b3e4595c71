"""Small questions and orders to the server over a Django connection.

Invariant: parameters go as parameters, and a statement without any goes as it is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import Error
from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schema_migrations.engines.engine import Connection

CURRENT = "SELECT name, current_setting(name, true) FROM unnest(%s::text[]) AS name"

SET = """
SELECT set_config(name, value, false)
  FROM unnest(%s::text[], %s::text[]) AS wanted (name, value)
"""


def rows(
    connection: Connection, sql: str, *parameters: object
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters) or None)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def row(connection: Connection, sql: str, *parameters: object) -> tuple[Any, ...]:
    return rows(connection, sql, *parameters)[0]


def execute(connection: Connection, sql: str) -> None:
    """Run one statement; without parameters psycopg leaves every ``%`` alone."""
    with connection.connection.cursor() as cursor:
        cursor.execute(sql)


def in_transaction(connection: Connection) -> bool:
    status = connection.connection.info.transaction_status
    return status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)


def alive(connection: Connection) -> bool:
    """Return whether the session can be asked anything.

    One that a signal interrupted between sending and waiting cannot: it is closed,
    which ends its transaction and its locks.
    """
    session = connection.connection
    if session is None or session.closed:
        return False
    if session.info.transaction_status == TransactionStatus.ACTIVE:
        connection.close()
        return False
    return True


def rollback(connection: Connection) -> None:
    """End an open transaction; a connection that is gone has none."""
    if alive(connection) and in_transaction(connection):
        execute(connection, "ROLLBACK")


@contextmanager
def parameters_set(connection: Connection, wanted: Mapping[str, str]) -> Iterator[None]:
    """Set parameters that the server has and permits; put the old values back."""
    before: dict[str, str] = {}
    for name, found in rows(connection, CURRENT, list(wanted)):
        if found in (None, wanted[name]):
            continue
        try:
            rows(connection, SET, [name], [wanted[name]])
        except Error:  # client_connection_check_interval, where the platform lacks it
            continue
        before[name] = found
    try:
        yield
    finally:
        if alive(connection):
            rollback(connection)
            rows(connection, SET, list(before), list(before.values()))
