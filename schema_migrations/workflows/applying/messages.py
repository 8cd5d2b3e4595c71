"""Report what the server says while files run, with file and line.

Invariant: while a statement runs its thread only takes a note of each message; reporting
happens where an exception can end the run.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_migrations.history.secrets import (
    find_secrets,
    mask_known_secrets,
    mask_secrets,
)
from schema_migrations.workflows.applying.events import (
    Event,
    MessageReceived,
    ReportEvent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.executor import ServerMessage
    from schema_migrations.history.statements import SourceStatement
    from schema_migrations.revision_store import RevisionStore
    from schema_migrations.workflows.applying.watch import Watch


@dataclass(frozen=True, slots=True)
class UnreportedMessage:
    """A message and where the run was when the server said it."""

    message: ServerMessage
    file: str
    statement: SourceStatement | None
    """None: at the end of a transaction."""


class Messages:
    """The messages of a run, reported in their order, before any later event."""

    def __init__(self, report: ReportEvent) -> None:
        self._report = report
        self._unreported: deque[UnreportedMessage] = deque()
        self._lock = threading.Lock()
        self._statement: SourceStatement | None = None
        self._secrets: frozenset[str] = frozenset()
        """Those of ``_statement``: looked for once."""

    @contextmanager
    def note_messages(self, store: RevisionStore, watch: Watch) -> Iterator[None]:
        """Note each message as one of the statement that ``watch`` tracks."""

        def note_message(message: ServerMessage) -> None:
            running = watch.running
            statement = running.statement if running else None
            self._unreported.append(UnreportedMessage(message, watch.file, statement))

        handle = store.engine.executor.handle_messages
        with handle(store.connection, note_message) if handle else nullcontext():
            try:
                yield
            finally:
                self.show_notes()

    def show_event(self, event: Event) -> None:
        """Report an event, after the messages that came before it."""
        self.show_notes()
        self._report(event)

    def show_notes(self) -> None:
        """Report the messages noted so far; any thread may."""
        with self._lock:
            while self._unreported:
                self._report(self._make_event(self._unreported.popleft()))

    def _make_event(self, noted: UnreportedMessage) -> MessageReceived:
        message = noted.message
        return MessageReceived(
            file=noted.file,
            line=noted.statement.line if noted.statement else 0,
            severity=message.severity,
            message=self._mask(message.message, noted.statement),
            detail=self._mask(message.detail, noted.statement),
            hint=self._mask(message.hint, noted.statement),
            sqlstate=message.sqlstate,
        )

    def _mask(self, text: str, statement: SourceStatement | None) -> str:
        if not text or statement is None:
            return mask_secrets(text)
        if statement is not self._statement:
            self._statement = statement
            self._secrets = find_secrets(statement.sql)
        return mask_known_secrets(text, self._secrets)
