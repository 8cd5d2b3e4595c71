"""Do a job in a thread of its own while another goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Generic, TypeVar

from schema_migrations.engines.connection import Connection

T = TypeVar("T")

CANCEL_SECONDS = 0.2
"""Until a statement is cancelled once more: it may have begun only after the first time."""


@dataclass(slots=True, kw_only=True)
class Job(Generic[T]):
    """A job that runs beside a block."""

    running: Future[T] = field(init=False)
    error: BaseException | None = None
    """What it has raised."""
    is_awaited: Event = field(default_factory=Event)
    """The block does nothing more but wait."""

    def check(self) -> None:
        """Raise what the job has raised, if it has failed already."""
        if self.error is not None:
            raise self.error

    def wait_for_result(self) -> T:
        """Wait for the end of the job; return its result, or raise what it raises."""
        self.is_awaited.set()
        return self.running.result()


@contextmanager
def run_in_parallel(
    job: Callable[[], T],
    connections: tuple[Connection, Connection],
    cancel: Callable[[Connection], None],
) -> Iterator[Job[T]]:
    """Run a job while the block runs; the block waits for its end.

    The job has the first of the connections, the block the second.  When one has failed,
    ``cancel`` ends the statement of the other, again and again until it ends too.
    """
    own, of_block = connections
    itself: Job[T] = Job()

    def run() -> T:
        try:
            return job()
        except BaseException as error:
            itself.error = error
            while not itself.is_awaited.wait(CANCEL_SECONDS):
                cancel(of_block)
            raise

    own.inc_thread_sharing()
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            itself.running = pool.submit(run)
            try:
                yield itself
            except BaseException:
                itself.is_awaited.set()
                while not itself.running.done():
                    cancel(own)
                    wait([itself.running], timeout=CANCEL_SECONDS)
                raise
            finally:
                itself.is_awaited.set()
    finally:
        own.dec_thread_sharing()
