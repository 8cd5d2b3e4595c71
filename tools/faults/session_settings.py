"""Make a file that sets something for its session, on which later statements depend."""

from __future__ import annotations

from collections.abc import Iterable

from tools.faults.steps import (
    NONE,
    SQLITE,
    Engine,
    File,
    Step,
    make_existence_query,
    make_log_step,
    make_trail_step,
)


def make_settings(engine: Engine) -> File:
    """Make the file; a transaction of its own that is rolled back sets something, too."""
    make = _make_pragmas if engine == SQLITE else _make_parameters
    return File(name="8_settings", steps=tuple(make(engine)), head=NONE)


def _make_parameters(engine: Engine) -> Iterable[Step]:
    yield Step(
        sql="CREATE TABLE word (n integer, what text)",
        done_queries=make_existence_query(engine, "word"),
    )
    yield Step(sql="SET faults.word = 'one'")
    yield make_log_step(engine, 803)
    yield _make_word_step(804)
    yield Step(sql="BEGIN")
    yield Step(sql="SET faults.word = 'rolled back'")
    yield Step(sql="SELECT pg_advisory_xact_lock_shared(807)", lock_key=807)
    yield Step(sql="ROLLBACK")
    yield make_log_step(engine, 809)
    yield _make_word_step(810)
    yield Step(sql="BEGIN")
    yield Step(sql="SET faults.word = 'two'")
    yield make_trail_step(813)
    yield Step(sql="COMMIT")
    yield make_log_step(engine, 815)
    yield _make_word_step(816)


def _make_word_step(number: int) -> Step:
    """Make a statement that stores the parameter's value, whatever it is."""
    return Step(
        sql=f"INSERT INTO word VALUES ({number}, current_setting('faults.word', true))",
        done_queries=(f"SELECT 1 FROM word WHERE n = {number}",),
    )


def _make_pragmas(engine: Engine) -> Iterable[Step]:
    yield Step(
        sql="CREATE TABLE word (n integer, CHECK (n < 0))",
        done_queries=make_existence_query(engine, "word"),
    )
    yield Step(sql="PRAGMA ignore_check_constraints = 1")
    yield make_log_step(engine, 803)
    yield _make_unchecked_step(804)
    yield Step(sql="PRAGMA ignore_check_constraints = 0")
    yield Step(sql="BEGIN")
    # No transaction covers this one.
    yield Step(sql="PRAGMA ignore_check_constraints = 1")
    yield Step(sql="ROLLBACK")
    yield make_log_step(engine, 809)
    yield _make_unchecked_step(810)


def _make_unchecked_step(number: int) -> Step:
    """Make a statement that SQLite refuses unless checks are ignored."""
    return Step(
        sql=f"INSERT INTO word VALUES ({number})",
        done_queries=(f"SELECT 1 FROM word WHERE n = {number}",),
    )
