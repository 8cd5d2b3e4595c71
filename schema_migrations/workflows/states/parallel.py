"""Do a job in a thread of its own while another goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event

from schema_migrations.engines.connection import Connection

CANCEL_SECONDS = 0.2
"""Until a step is cancelled once more: it may have begun only after the first time."""


class _Stopped(Exception):
    """Nobody waits for the job any more."""


@contextmanager
def run_in_parallel(
    job: Callable[[Callable[[], None]], object],
    connection: Connection,
    cancel: Callable[[], None],
) -> Iterator[Callable[[], object]]:
    """Run a job on a connection while the block runs; the block waits for its end.

    The job gets a function to call between its steps: it ends the job there after the
    block has failed.  ``cancel`` ends the step that runs then.  The block gets a function
    that waits, and raises what the job raises.
    """
    stop = Event()

    def check() -> None:
        if stop.is_set():
            raise _Stopped

    connection.inc_thread_sharing()
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            running = pool.submit(job, check)
            try:
                yield running.result
            except BaseException:
                stop.set()
                while not running.done():
                    cancel()
                    wait([running], timeout=CANCEL_SECONDS)
                raise
    finally:
        connection.dec_thread_sharing()
