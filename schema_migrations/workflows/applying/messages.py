"""Report what the server says while files run, with file and line."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from schema_migrations.history.secrets import mask_secrets
from schema_migrations.workflows.applying.events import MessageReceived, ReportEvent

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from schema_migrations.engines.engine import ServerMessage
    from schema_migrations.revision_store import RevisionStore
    from schema_migrations.workflows.applying.watch import Watch


def watch_messages(
    store: RevisionStore, watch: Watch, report: ReportEvent
) -> AbstractContextManager[None]:
    """Report each message as one of the statement that ``watch`` tracks."""

    def report_message(message: ServerMessage) -> None:
        report(_make_event(message, watch))

    handle = store.engine.executor.handle_messages
    return handle(store.connection, report_message) if handle else nullcontext()


def _make_event(message: ServerMessage, watch: Watch) -> MessageReceived:
    running = watch.running
    sql = running.statement.sql if running else ""
    return MessageReceived(
        file=watch.file,
        line=running.statement.line if running else 0,
        severity=message.severity,
        message=mask_secrets(message.message, sql),
        detail=mask_secrets(message.detail, sql),
        hint=mask_secrets(message.hint, sql),
        sqlstate=message.sqlstate,
    )
