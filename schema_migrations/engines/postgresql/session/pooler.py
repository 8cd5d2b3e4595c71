"""Detect a connection pooler that lets sessions share server processes.

Invariant: detection changes nothing, on either side of the pooler.

https://www.pgbouncer.org/features.html
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import psycopg

from schema_migrations.engines.postgresql.server.sibling import open_sibling_of
from schema_migrations.engines.postgresql.session.execution import execute, fetch_row
from schema_migrations.errors import ServerFailed, SessionShared

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection

PID_QUERY = "SELECT pg_backend_pid()"

CHECK_ROUNDS = 3
"""With other traffic one round may miss a shared server process."""

SHARED_SESSION_MESSAGE = (
    "A connection pooler (PgBouncer?) gives this session another server process for"
    " each transaction, so no lock could keep a second run out."
)


def refuse_shared_session(connection: Connection) -> None:
    """Raise ``ConfigError`` when a pooler lets others use this session's server process."""
    if not is_pooled(connection) or not _is_server_shared(connection):
        return
    # Once it looks alike where a server ended meanwhile, and another took its place.
    if _is_server_shared(connection):
        raise SessionShared(problem=SHARED_SESSION_MESSAGE)
    raise ServerFailed(
        reason="the pooler gave the session another server process", retryable=True
    )


def _is_server_shared(connection: Connection) -> bool:
    """Return whether another session gets this one's server process while it is idle."""
    with closing(open_sibling_of(connection)) as rival:
        for _ in range(CHECK_ROUNDS):
            (mine,) = fetch_row(connection, PID_QUERY)
            try:
                execute(rival, "BEGIN")
            except psycopg.errors.ProtocolViolation:
                return True  # PgBouncer in statement mode
            (theirs,) = fetch_row(rival, PID_QUERY)
            # Short-circuited: a rival that holds the only server would block the query.
            if mine == theirs or mine != fetch_row(connection, PID_QUERY)[0]:
                return True
            execute(rival, "ROLLBACK")
    return False


def is_pooled(connection: Connection) -> bool:
    """Return whether a pooler made up the process id that the connection was given.

    https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
    """
    (pid,) = fetch_row(connection, PID_QUERY)
    return bool(pid != connection.connection.info.backend_pid)
