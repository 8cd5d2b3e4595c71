"""The same work on many targets, a few at a time, each in a process of its own.

Processes, not threads: Django keeps content types by alias, and the handlers of its
signals would give one tenant the keys of another.  Invariant: every target is reported
exactly once, as done, failed or not started, unless the run itself is interrupted.
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

from schema_migrations.errors import ConfigError, SchemaMigrationsError
from schema_migrations.history.directory import Directory
from schema_migrations.history.secrets import mask_secrets
from schema_migrations.workflows.applying.apply import ApplyRequest, apply, preview_run
from schema_migrations.workflows.applying.events import Event, StatementDone
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
"""Seconds between looks whether the process that started a worker is still there."""

WORKER_END_TIMEOUT = 30.0
"""Seconds that a worker which was told to end has to cancel and roll back."""

_busy_lock = threading.Lock()
"""Held by a worker while it has a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is done to each target; crosses to other processes."""

    alias: str
    directory: Directory
    request: ApplyRequest
    read_only: bool
    """Only say what would be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """What became of a target."""

    address: Address
    events: tuple[Event, ...]
    pending_count: int = 0
    """Files left; with ``reads`` those that would be run."""
    error: SchemaMigrationsError | None = None
    seconds: float = 0.0


def work_on_target(work: Work, address: Address) -> TargetResult:
    """Apply the pending files to one target; an error becomes a part of the result."""
    begun, events = time.monotonic(), list[Event]()
    outcome, error = None, None
    try:
        with _busy_lock:
            outcome = _apply_or_preview(work, address, events)
    except SchemaMigrationsError as caught:
        error = caught
    except Exception as caught:  # a mistake of ours: the other targets are told of
        log.exception("%s", address.label)
        error = SchemaMigrationsError(
            mask_secrets(f"{type(caught).__name__}: {caught}"),
            hint="This should not happen: its traceback is in the log"
            " schema_migrations. The other targets do not depend on it:"
            " --on-failure continue.",
        )
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
        seconds=time.monotonic() - begun,
    )


def _apply_or_preview(work: Work, address: Address, events: list[Event]) -> Outcome:
    do = preview_run if work.read_only else apply

    def report(event: Event) -> None:
        if not isinstance(event, StatementDone):  # of all targets there are too many
            events.append(event)

    with open_target(work.alias, address.url, address.part) as (connection, engine):
        schema = address.part.schema if address.part else ""
        if schema:
            found = connect_and_describe(
                connection, engine, wait=work.request.connect_wait
            ).schema
            if found != schema:
                raise ConfigError(
                    f"There is no schema {schema!r} that this user may use.",
                    hint="Create it, or take it off the list of targets.",
                )
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

    ``each`` is told of every target that has ended.  After a failure nothing more is
    started, unless ``on_failure`` is ``continue``.  Raises ``ConfigError``.
    """
    refuse_shared_revisions(addresses, work.request.revisions_schema)
    left = list(reversed(addresses))
    running: dict[Future[TargetResult], Address] = {}
    stopped = False
    with _start_workers(min(jobs, len(addresses))) as pool:
        while running or (left and not stopped):
            while left and not stopped and len(running) < jobs:
                address = left.pop()
                running[pool.submit(work_on_target, work, address)] = address
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                address = running.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    result = TargetResult(
                        address=address, events=(), error=_make_killed_error()
                    )
                    stopped = True
                on_result(result)
                stopped |= result.error is not None and on_failure == "stop"
    return tuple(reversed(left))


def _make_killed_error() -> SchemaMigrationsError:
    return SchemaMigrationsError(
        "A worker process was killed; what its target has, its revisions say.",
        hint="Run the same command again: it goes on where each target is. Out of"
        " memory? --jobs 1 takes the least.",
    )


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
    # A fork has Django loaded; macOS's own libraries do not survive one.
    forks = sys.platform == "linux"
    pool = ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=get_context("fork" if forks else "spawn"),
        initializer=_prepare_worker,
        initargs=(os.getpid(),),
    )
    try:
        yield pool
    except BrokenProcessPool as error:  # one that had nothing to do yet
        raise _make_killed_error() from error
    except BaseException:
        for child in active_children():
            if child not in others:
                child.terminate()  # as it would end alone: cancels and rolls back
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare_worker(parent_pid: int) -> None:
    """Prepare a worker: it ends like a run of its own, and not later than its parent."""
    told = threading.Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        # One is enough: another would only disturb the roll back.
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        told.set()
        if _busy_lock.locked():
            raise KeyboardInterrupt

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, interrupt)
    django.setup()
    threading.Thread(target=_await_exit, args=(parent_pid, told), daemon=True).start()


def _await_exit(parent_pid: int, interrupted: threading.Event) -> None:
    """End this process after a signal, or when its parent is gone."""
    while os.getppid() == parent_pid and not interrupted.wait(PARENT_CHECK_INTERVAL):
        pass
    if not interrupted.is_set():
        os.kill(os.getpid(), signal.SIGTERM)
    if _busy_lock.acquire(timeout=WORKER_END_TIMEOUT):
        time.sleep(PARENT_CHECK_INTERVAL)  # for the result to be sent
    os._exit(143)  # idle workers wait for work in a way that no signal ends
