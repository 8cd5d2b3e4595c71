"""Is there a connection pooler in between, and does a session keep its server?

Invariant: asking changes nothing, on either side of the pooler.

https://www.pgbouncer.org/features.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from schema_migrations.engines.postgresql.session.execution import fetch_row
from schema_migrations.errors import ConfigError

if TYPE_CHECKING:
    from schema_migrations.engines.engine import Connection

PID_QUERY = "SELECT pg_backend_pid()"

CHECK_ROUNDS = 3
"""With other traffic a shared server shows itself later than at the first look."""

SHARED_SESSION_MESSAGE = (
    "A connection pooler (PgBouncer?) hands this session another server process for"
    " each transaction, so that no lock would keep a second run away."
)
DIRECT_ADDRESS_HINT = (
    "Give the server's own address, by --url or SCHEMA_MIGRATIONS_URL, or one of the"
    " pooler with pool_mode = session. The application may keep the pooled one."
)


def refuse_shared_session(connection: Connection) -> None:
    """Raise ``ConfigError`` behind a pooler that gives servers away between transactions."""
    if is_pooled(connection) and _is_server_shared(connection):
        raise ConfigError(SHARED_SESSION_MESSAGE, hint=DIRECT_ADDRESS_HINT)


def _is_server_shared(connection: Connection) -> bool:
    """Whether somebody else gets this session's server while it does nothing."""
    with open_second_session(connection) as rival:
        for _ in range(CHECK_ROUNDS):
            (mine,) = fetch_row(connection, PID_QUERY)
            try:
                rival.execute("BEGIN")
            except psycopg.errors.ProtocolViolation:
                return True  # PgBouncer in statement mode
            (theirs,) = rival.execute(PID_QUERY).fetchone() or (0,)
            # Asked no more where the rival sits on the only server.
            if mine == theirs or mine != fetch_row(connection, PID_QUERY)[0]:
                return True
            rival.execute("ROLLBACK")
    return False


def is_pooled(connection: Connection) -> bool:
    """Whether something in between made up the process that the connection was told of.

    https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
    """
    (pid,) = fetch_row(connection, PID_QUERY)
    return bool(pid != connection.connection.info.backend_pid)


def open_second_session(connection: Connection) -> psycopg.Connection:
    """Return another session of the same account, which Django does not know of."""
    parameters = connection.get_connection_params()
    return psycopg.connect(**parameters, autocommit=True)
