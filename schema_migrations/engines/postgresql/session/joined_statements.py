"""Run several statements in one message, on a scratch database.

A message costs the driver and the server's process more than many a statement does.
Which of several was refused the server does not say, so a savepoint is set before them.
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

    from schema_migrations.engines.connection import Connection

_SAVEPOINT = "joined_statements"


_MAY_NOT_JOIN = re.compile(rf"\bCONCURRENTLY\b|{NUL}", re.IGNORECASE)
"""Such a statement is refused in a transaction, or before it is sent."""


def may_join(sql: str) -> bool:
    """Return whether a statement may run in a message with others."""
    return is_definition(sql) and not _MAY_NOT_JOIN.search(sql)


def try_to_run(
    connection: Connection,
    statements: Sequence[str],
    render: Callable[[str], str] = str,
) -> bool:
    """Run statements in one message; return whether all have run, else none has.

    ``render`` returns what is sent for a statement.
    """
    session = connection.connection
    try:
        text = "\n;\n".join((f"SAVEPOINT {_SAVEPOINT}", *map(render, statements)))
        script = text.encode(session.info.encoding)  # a file may have SET it
    except UnicodeEncodeError:
        return False
    try:
        with keep_interruption(session), psycopg.ClientCursor(session) as cursor:
            cursor.execute(script)
            count = 1
            while cursor.nextset():
                count += 1
    except psycopg.Error:
        count = 0
    # Else the server found another number of statements than the splitter.
    has_run = count == len(statements) + 1
    if execution.check_alive(connection):
        how = "RELEASE" if has_run else "ROLLBACK TO"
        execution.execute(connection, f"{how} SAVEPOINT {_SAVEPOINT}")
    return has_run


JOINED_STATEMENTS = JoinedStatements(may_join=may_join, try_to_run=try_to_run)
