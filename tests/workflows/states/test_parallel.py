"""A job beside a block: both are done at the end, or the block's error ends both."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, current_thread

import pytest
from django.db import connection

from schema_migrations.workflows.states.parallel import run_in_parallel

SECONDS = 30.0


def do_nothing() -> None:
    """Cancel no step: the job's steps are short."""


def test_the_job_runs_while_the_block_does() -> None:
    begun, went_on = Event(), Event()
    threads = []

    def job(check: Callable[[], None]) -> None:
        threads.append(current_thread())
        begun.set()
        assert went_on.wait(SECONDS)
        check()
        threads.append(current_thread())

    with run_in_parallel(job, connection, do_nothing) as wait:
        assert begun.wait(SECONDS)
        went_on.set()
        wait()
    assert len(threads) == 2
    assert current_thread() not in threads


def test_the_error_of_the_block_ends_the_job() -> None:
    begun, steps = Event(), []

    def job(check: Callable[[], None]) -> None:
        while True:
            begun.set()
            steps.append(1)
            check()

    def fail() -> None:
        with run_in_parallel(job, connection, do_nothing):
            assert begun.wait(SECONDS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert steps


def test_a_long_step_is_cancelled() -> None:
    begun, cancelled = Event(), Event()

    def job(check: Callable[[], None]) -> None:
        begun.set()
        assert cancelled.wait(SECONDS)
        check()

    def fail() -> None:
        with run_in_parallel(job, connection, cancelled.set):
            assert begun.wait(SECONDS)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()


def test_the_error_of_the_job_comes_where_the_block_waits() -> None:
    def job(check: Callable[[], None]) -> None:
        raise ValueError("of the job")

    def run(error: Exception | None = None) -> None:
        with run_in_parallel(job, connection, do_nothing) as wait:
            if error:
                raise error
            wait()

    with pytest.raises(ValueError, match="of the job"):
        run()
    with pytest.raises(KeyError):
        run(KeyError("of the block"))
