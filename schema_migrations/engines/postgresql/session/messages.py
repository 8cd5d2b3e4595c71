"""Handle what the server says beside its results: ``RAISE NOTICE``, warnings.

The parameter ``client_min_messages`` decides what it sends; a project may have set it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema_migrations.engines.executor import ServerMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg.errors import Diagnostic

    from schema_migrations.engines.connection import Connection


@contextmanager
def handle_messages(
    connection: Connection, handle: Callable[[ServerMessage], None]
) -> Iterator[None]:
    """Call ``handle`` with each message, in the thread that runs the statement.

    libpq waits meanwhile, and what ``handle`` raises is lost: it only takes a note.
    """

    def hand_over(diagnostic: Diagnostic) -> None:
        handle(
            ServerMessage(
                severity=diagnostic.severity_nonlocalized or "",
                message=diagnostic.message_primary or "",
                detail=diagnostic.message_detail or "",
                hint=diagnostic.message_hint or "",
                sqlstate=diagnostic.sqlstate or "",
            )
        )

    session = connection.connection
    session.add_notice_handler(hand_over)
    try:
        yield
    finally:
        session.remove_notice_handler(hand_over)
