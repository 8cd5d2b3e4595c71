"""A thread that watches the running statement and reports blockers and long runs.

Invariant: watching costs a sleeping thread; a second session is opened only once a
statement takes long, and none of its failures touches the run.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_migrations.engines.blocker import SessionLookup
from schema_migrations.history.secrets import mask_secrets
from schema_migrations.workflows.applying.events import (
    Blocked,
    ReportEvent,
    StillRunning,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_migrations.engines.blocker import (
        Blocker,
        OpenSessionLookup,
        StatementProgress,
    )
    from schema_migrations.history.statements import SourceStatement

log = logging.getLogger("schema_migrations")

LONGEST_CHECK_DELAY = 1.0
"""Seconds after which the blockers of a statement are looked up, at the latest."""
HEARTBEAT_INTERVAL = 30.0
"""Seconds between two reports that a statement still runs."""
NO_LOOKUP = SessionLookup(list_blockers=tuple, read_progress=lambda: None)
THREAD_END_TIMEOUT = 2.0
"""Seconds to wait for the second session to end; it holds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStatement:
    """The statement that runs now."""

    file: str
    statement: SourceStatement
    number: int
    """1-based."""
    total: int
    started_at: float
    """By the monotonic clock."""


class Watch:
    """The running statement, for the watching thread: one assignment, so no lock."""

    running: RunningStatement | None = None
    file: str = ""
    """Of the statement that runs, or ran last."""

    @contextmanager
    def track_statement(
        self, file: str, statement: SourceStatement, number: int, total: int
    ) -> Iterator[None]:
        self.file = file
        self.running = RunningStatement(
            file=file,
            statement=statement,
            number=number,
            total=total,
            started_at=time.monotonic(),
        )
        try:
            yield
        finally:
            self.running = None


@contextmanager
def watch_statements(
    open_lookup: OpenSessionLookup | None,
    report: ReportEvent,
    *,
    lock_timeout: float | None,
    show_notes: Callable[[], None] = lambda: None,
    heartbeat_interval: float = HEARTBEAT_INTERVAL,
) -> Iterator[Watch]:
    """Hold a thread that watches the tracked statements and calls ``report``.

    It calls ``show_notes`` again and again, for what a long statement says.
    """
    watch, ended = Watch(), threading.Event()
    if open_lookup is None:
        yield watch
        return
    check_delay = min(LONGEST_CHECK_DELAY, (lock_timeout or LONGEST_CHECK_DELAY) / 2)
    thread = threading.Thread(
        target=_report_long_statements,
        args=(watch, open_lookup, report, show_notes),
        kwargs={
            "check_delay": check_delay,
            "heartbeat_interval": heartbeat_interval,
            "ended": ended,
        },
        daemon=True,
    )
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join(THREAD_END_TIMEOUT)


def _report_long_statements(
    watch: Watch,
    open_lookup: OpenSessionLookup,
    report: ReportEvent,
    show_notes: Callable[[], None],
    *,
    check_delay: float,
    heartbeat_interval: float,
    ended: threading.Event,
) -> None:
    reported: tuple[RunningStatement, frozenset[int]] | None = None
    last_heartbeat = 0.0
    with ExitStack() as stack:
        lookup: SessionLookup | None = None
        while not ended.wait(check_delay / 2):
            show_notes()
            running, now = watch.running, time.monotonic()
            if running is None or now - running.started_at < check_delay:
                continue
            is_due = now - max(last_heartbeat, running.started_at) >= heartbeat_interval
            progress = None
            try:
                lookup = lookup or stack.enter_context(open_lookup())
                blockers = lookup.list_blockers()
                progress = lookup.read_progress() if is_due else None
            except Exception:  # anything a driver raises: the run itself goes on
                log.debug("The blockers could not be looked up", exc_info=True)
                blockers, lookup = (), NO_LOOKUP  # not looked up again
            current = (running, frozenset(each.pid for each in blockers))
            if watch.running is not running:
                continue
            if blockers and current != reported:
                reported = current
                report(_make_blocked_event(running, blockers))
            if is_due:
                last_heartbeat = now
                report(_make_still_running_event(running, now, progress))


def _make_blocked_event(
    running: RunningStatement, blockers: Sequence[Blocker]
) -> Blocked:
    return Blocked(
        file=running.file,
        line=running.statement.line,
        number=running.number,
        total=running.total,
        blockers=tuple(
            replace(each, query=mask_secrets(each.query)) for each in blockers
        ),
    )


def _make_still_running_event(
    running: RunningStatement, now: float, progress: StatementProgress | None
) -> StillRunning:
    return StillRunning(
        file=running.file,
        line=running.statement.line,
        number=running.number,
        total=running.total,
        seconds=now - running.started_at,
        progress=progress,
    )
