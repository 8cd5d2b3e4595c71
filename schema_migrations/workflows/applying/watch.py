"""A second pair of eyes on the statement that runs: who blocks it, and that it goes on.

Invariant: looking on costs a sleeping thread; a second session is opened only once a
statement takes long, and no failure of it touches the run.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_migrations.history.secrets import mask_secrets
from schema_migrations.workflows.applying.events import (
    Blocked,
    ReportEvent,
    StillRunning,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_migrations.engines.engine import Blocker, OpenBlockerLookup

log = logging.getLogger("schema_migrations")

LONGEST_CHECK_DELAY = 1.0
"""Seconds that a statement may take before anybody asks what it waits for."""
HEARTBEAT_INTERVAL = 30.0
"""Seconds between two signs of life."""
THREAD_END_TIMEOUT = 2.0
"""How long the second session may take to end; it holds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStatement:
    """The statement that runs now."""

    file: str
    number: int
    """1-based."""
    total: int
    started_at: float
    """By the monotonic clock."""


class Watch:
    """What the thread that looks on is told: one assignment, so no lock."""

    running: RunningStatement | None = None

    @contextmanager
    def track_statement(self, file: str, number: int, total: int) -> Iterator[None]:
        self.running = RunningStatement(
            file=file, number=number, total=total, started_at=time.monotonic()
        )
        try:
            yield
        finally:
            self.running = None


@contextmanager
def watch_statements(
    observer: OpenBlockerLookup | None,
    report: ReportEvent,
    *,
    lock_timeout: float | None,
    heartbeat_interval: float = HEARTBEAT_INTERVAL,
) -> Iterator[Watch]:
    """Yield what is to be told of each statement; ``report`` is called by a thread."""
    watch, ended = Watch(), threading.Event()
    if observer is None:
        yield watch
        return
    patience = min(LONGEST_CHECK_DELAY, (lock_timeout or LONGEST_CHECK_DELAY) / 2)
    thread = threading.Thread(
        target=_report_long_statements,
        args=(watch, observer, report, patience, heartbeat_interval, ended),
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
    observer: OpenBlockerLookup,
    report: ReportEvent,
    check_delay: float,
    heartbeat_interval: float,
    ended: threading.Event,
) -> None:
    told: tuple[RunningStatement, frozenset[int]] | None = None
    beaten = 0.0
    with ExitStack() as stack:
        ask: Callable[[], Sequence[Blocker]] | None = None
        while not ended.wait(check_delay / 2):
            running, now = watch.running, time.monotonic()
            if running is None or now - running.started_at < check_delay:
                continue
            try:
                ask = ask or stack.enter_context(observer())
                blockers = ask()
            except Exception:  # anything a driver raises: the run itself goes on
                log.debug("Nobody could be asked what blocks", exc_info=True)
                blockers, ask = (), tuple  # and nobody is asked again
            found = (running, frozenset(each.pid for each in blockers))
            if watch.running is not running:
                continue
            if blockers and found != told:
                told = found
                report(_make_blocked_event(running, blockers))
            beaten = max(beaten, running.started_at)
            if now - beaten >= heartbeat_interval:
                beaten = now
                report(_make_still_running_event(running, now))


def _make_blocked_event(
    running: RunningStatement, blockers: Sequence[Blocker]
) -> Blocked:
    return Blocked(
        file=running.file,
        number=running.number,
        total=running.total,
        blockers=tuple(
            replace(each, query=mask_secrets(each.query)) for each in blockers
        ),
    )


def _make_still_running_event(running: RunningStatement, now: float) -> StillRunning:
    return StillRunning(
        file=running.file,
        number=running.number,
        total=running.total,
        seconds=now - running.started_at,
    )
