"""Run several statements in one message, on a scratch database.

A message costs the driver and the server's process more than many a statement does.
Which of several was refused the server does not say, so a savepoint is set before them.

Invariant: what happens is what would have happened one by one.  So statements are joined
only where the server reads their text as the splitter does, and where no event trigger
sees which message they came in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg

from schema_migrations.engines.executor import JoinedStatements
from schema_migrations.engines.postgresql.session import execution
from schema_migrations.engines.postgresql.session.interruption import keep_interruption
from schema_migrations.engines.postgresql.session.kept_session import is_definition
from schema_migrations.history.encoding import NUL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from schema_migrations.engines.connection import Connection

_SAVEPOINT = "joined_statements"

_MAY_NOT_JOIN = re.compile(
    rf"\bCONCURRENTLY\b|\bON\s+COMMIT\b|pg_temp|{NUL}", re.IGNORECASE
)
"""Such a statement is refused in a transaction, ends with it, or is not sent at all."""

_EVENT_TRIGGERS_QUERY = "SELECT FROM pg_catalog.pg_event_trigger LIMIT 1"
_OWN_CODE_QUERY = """
SELECT FROM pg_catalog.pg_proc
 WHERE oid OPERATOR(pg_catalog.>=) 16384
   AND prolang OPERATOR(pg_catalog.>) 13
   AND pronamespace OPERATOR(pg_catalog.<>) %s::pg_catalog.oid
 LIMIT 1
"""
"""Functions that may do anything: neither the server's own nor written in C.
https://www.postgresql.org/docs/current/system-catalog-initial-data.html"""


def may_join(sql: str) -> bool:
    """Return whether a statement may run in a message with others."""
    return is_definition(sql) and not _MAY_NOT_JOIN.search(sql)


def may_split(connection: Connection, known_namespace: int = 0) -> bool:
    """Return whether nothing of the database's own runs with a definition.

    Functions in ``known_namespace``, an oid, do not count.
    """
    return not (
        execution.fetch_rows(connection, _EVENT_TRIGGERS_QUERY)
        or execution.fetch_rows(connection, _OWN_CODE_QUERY, known_namespace)
    )


def try_to_run(
    connection: Connection,
    statements: Sequence[str],
    send: Callable[[psycopg.Connection[Any], Sequence[str]], bool] | None = None,
) -> bool:
    """Run statements in one message; return whether all have run, else none has.

    ``send`` sends them, and returns whether as many have run.
    """
    session = connection.connection
    standard_strings = session.info.parameter_status("standard_conforming_strings")
    if (
        session.info.encoding != "utf-8"
        or standard_strings != "on"
        or execution.fetch_rows(connection, _EVENT_TRIGGERS_QUERY)
    ):
        return False
    execution.execute(connection, f"SAVEPOINT {_SAVEPOINT}")
    try:
        with keep_interruption(session):
            has_run = (send or _send)(session, statements)
    except psycopg.Error:
        has_run = False
    if execution.check_alive(connection):
        if not has_run:
            execution.execute(connection, f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
        execution.execute(connection, f"RELEASE SAVEPOINT {_SAVEPOINT}")
    return has_run


def _send(session: psycopg.Connection[Any], statements: Sequence[str]) -> bool:
    """Send statements; the server may find another number of them than the splitter."""
    with psycopg.ClientCursor(session) as cursor:
        cursor.execute("\n;\n".join(statements).encode())
        count = 1
        while cursor.nextset():
            count += 1
    return count == len(statements)


JOINED_STATEMENTS = JoinedStatements(
    may_join=may_join, try_to_run=try_to_run, may_split=may_split
)
