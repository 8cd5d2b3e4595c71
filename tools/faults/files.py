"""Make files of schema changes, with changes of rows between them."""

from __future__ import annotations

from tools.faults.apps import SIGNAL_TABLE
from tools.faults.steps import (
    NONE,
    POSTGRESQL,
    Engine,
    File,
    Step,
    make_existence_query,
    make_log_step,
    make_trail_step,
)

ROWS = 2000


def make_files(engine: Engine) -> tuple[File, ...]:
    """Make four files of schema changes, with changes of rows between them."""
    later = _make_replaced_queries(engine)
    tables = (
        Step(
            sql="CREATE TABLE log (what text NOT NULL)",
            done_queries=make_existence_query(engine, "log"),
        ),
        Step(
            sql="CREATE TABLE trail (steps text)",
            done_queries=make_existence_query(engine, "trail"),
        ),
        Step(
            sql="INSERT INTO trail VALUES ('')", done_queries=("SELECT 1 FROM trail",)
        ),
        make_log_step(engine, 104),
        Step(
            sql="CREATE TABLE item (\n    id integer PRIMARY KEY,\n"
            "    n integer NOT NULL,\n    note text\n)",
            done_queries=(*make_existence_query(engine, "item"), *later),
        ),
        Step(
            sql=f"CREATE TABLE {SIGNAL_TABLE} (what text PRIMARY KEY)",
            done_queries=make_existence_query(engine, SIGNAL_TABLE),
        ),
    )
    rows = (
        Step(
            sql=f"INSERT INTO item SELECT i, i, 'x' FROM {_make_series(engine)}",
            done_queries=("SELECT 1 FROM item", *later),
        ),
        make_trail_step(202),
        Step(
            sql="CREATE INDEX item_n ON item (n)",
            done_queries=(*make_existence_query(engine, "item_n"), *later),
        ),
        Step(sql=_make_slow_query(engine)),
        make_log_step(engine, 205),
        make_log_step(engine, 206),
    )
    more = (
        Step(
            sql="CREATE TABLE part (id integer PRIMARY KEY,"
            " item_id integer NOT NULL REFERENCES item (id))",
            done_queries=make_existence_query(engine, "part"),
        ),
        make_trail_step(402),
        Step(
            sql="INSERT INTO part SELECT id, id FROM item WHERE id % 10 = 0",
            done_queries=("SELECT 1 FROM part",),
        ),
        make_log_step(engine, 404),
        Step(
            sql="CREATE INDEX part_item_id ON part (item_id)",
            done_queries=make_existence_query(engine, "part_item_id"),
        ),
    )
    return (
        File(name="1_tables", steps=tables),
        File(name="2_rows", steps=rows),
        File(name="3_change", steps=_make_change_steps(engine)),
        File(name="4_more", steps=more),
    )


def _make_change_steps(engine: Engine) -> tuple[Step, ...]:
    bumped = "SELECT 1 FROM item WHERE id = 1 AND n = 2"
    if engine == POSTGRESQL:
        return (
            Step(
                sql="ALTER TABLE item ADD COLUMN extra integer NOT NULL DEFAULT 7",
                done_queries=(_make_column_query("extra"),),
            ),
            Step(sql="UPDATE item SET n = n + 1", done_queries=(bumped,)),
            make_log_step(engine, 303),
            Step(
                sql="ALTER TABLE item ALTER COLUMN n TYPE bigint",
                done_queries=(_make_column_query("n", "bigint"),),
            ),
            make_trail_step(305),
            Step(
                sql="ALTER TABLE item RENAME note TO remark",
                done_queries=(_make_column_query("remark"),),
            ),
            make_log_step(engine, 307),
        )
    made, extra = _make_replaced_queries(engine)
    gone = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'item')"
    again = (
        "SELECT 1 FROM sqlite_master WHERE name = 'item_n' AND EXISTS"
        " (SELECT 1 FROM pragma_table_info('item') WHERE name = 'extra')"
    )
    return (
        Step(
            sql="UPDATE item SET n = n + 1",
            done_queries=(bumped, "SELECT 1 FROM new__item", extra),
        ),
        Step(
            sql="CREATE TABLE new__item (id integer PRIMARY KEY, n bigint NOT NULL,"
            " note text, extra integer NOT NULL DEFAULT 7)",
            done_queries=(made, extra),
        ),
        Step(
            sql="INSERT INTO new__item (id, n, note) SELECT id, n, note FROM item",
            done_queries=("SELECT 1 FROM new__item", extra),
        ),
        Step(
            sql="DROP TABLE item", done_queries=(f"{gone} AND EXISTS ({made})", extra)
        ),
        Step(sql="ALTER TABLE new__item RENAME TO item", done_queries=(extra,)),
        Step(sql="CREATE INDEX item_n ON item (n)", done_queries=(again,)),
        make_trail_step(307),
        make_log_step(engine, 308),
    )


def _make_replaced_queries(engine: Engine) -> tuple[str, ...]:
    """Make queries that return a row once ``item`` or its index was replaced."""
    if engine == POSTGRESQL:
        return ("SELECT 1 FROM trail WHERE steps LIKE '%607 %'",)
    return (
        "SELECT 1 FROM sqlite_master WHERE name = 'new__item'",
        "SELECT 1 FROM pragma_table_info('item') WHERE name = 'extra'",
    )


def make_own_transactions(engine: Engine) -> File:
    steps = (
        make_trail_step(501),
        Step(sql="BEGIN"),
        make_log_step(engine, 503),
        Step(
            sql="CREATE TABLE own (id integer)",
            done_queries=make_existence_query(engine, "own"),
        ),
        make_trail_step(505),
        Step(sql="COMMIT"),
        make_log_step(engine, 507),
        Step(sql="BEGIN"),
        make_trail_step(509),
        Step(sql="INSERT INTO own VALUES (1)", done_queries=("SELECT 1 FROM own",)),
        Step(sql="COMMIT"),
        make_trail_step(512),
    )
    return File(name="5_own", steps=steps, head=NONE)


def make_repeatable(engine: Engine) -> File:
    """Make a file that nothing but its row keeps from running twice."""
    steps = (
        make_trail_step(901),
        make_log_step(engine, 902),
        make_log_step(engine, 903),
        make_trail_step(904),
        make_log_step(engine, 905),
        make_log_step(engine, 906),
    )
    return File(name="9_repeatable", steps=steps)


def _make_column_query(name: str, of_type: str = "") -> str:
    query = (
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('item')"
        f" AND attname = '{name}'"
    )
    return query + (f" AND atttypid = '{of_type}'::regtype" if of_type else "")


def _make_series(engine: Engine) -> str:
    if engine == POSTGRESQL:
        return f"generate_series(1, {ROWS}) AS i"
    return f"({_make_counting_query(ROWS)})"


def _make_slow_query(engine: Engine) -> str:
    if engine == POSTGRESQL:
        return "SELECT pg_sleep(0.05)"
    return f"SELECT count(*) FROM ({_make_counting_query(200_000)})"


def _make_counting_query(last: int) -> str:
    return (
        "WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s"
        f" WHERE i < {last}) SELECT i FROM s"
    )
