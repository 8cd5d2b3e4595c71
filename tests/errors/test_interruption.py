"""What fails while an interruption unwinds does not take its place."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from psycopg.errors import LockNotAvailable

from schema_migrations.engines.registry import engine_for
from schema_migrations.engines.statement_error import translate_statement_errors
from schema_migrations.errors import ServerFailed
from schema_migrations.errors.interruption import raise_interruption


def fail_to_clean_up() -> None:
    try:
        raise KeyboardInterrupt
    finally:
        raise ValueError


def release_what_is_not_held() -> None:
    """Fail as ``threading.Condition.wait`` does for a signal that comes within it."""
    lock = threading.Lock()
    with lock:
        lock.release()
        raise KeyboardInterrupt


def translate() -> None:
    try:
        fail_to_clean_up()
    except ValueError as error:
        raise ServerFailed(reason="", retryable=False) from error


@pytest.mark.parametrize(
    "fail", [fail_to_clean_up, release_what_is_not_held, translate]
)
def test_the_interruption_is_raised_again(fail: Callable[[], None]) -> None:
    with pytest.raises(KeyboardInterrupt), raise_interruption():
        fail()


def answer() -> None:
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        raise ValueError("no licence") from None


def test_who_answers_an_interruption_with_an_error_is_heard() -> None:
    with pytest.raises(ValueError, match="no licence"), raise_interruption():
        answer()


def give_up_on_lock() -> None:
    """Fail as psycopg 3.2 does where the time for a lock ends as it cancels."""
    try:
        raise KeyboardInterrupt
    finally:
        raise LockNotAvailable


def test_an_interrupted_statement_has_not_failed() -> None:
    """What failed for want of a lock would be tried again."""
    engine = engine_for("postgresql")
    with (
        pytest.raises(KeyboardInterrupt),
        translate_statement_errors(engine, file="1.sql", outcome=""),
    ):
        give_up_on_lock()


def test_another_error_stays() -> None:
    error = ValueError("wrong")
    with pytest.raises(ValueError, match="wrong") as caught, raise_interruption():
        raise error from KeyError("first")
    assert caught.value is error
