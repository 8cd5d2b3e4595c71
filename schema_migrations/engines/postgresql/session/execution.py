"""Run single queries and statements over a Django connection.

Invariant: parameters are sent as parameters; a statement without any is sent unchanged.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

from schema_migrations.engines.postgresql.session.interruption import (
    CANCEL_TIMEOUT,
    keep_interruption,
)
from schema_migrations.history.encoding import check_statement

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection


def fetch_rows(
    connection: Connection, sql: str, *parameters: object
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters) or None)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def fetch_row(connection: Connection, sql: str, *parameters: object) -> tuple[Any, ...]:
    return fetch_rows(connection, sql, *parameters)[0]


def execute(connection: Connection, sql: str) -> None:
    """Run one statement; without parameters psycopg does not interpret ``%``."""
    check_statement(sql)
    session = connection.connection
    with keep_interruption(session), session.cursor() as cursor:
        cursor.execute(sql)


def cancel_statement(connection: Connection) -> None:
    """Cancel the statement that another thread runs; none runs: nothing happens."""
    session = connection.connection
    if session is not None:
        with suppress(psycopg.Error):
            session.cancel_safe(timeout=CANCEL_TIMEOUT)


def in_transaction(connection: Connection) -> bool:
    status = connection.connection.info.transaction_status
    return status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)


def check_alive(connection: Connection) -> bool:
    """Return whether the session can run queries; close it if it is stuck.

    A session that a signal interrupted between sending and waiting cannot.  Closing it
    ends its transaction and its locks.  Django's ``close`` is not used: Django would open
    another session, without the lock, for the next query.
    """
    session = connection.connection
    if session is None or session.closed:
        return False
    if session.info.transaction_status == TransactionStatus.ACTIVE:
        session.close()
        return False
    return True


def rollback(connection: Connection) -> None:
    """Roll back the open transaction, if there is one; a lost connection has none."""
    if check_alive(connection) and in_transaction(connection):
        execute(connection, "ROLLBACK")
