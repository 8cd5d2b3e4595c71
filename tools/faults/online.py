"""Make a file as an online plan has it: quick steps, and long ones that stop nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tools.faults.steps import NONE, Engine, File, Step, make_log_step

NOT_NULL = "item_note__not_null"


def make_online_steps(engine: Engine) -> File:
    """Make a file for PostgreSQL: a column is filled and made NOT NULL, another is counted
    up in batches, an index is replaced, a key takes over an index."""
    steps = _put_locks_between(
        engine,
        (
            *_make_filled_column(),
            *_make_counted_column(),
            *_make_replaced_index(),
            *_make_key_of_index(),
        ),
    )
    return File(name="8_online", steps=tuple(steps), head=NONE)


def _put_locks_between(engine: Engine, steps: Iterable[Step]) -> Iterator[Step]:
    for number, step in enumerate(steps, 1):
        yield make_log_step(engine, 800 + number)
        yield step


def _make_filled_column() -> Iterator[Step]:
    checked = f"SELECT 1 FROM pg_constraint WHERE conname = '{NOT_NULL}'"
    forbidden = (
        "SELECT 1 FROM pg_attribute WHERE attrelid = 'item'::regclass"
        " AND attname = 'kind' AND attnotnull"
    )
    yield Step(
        sql="ALTER TABLE item ADD COLUMN kind text",
        done_queries=(
            "SELECT 1 FROM pg_attribute WHERE attrelid = 'item'::regclass"
            " AND attname = 'kind'",
        ),
    )
    yield Step(
        sql="UPDATE item SET kind = 'of ' || n WHERE kind IS NULL",
        done_queries=("SELECT 1 FROM item WHERE kind IS NOT NULL",),
    )
    yield Step(
        sql=f"ALTER TABLE item ADD CONSTRAINT {NOT_NULL}\n"
        "    CHECK (kind IS NOT NULL) NOT VALID",
        done_queries=(checked, forbidden),
    )
    yield Step(
        sql=f"ALTER TABLE item VALIDATE CONSTRAINT {NOT_NULL}",
        done_queries=(f"{checked} AND convalidated", forbidden),
    )
    yield Step(
        sql="ALTER TABLE item ALTER COLUMN kind SET NOT NULL", done_queries=(forbidden,)
    )
    yield Step(
        sql=f"ALTER TABLE item DROP CONSTRAINT {NOT_NULL}",
        done_queries=(f"{forbidden} AND NOT EXISTS ({checked})",),
    )


def _make_counted_column() -> Iterator[Step]:
    """Make an UPDATE in batches that shows whether a row was changed twice."""
    yield Step(
        sql="ALTER TABLE item ADD COLUMN times integer NOT NULL DEFAULT 0",
        done_queries=(
            "SELECT 1 FROM pg_attribute WHERE attrelid = 'item'::regclass"
            " AND attname = 'times'",
        ),
    )
    yield Step(
        sql="-- batches: id\nUPDATE item SET times = times + 1",
        done_queries=("SELECT 1 WHERE NOT EXISTS (SELECT FROM item WHERE times = 0)",),
    )


def _make_replaced_index() -> Iterator[Step]:
    is_new = (
        "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('item_kind')"
        " AND indnatts = 2 AND indisvalid"
    )
    yield Step(
        sql="CREATE INDEX item_kind ON item (kind)",
        done_queries=(
            "SELECT 1 WHERE to_regclass('item_kind') IS NOT NULL"
            " OR to_regclass('item_kind__old') IS NOT NULL",
        ),
    )
    yield Step(
        sql="ALTER INDEX item_kind RENAME TO item_kind__old",
        done_queries=(
            "SELECT 1 WHERE to_regclass('item_kind__old') IS NOT NULL",
            is_new,
        ),
    )
    yield Step(
        sql="CREATE INDEX CONCURRENTLY item_kind ON item USING btree (kind, n)",
        done_queries=(is_new,),
        is_outside_transaction=True,
        held_up_by="LOCK TABLE item IN ROW EXCLUSIVE MODE",
    )
    yield Step(
        sql="DROP INDEX CONCURRENTLY item_kind__old",
        done_queries=(
            f"{is_new} AND NOT EXISTS ("
            "SELECT 1 WHERE to_regclass('item_kind__old') IS NOT NULL)",
        ),
        is_outside_transaction=True,
        held_up_by="LOCK TABLE item IN ACCESS SHARE MODE",
    )


def _make_key_of_index() -> Iterator[Step]:
    is_key = "SELECT 1 FROM pg_constraint WHERE conname = 'item_once'"
    yield Step(
        sql="CREATE UNIQUE INDEX CONCURRENTLY item_once__new ON item USING btree (n)",
        done_queries=(
            "SELECT 1 FROM pg_index WHERE indisvalid"
            " AND indexrelid = to_regclass('item_once__new')",
            is_key,
        ),
        is_outside_transaction=True,
        held_up_by="LOCK TABLE item IN ROW EXCLUSIVE MODE",
    )
    yield Step(
        sql="ALTER TABLE item ADD CONSTRAINT item_once\n"
        "    UNIQUE USING INDEX item_once__new",
        done_queries=(is_key,),
    )
