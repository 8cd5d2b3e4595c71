"""A job beside a block: both are done at the end, or the block's error ends both."""

from __future__ import annotations

from threading import Event, current_thread
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from schema_migrations.workflows.states.parallel import run_in_parallel

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection

SECONDS = 30.0
OWN, OF_BLOCK = connection.copy("own"), connection.copy("block")
BOTH = (OWN, OF_BLOCK)


def do_nothing(connection: Connection) -> None:
    """Cancel nothing: both are short."""


def test_the_job_runs_while_the_block_does() -> None:
    begun, went_on = Event(), Event()
    threads = []

    def job() -> str:
        threads.append(current_thread())
        begun.set()
        assert went_on.wait(SECONDS)
        return "done"

    with run_in_parallel(job, BOTH, do_nothing) as running:
        assert begun.wait(SECONDS)
        running.check()
        went_on.set()
        assert running.wait_for_result() == "done"
    assert len(threads) == 1
    assert current_thread() not in threads


def test_the_error_of_the_block_cancels_the_job() -> None:
    begun, cancelled, asked = Event(), Event(), []

    def job() -> None:
        begun.set()
        assert cancelled.wait(SECONDS)

    def cancel(connection: Connection) -> None:
        """Cancel nothing the first time: the statement may begin only afterwards."""
        asked.append(connection)
        if len(asked) > 1:
            cancelled.set()

    def fail() -> None:
        with run_in_parallel(job, BOTH, cancel):
            assert begun.wait(SECONDS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert set(asked) == {OWN}


def test_the_error_of_the_job_cancels_the_block() -> None:
    cancelled, asked = Event(), []

    def job() -> None:
        raise ValueError("of the job")

    def cancel(connection: Connection) -> None:
        asked.append(connection)
        if len(asked) > 1:
            cancelled.set()

    def run() -> None:
        with run_in_parallel(job, BOTH, cancel) as running:
            assert cancelled.wait(SECONDS)
            running.check()

    with pytest.raises(ValueError, match="of the job"):
        run()
    assert asked[:2] == [OF_BLOCK, OF_BLOCK]


def test_a_cancelled_block_says_the_error_of_the_job() -> None:
    cancelled = Event()

    def job() -> None:
        raise ValueError("of the job")

    def cancel(connection: Connection) -> None:
        cancelled.set()

    def run() -> None:
        with run_in_parallel(job, BOTH, cancel):
            assert cancelled.wait(SECONDS)
            raise KeyError("canceling statement due to user request")

    with pytest.raises(ValueError, match="of the job"):
        run()


def test_a_connection_that_cannot_be_cancelled_hides_no_error() -> None:
    tried = Event()

    def job() -> None:
        raise ValueError("of the job")

    def cancel(connection: Connection) -> None:
        tried.set()
        raise AttributeError("closed")

    def run() -> None:
        with run_in_parallel(job, BOTH, cancel) as running:
            assert tried.wait(SECONDS)
            running.wait_for_result()

    with pytest.raises(ValueError, match="of the job"):
        run()


def test_a_second_interruption_ends_the_job_too() -> None:
    begun, cancelled, asked = Event(), Event(), []

    def job() -> None:
        begun.set()
        assert cancelled.wait(SECONDS)

    def cancel(connection: Connection) -> None:
        asked.append(connection)
        if len(asked) == 1:
            raise KeyboardInterrupt
        cancelled.set()

    def fail() -> None:
        with run_in_parallel(job, BOTH, cancel):
            assert begun.wait(SECONDS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert cancelled.is_set()


def test_the_error_of_the_job_comes_where_the_block_waits() -> None:
    def job() -> None:
        raise ValueError("of the job")

    def run() -> None:
        with run_in_parallel(job, BOTH, do_nothing) as running:
            running.wait_for_result()

    with pytest.raises(ValueError, match="of the job"):
        run()


def test_the_error_of_the_block_is_said_where_the_job_succeeds() -> None:
    def job() -> str:
        return "done"

    def run() -> None:
        with run_in_parallel(job, BOTH, do_nothing) as running:
            running.wait_for_result()
            raise KeyError("of the block")

    with pytest.raises(KeyError, match="of the block"):
        run()


def test_an_error_waits_for_the_one_of_the_job() -> None:
    failed = Event()

    def job() -> None:
        assert failed.wait(SECONDS)
        raise ValueError("of the job")

    def run() -> None:
        with (
            run_in_parallel(job, BOTH, do_nothing) as running,
            running.wait_for_error(),
        ):
            failed.set()
            raise KeyError("of the block")

    with pytest.raises(ValueError, match="of the job"):
        run()


def test_an_interruption_does_not_wait_where_an_error_hides_it() -> None:
    cancelled = Event()

    def job() -> None:
        assert cancelled.wait(SECONDS)

    def cancel(connection: Connection) -> None:
        cancelled.set()

    def run() -> None:
        with run_in_parallel(job, BOTH, cancel) as running, running.wait_for_error():
            try:
                raise KeyboardInterrupt
            finally:
                raise KeyError("of the cleanup")

    with pytest.raises(KeyboardInterrupt):
        run()
    assert cancelled.is_set()
