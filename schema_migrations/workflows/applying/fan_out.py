"""The same work on many targets, a few at a time, each in a process of its own.

Processes, not threads: Django caches content types by alias, so signal handlers would
give one tenant the keys of another.  Invariant: every target is reported exactly once,
as done, failed or not started, unless the run itself is interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import active_children, get_context
from typing import TYPE_CHECKING, Literal, TypeVar

import django
from django.db import connections

from schema_migrations.errors import (
    WorkerKilled,
)
from schema_migrations.workflows.applying.target_work import (
    TargetResult,
    Work,
    busy_lock,
    is_working,
    may_survey,
    survey_targets,
    work_on_target,
)
from schema_migrations.workflows.targets.addresses import (
    Address,
    refuse_shared_revisions,
)
from schema_migrations.workflows.targets.survey import (
    divide_for_survey,
)

if TYPE_CHECKING:
    from types import FrameType


OnFailure = Literal["stop", "continue"]

PARENT_CHECK_INTERVAL = 1.0
"""Seconds between a worker's checks that the process which started it still lives."""

WORKER_END_TIMEOUT = 30.0
"""Seconds that a worker has to cancel and roll back when it is to end."""

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_works: list[Work] = []
"""The one work of a worker: with each target it would be copied anew."""

Argument = TypeVar("Argument")
Result = TypeVar("Result")


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
                running[_submit(pool, _do_work, address)] = address
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
        if is_working.is_set():
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
    if busy_lock.acquire(timeout=WORKER_END_TIMEOUT):
        time.sleep(PARENT_CHECK_INTERVAL)  # until the result is sent
    os._exit(143)  # no signal ends an idle worker's wait for work
