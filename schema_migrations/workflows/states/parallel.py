"""Do a job in a thread of its own while another goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Generic, TypeVar

from schema_migrations.engines.connection import Connection
from schema_migrations.errors.interruption import raise_interruption

T = TypeVar("T")

CANCEL_SECONDS = 0.2
"""Until a statement is cancelled once more: it may have begun only after the first time."""


@dataclass(slots=True, kw_only=True)
class Job(Generic[T]):
    """A job that runs beside a block, on a connection of its own."""

    run: Callable[[], T]
    cancel: Callable[[], None]
    """End the statement that the job runs."""
    cancel_block: Callable[[], None]
    running: Future[T] | None = None
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
        assert self.running is not None
        self.is_awaited.set()
        return self.running.result()

    @contextmanager
    def wait_for_error(self) -> Iterator[None]:
        """Wait for the job's error where what is inside fails, and raise it instead.

        An interruption waits for nothing, also where another error hides it.
        """
        try:
            with raise_interruption():
                yield
        except Exception:  # of any kind, a cancelled statement's too: raised again
            self.wait_for_result()
            raise

    def run_or_end_block(self) -> T:
        """Run the job; if it fails, end what the block does."""
        try:
            return self.run()
        except BaseException as error:
            self.error = error
            while not self.is_awaited.wait(CANCEL_SECONDS):
                with suppress(Exception):  # the job's error counts
                    self.cancel_block()
            raise

    def end(self) -> None:
        """End the job, whatever it does."""
        self.is_awaited.set()
        while self.running is not None and not self.running.done():
            with suppress(KeyboardInterrupt):  # once more: this ends soon
                self.cancel()
                wait([self.running], timeout=CANCEL_SECONDS)


@contextmanager
def run_in_parallel(
    run: Callable[[], T],
    connections: tuple[Connection, Connection],
    cancel: Callable[[Connection], None],
) -> Iterator[Job[T]]:
    """Run a job while the block runs; the block waits for its end.

    The job has the first of the connections, the block the second.  When one has failed,
    ``cancel`` ends the statement of the other, again and again until it ends too; what it
    raises then is not said, but the first error.
    """
    own, of_block = connections
    job = Job(
        run=run, cancel=partial(cancel, own), cancel_block=partial(cancel, of_block)
    )
    own.inc_thread_sharing()
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            try:
                job.running = pool.submit(job.run_or_end_block)
                yield job
            except BaseException as error:
                first = job.error
                job.end()
                if isinstance(error, Exception) and first not in (None, error):
                    raise first from error
                raise
            finally:
                job.is_awaited.set()
    finally:
        own.dec_thread_sharing()
