"""Small questions and orders to the server over a Django connection.

Invariant: parameters go as parameters, and a statement without any goes as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from schema_migrations.engines.engine import Connection


def fetch_rows(
    connection: Connection, sql: str, *parameters: object
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters) or None)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def fetch_row(connection: Connection, sql: str, *parameters: object) -> tuple[Any, ...]:
    return fetch_rows(connection, sql, *parameters)[0]


def execute(connection: Connection, sql: str) -> None:
    """Run one statement; without parameters psycopg leaves every ``%`` alone."""
    with connection.connection.cursor() as cursor:
        cursor.execute(sql)


def in_transaction(connection: Connection) -> bool:
    status = connection.connection.info.transaction_status
    return status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)


def check_alive(connection: Connection) -> bool:
    """Return whether the session can be asked anything.

    One that a signal interrupted between sending and waiting cannot: it is closed,
    which ends its transaction and its locks.  Not by Django, which would open another
    one for the next question, and that one has no lock.
    """
    session = connection.connection
    if session is None or session.closed:
        return False
    if session.info.transaction_status == TransactionStatus.ACTIVE:
        session.close()
        return False
    return True


def rollback(connection: Connection) -> None:
    """End an open transaction; a connection that is gone has none."""
    if check_alive(connection) and in_transaction(connection):
        execute(connection, "ROLLBACK")
