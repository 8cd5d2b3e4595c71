"""The same work on many targets, a few at a time, each in a process of its own.

Processes, not threads: Django caches content types by alias, so signal handlers would
give one tenant the keys of another.  Invariant: every target is reported exactly once,
as done, failed or not started, unless the run itself is interrupted.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from typing import TYPE_CHECKING, Literal

import django
from django.db import connections

from schema_migrations.errors import (
    SchemaMigrationsError,
    SchemaMissing,
    Unexpected,
    WorkerKilled,
)
from schema_migrations.errors.interruption import raise_interruption
from schema_migrations.history.directory import Directory
from schema_migrations.history.secrets import mask_secrets
from schema_migrations.workflows.applying.apply import ApplyRequest, apply, preview_run
from schema_migrations.workflows.applying.events import (
    Event,
    MessageReceived,
    StatementDone,
)
from schema_migrations.workflows.targets.addresses import (
    Address,
    refuse_shared_revisions,
)
from schema_migrations.workflows.targets.connection import (
    connect_and_describe,
    open_target,
)

if TYPE_CHECKING:
    from types import FrameType

    from schema_migrations.workflows.applying.apply import Outcome

log = logging.getLogger("schema_migrations")

OnFailure = Literal["stop", "continue"]

PARENT_CHECK_INTERVAL = 1.0
"""Seconds between a worker's checks that the process which started it still lives."""

WORKER_END_TIMEOUT = 30.0
"""Seconds that a worker has to cancel and roll back when it is to end."""

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_busy_lock = threading.Lock()
"""Held by a worker while it works on a target, and in the end by what ends the worker."""

_is_working = threading.Event()
"""Set while a worker works on a target: only then a signal has something to interrupt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The work on each target; sent to other processes."""

    alias: str
    directory: Directory
    request: ApplyRequest
    read_only: bool
    """Only report what would be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """The result of the work on one target."""

    address: Address
    events: tuple[Event, ...]
    pending_count: int = 0
    """Files that stay pending; with ``Work.read_only`` those that would run."""
    error: SchemaMigrationsError | None = None
    seconds: float = 0.0


def work_on_target(work: Work, address: Address) -> TargetResult:
    """Apply the pending files to one target; return an error as part of the result."""
    started_at, events = time.monotonic(), list[Event]()
    outcome, error = None, None
    try:
        _is_working.set()
        with _busy_lock, raise_interruption():
            outcome = _apply_or_preview(work, address, events)
    except SchemaMigrationsError as caught:
        error = caught
    except Exception as caught:  # a bug of ours: the other targets are still reported
        log.exception("%s", address.label)
        error = Unexpected(problem=mask_secrets(f"{type(caught).__name__}: {caught}"))
    finally:
        _is_working.clear()
    pending = 0
    if outcome is not None:
        pending = (
            len(outcome.selected.runs)
            if work.read_only
            else outcome.selected.remaining_count
        )
    return TargetResult(
        address=address,
        events=tuple(events),
        pending_count=pending,
        error=error,
        seconds=time.monotonic() - started_at,
    )


def _apply_or_preview(work: Work, address: Address, events: list[Event]) -> Outcome:
    do = preview_run if work.read_only else apply

    def report(event: Event) -> None:
        match event:
            case StatementDone() | MessageReceived(is_warning=False):
                pass  # too many to keep for all targets
            case _:
                events.append(event)

    with open_target(work.alias, address.url, address.part) as (connection, engine):
        schema = address.part.schema if address.part else ""
        if schema:
            try:
                connect_and_describe(connection, engine, wait=work.request.connect_wait)
            except SchemaMissing as error:
                raise SchemaMissing(
                    problem=f"There is no schema {schema!r} that this user may use.",
                    advice="Create it, or remove it from the list of targets.",
                    is_target=True,
                ) from error
        return do(connection, engine, work.directory, work.request, report)


def fan_out(
    work: Work,
    addresses: Sequence[Address],
    *,
    jobs: int,
    on_failure: OnFailure,
    on_result: Callable[[TargetResult], None],
) -> tuple[Address, ...]:
    """Do the work on every target, ``jobs`` at a time; return those not started.

    ``on_result`` receives the result of every target that ended.  After a failure start
    no other target, unless ``on_failure`` is ``continue``.  Raise ``ConfigError``.
    """
    refuse_shared_revisions(addresses, work.request.revisions_schema)
    remaining = list(reversed(addresses))
    running: dict[Future[TargetResult], Address] = {}
    stopped = False
    with _start_workers(min(jobs, len(addresses))) as pool:
        while running or (remaining and not stopped):
            while remaining and not stopped and len(running) < jobs:
                address = remaining.pop()
                with _hold_signals():  # the first work starts the workers
                    future = pool.submit(work_on_target, work, address)
                running[future] = address
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                address = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    result = TargetResult(
                        address=address, events=(), error=WorkerKilled()
                    )
                    stopped = True
                on_result(result)
                stopped |= result.error is not None and on_failure == "stop"
    return tuple(reversed(remaining))


@contextmanager
def _hold_signals() -> Iterator[None]:
    """Let signals wait: what a handler raises in the midst of a fork, Python drops."""
    if sys.platform == "win32":  # which does not fork, and has no such mask
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def close_connections() -> None:
    """Close what a fork would share or lose: sockets, and the threads of pools."""
    connections.close_all()
    for connection in connections.all(initialized_only=True):
        if hasattr(connection, "close_pool"):
            connection.close_pool()


@contextmanager
def _start_workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    close_connections()
    others = active_children()
    # A fork has Django loaded already; the libraries of macOS do not survive one.
    forks = sys.platform == "linux"
    pool = ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=get_context("fork" if forks else "spawn"),
        initializer=_prepare_worker,
        initargs=(os.getpid(),),
    )
    try:
        yield pool
    except BrokenProcessPool as error:  # a worker without a target was killed
        raise WorkerKilled from error
    except BaseException:
        for child in active_children():
            if child not in others:
                child.terminate()  # like a run of its own, it cancels and rolls back
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare_worker(parent_pid: int) -> None:
    """Make a worker end on a signal like a single run, and not later than its parent."""
    interrupted = threading.Event()
    seen: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            return  # a second signal would only disturb the rollback
        interrupted.set()
        if _is_working.is_set():
            raise KeyboardInterrupt

    for each in ENDING_SIGNALS:
        signal.signal(each, interrupt)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING_SIGNALS)
    django.setup()
    threading.Thread(
        target=_await_exit, args=(parent_pid, interrupted), daemon=True
    ).start()


def _await_exit(parent_pid: int, interrupted: threading.Event) -> None:
    """End this process after a signal, or once its parent has ended."""
    while os.getppid() == parent_pid and not interrupted.wait(PARENT_CHECK_INTERVAL):
        pass
    if not interrupted.is_set():
        os.kill(os.getpid(), signal.SIGTERM)
    if _busy_lock.acquire(timeout=WORKER_END_TIMEOUT):
        time.sleep(PARENT_CHECK_INTERVAL)  # until the result is sent
    os._exit(143)  # no signal ends an idle worker's wait for work
