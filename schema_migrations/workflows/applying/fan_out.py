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
from itertools import islice
from multiprocessing import active_children, get_context
from typing import TYPE_CHECKING, Literal, TypeVar

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
    Planned,
    Reached,
    StatementDone,
)
from schema_migrations.workflows.applying.hooks import all_files_applied, run_begins
from schema_migrations.workflows.targets.addresses import (
    Address,
    refuse_shared_revisions,
)
from schema_migrations.workflows.targets.connection import (
    connect_and_describe,
    open_target,
)
from schema_migrations.workflows.targets.survey import (
    divide_for_survey,
    survey_schemas,
)
from schema_migrations.workflows.targets.target_standing import (
    TargetStanding,
    read_target_standing,
)

if TYPE_CHECKING:
    from types import FrameType


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


Job = Literal["apply", "preview", "status"]
"""What is done with each target: files are applied, a run reports what it would do, or
the target is judged."""


_works: list[Work] = []
"""The one work of a worker: with each target it would be copied anew."""

Argument = TypeVar("Argument")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The work on each target; every worker has it from its start."""

    alias: str
    directory: Directory
    request: ApplyRequest
    job: Job = "apply"

    @property
    def read_only(self) -> bool:
        """Nothing is written to any target."""
        return self.job != "apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetResult:
    """The result of the work on one target."""

    address: Address
    events: tuple[Event, ...]
    pending_count: int = 0
    """Files that stay pending; with ``Work.read_only`` those that would run."""
    standing: TargetStanding | None = None
    """None: not asked for, or not known."""
    error: SchemaMigrationsError | None = None
    seconds: float = 0.0


def work_on_target(work: Work, address: Address) -> TargetResult:
    """Do the work on one target; return an error as part of the result."""
    started_at, events = time.monotonic(), list[Event]()
    found, error = _Found(), None
    try:
        _is_working.set()
        with _busy_lock, raise_interruption():
            found = _work_on_connection(work, address, events)
    except SchemaMigrationsError as caught:
        error = caught
    except Exception as caught:  # a bug of ours: the other targets are still reported
        log.exception("%s", address.label)
        error = Unexpected(problem=mask_secrets(f"{type(caught).__name__}: {caught}"))
    finally:
        _is_working.clear()
    return TargetResult(
        address=address,
        events=tuple(events),
        pending_count=found.pending_count,
        standing=found.standing,
        error=error,
        seconds=time.monotonic() - started_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    pending_count: int = 0
    standing: TargetStanding | None = None


def _work_on_connection(work: Work, address: Address, events: list[Event]) -> _Found:
    def report(event: Event) -> None:
        match event:
            case StatementDone() | MessageReceived(is_warning=False):
                pass  # too many to keep for all targets
            case _:
                events.append(event)

    request = work.request
    with open_target(work.alias, address.url, address.part) as (connection, engine):
        schema = address.part.schema if address.part else ""
        if schema:
            try:
                connect_and_describe(connection, engine, wait=request.connect_wait)
            except SchemaMissing as error:
                raise SchemaMissing(
                    problem=f"There is no schema {schema!r} that this user may use.",
                    advice="Create it, or remove it from the list of targets.",
                    is_target=True,
                ) from error
        match work.job:
            case "apply":
                outcome = apply(connection, engine, work.directory, request, report)
                return _Found(pending_count=outcome.selected.remaining_count)
            case "preview":
                outcome = preview_run(
                    connection, engine, work.directory, request, report
                )
                return _Found(pending_count=len(outcome.selected.runs))
            case "status":
                standing = read_target_standing(
                    connection,
                    engine,
                    work.directory,
                    exec_order=request.selection.exec_order,
                    revisions_schema=request.revisions_schema,
                    wait=request.connect_wait,
                )
                return _Found(pending_count=len(standing.pending), standing=standing)


def may_survey(work: Work) -> bool:
    """Return whether a target with nothing to do may be told from its history alone.

    Not if a run does more there than look: receivers of signals are called on each.
    """
    selection = work.request.selection
    if selection.baseline is not None or selection.to is not None:
        return False  # each target says whether that fits
    if work.read_only:
        return True
    called = bool(run_begins.receivers or all_files_applied.receivers)
    return not (work.request.sends_signals or (work.request.tells_apps and called))


def survey_targets(work: Work, addresses: Sequence[Address]) -> list[TargetResult]:
    """Return the results of those targets that need no connection of their own."""
    started_at = time.monotonic()
    try:
        _is_working.set()
        with _busy_lock, raise_interruption():
            found = survey_schemas(
                work.alias,
                addresses,
                work.directory,
                exec_order=work.request.selection.exec_order,
                wait=work.request.connect_wait,
            )
    finally:
        _is_working.clear()
    seconds = (time.monotonic() - started_at) / len(addresses)
    return [
        _make_surveyed_result(work, address, standing, seconds)
        for address, standing in found.items()
        if work.job == "status" or not standing.pending
    ]


def _make_surveyed_result(
    work: Work, address: Address, standing: TargetStanding, seconds: float
) -> TargetResult:
    if work.job == "status":
        return TargetResult(
            address=address,
            events=(),
            pending_count=len(standing.pending),
            standing=standing,
            seconds=seconds,
        )
    planned = Planned(current=standing.current_version, versions=(), chosen=0)
    return TargetResult(
        address=address,
        events=(Reached(target=standing.target), planned),
        seconds=seconds,
    )


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
    if not addresses:  # an empty shard
        return ()
    refuse_shared_revisions(addresses, work.request.revisions_schema)
    with _start_workers(work, min(jobs, len(addresses))) as pool:
        settled = set[Address]()
        if may_survey(work):
            settled = _survey_all(pool, addresses, jobs=jobs, on_result=on_result)
        remaining = [each for each in reversed(addresses) if each not in settled]
        running: dict[Future[TargetResult], Address] = {}
        stopped = False
        while running or (remaining and not stopped):
            while remaining and not stopped and len(running) < jobs:
                address = remaining.pop()
                try:
                    running[_submit(pool, _do_work, address)] = address
                except BrokenProcessPool:
                    remaining.append(address)
                    stopped = True
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


def _survey_all(
    pool: ProcessPoolExecutor,
    addresses: Sequence[Address],
    *,
    jobs: int,
    on_result: Callable[[TargetResult], None],
) -> set[Address]:
    """Report the targets that a survey settles; return them.

    A few groups wait at a time: those results are all that is kept.
    """
    settled = set[Address]()
    groups = divide_for_survey(addresses)
    running = set[Future[list[TargetResult]]]()
    while True:
        for group in islice(groups, max(0, 2 * jobs - len(running))):
            running.add(_submit(pool, _do_survey, group))
        if not running:
            return settled
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            for result in future.result():
                settled.add(result.address)
                on_result(result)


def _submit(
    pool: ProcessPoolExecutor, do: Callable[[Argument], Result], argument: Argument
) -> Future[Result]:
    with _hold_signals():  # the first work starts the workers
        return pool.submit(do, argument)


def _do_work(address: Address) -> TargetResult:
    return work_on_target(_works[0], address)


def _do_survey(addresses: Sequence[Address]) -> list[TargetResult]:
    return survey_targets(_works[0], addresses)


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
def _start_workers(work: Work, jobs: int) -> Iterator[ProcessPoolExecutor]:
    close_connections()
    others = active_children()
    # A fork has Django loaded already; the libraries of macOS do not survive one.
    forks = sys.platform == "linux"
    pool = ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=get_context("fork" if forks else "spawn"),
        initializer=_prepare_worker,
        initargs=(os.getpid(), work),
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


def _prepare_worker(parent_pid: int, work: Work) -> None:
    """Give a worker its work, once, and make it end on a signal like a single run, and
    not later than its parent."""
    _works[:] = [work]
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
