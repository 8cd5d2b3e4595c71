"""Make files of statements that run outside of transactions, or take several steps."""

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

EXTRA_DATABASE = "faults_extra"
"""A database that a file makes and drops again."""

ANY_SNAPSHOT = "SELECT 1"
"""Takes a snapshot, which all that waits for older ones waits for."""


def make_outside_statements(engine: Engine) -> File:
    """Make a file of statements that the server refuses in transactions.

    None repairs what another leaves: an index that is INVALID stays so.
    """
    if engine == SQLITE:
        steps: Iterable[Step] = (
            make_trail_step(601),
            Step(sql="VACUUM", is_outside_transaction=True),
            make_log_step(engine, 603),
            Step(sql="VACUUM", is_outside_transaction=True),
            make_trail_step(605),
        )
    else:
        # Before each that can be held up there is one that takes a lock.
        steps = (
            make_log_step(engine, 601),
            _make_concurrent_step(
                "CREATE INDEX CONCURRENTLY item_one ON item (n, id)", "item_one"
            ),
            make_log_step(engine, 603),
            Step(sql="VACUUM item", is_outside_transaction=True),
            make_log_step(engine, 605),
            _make_concurrent_step(
                "CREATE UNIQUE INDEX CONCURRENTLY item_two ON item (id, note)",
                "item_two",
            ),
            make_trail_step(607),
            make_log_step(engine, 608),
            Step(
                sql="DROP INDEX CONCURRENTLY item_n",
                done_queries=(
                    "SELECT 1 WHERE to_regclass('item_n') IS NULL"
                    " AND to_regclass('item_one') IS NOT NULL",
                ),
                is_outside_transaction=True,
                held_up_by="LOCK TABLE item IN ACCESS SHARE MODE",
            ),
            make_log_step(engine, 610),
            Step(
                sql="REINDEX INDEX CONCURRENTLY item_pkey",
                is_outside_transaction=True,
                held_up_by=ANY_SNAPSHOT,
            ),
            make_trail_step(612),
        )
    return File(name="6_outside", steps=tuple(steps), head=NONE)


def make_kinds(engine: Engine) -> File:
    """Make a file for PostgreSQL: constraints that are validated later, a partition that
    is detached, a database, procedures."""
    return File(
        name="7_kinds",
        steps=(
            *_make_validated_constraint(engine),
            *_make_detached_partition(engine),
            *_make_extra_database(engine),
            *_make_calls(engine),
        ),
        head=NONE,
    )


def _make_validated_constraint(engine: Engine) -> Iterable[Step]:
    added = "SELECT 1 FROM pg_constraint WHERE conname = 'item_up'"
    yield make_log_step(engine, 701)
    yield Step(
        sql="ALTER TABLE item ADD CONSTRAINT item_up CHECK (n >= 0) NOT VALID",
        done_queries=(added,),
    )
    yield make_log_step(engine, 703)
    yield Step(
        sql="ALTER TABLE item VALIDATE CONSTRAINT item_up",
        done_queries=(f"{added} AND convalidated",),
    )


def _make_detached_partition(engine: Engine) -> Iterable[Step]:
    yield Step(
        sql="CREATE TABLE event (id integer NOT NULL) PARTITION BY RANGE (id)",
        done_queries=make_existence_query(engine, "event"),
    )
    yield Step(
        sql="CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (0) TO (10)",
        done_queries=make_existence_query(engine, "event_1"),
    )
    yield Step(
        sql="INSERT INTO event VALUES (1)", done_queries=("SELECT 1 FROM event_1",)
    )
    yield make_log_step(engine, 708)
    yield Step(
        sql="ALTER TABLE event DETACH PARTITION event_1 CONCURRENTLY",
        done_queries=(
            "SELECT 1 FROM event_1 WHERE NOT EXISTS (SELECT 1 FROM pg_inherits"
            " WHERE inhrelid = to_regclass('event_1'))",
        ),
        is_outside_transaction=True,
        held_up_by="LOCK TABLE event IN ACCESS SHARE MODE",
    )


def _make_extra_database(engine: Engine) -> Iterable[Step]:
    exists = f"SELECT 1 FROM pg_database WHERE datname = '{EXTRA_DATABASE}'"
    later = "SELECT 1 FROM log WHERE what = '712'"
    yield make_log_step(engine, 710)
    yield Step(
        sql=f"CREATE DATABASE {EXTRA_DATABASE}",
        done_queries=(exists, later),
        is_outside_transaction=True,
    )
    yield make_log_step(engine, 712)
    yield Step(
        sql=f"DROP DATABASE {EXTRA_DATABASE}",
        done_queries=(f"{later} AND NOT EXISTS ({exists})",),
        is_outside_transaction=True,
    )
    yield make_trail_step(714)


def _make_calls(engine: Engine) -> Iterable[Step]:
    # A procedure that commits may run again: nobody knows how far it got.
    yield Step(
        sql="CREATE PROCEDURE fill_notes() LANGUAGE plpgsql AS $$ BEGIN\n"
        "    UPDATE item SET note = 'y' WHERE id <= 1000; COMMIT;\n"
        "    PERFORM pg_advisory_xact_lock_shared(717);\n"
        "    UPDATE item SET note = 'y' WHERE id > 1000; COMMIT;\nEND $$",
        done_queries=("SELECT 1 FROM pg_proc WHERE proname = 'fill_notes'",),
    )
    yield make_log_step(engine, 716)
    yield Step(
        sql="CALL fill_notes()",
        done_queries=(
            "SELECT 1 FROM item WHERE NOT EXISTS (SELECT 1 FROM item WHERE note = 'x')",
        ),
        lock_key=717,
        is_outside_transaction=True,
    )
    yield Step(
        sql="CREATE PROCEDURE add_log() LANGUAGE SQL"
        " AS $$ INSERT INTO log VALUES ('called') $$",
        done_queries=("SELECT 1 FROM pg_proc WHERE proname = 'add_log'",),
    )
    yield Step(
        sql="CALL add_log()",
        done_queries=("SELECT 1 FROM log WHERE what = 'called'",),
    )
    yield make_trail_step(720)


def _make_concurrent_step(sql: str, index: str) -> Step:
    usable = f"SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('{index}')"
    return Step(
        sql=sql,
        done_queries=(f"{usable} AND indisvalid",),
        is_outside_transaction=True,
        held_up_by=ANY_SNAPSHOT,
    )
