"""Work that is always rolled back, in its own transaction or inside a caller's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg.pq import TransactionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.connection import Cursor


@contextmanager
def roll_back_at_end(cursor: Cursor, begin_sql: str = "BEGIN") -> Iterator[None]:
    """Hold a transaction or savepoint and roll it back at the end, settings included.

    ``begin_sql`` opens a transaction if there is none and the connection is in
    autocommit; otherwise a savepoint is used, under the caller's isolation level.
    https://www.postgresql.org/docs/current/sql-rollback-to.html
    """
    connection = cursor.connection
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    if idle and connection.autocommit:
        end = "ROLLBACK"
    else:
        begin_sql = "SAVEPOINT schema_guest"
        end = "ROLLBACK TO SAVEPOINT schema_guest; RELEASE SAVEPOINT schema_guest"
    cursor.execute(begin_sql)
    try:
        yield
    finally:
        if connection.info.transaction_status != TransactionStatus.UNKNOWN:
            cursor.execute(end)
