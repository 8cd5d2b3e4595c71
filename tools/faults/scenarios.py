"""Make directories of files whose every statement has a visible effect.

Invariant: the rows or the schema show a statement that ran twice, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from schema_migrations.history.directory import rehash
from tools.faults.apps import SIGNAL_TABLE

Engine = Literal["postgresql", "sqlite"]
POSTGRESQL: Engine = "postgresql"
SQLITE: Engine = "sqlite"

NONE, FILE = "-- atlas:txmode none\n\n", "-- atlas:txmode file\n\n"
ROWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A statement of a file."""

    sql: str
    done_queries: tuple[str, ...] = ()
    """Queries, one of which returns a row when the statement has its effect; without
    one, its effect cannot be seen."""
    lock_key: int = 0
    """The key of the advisory lock that the statement takes for a moment; 0: none."""
    is_outside_transaction: bool = False
    """The statement runs only outside of transactions."""
    waits_for_snapshots: bool = False
    """The statement waits for all older snapshots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    name: str
    steps: tuple[Step, ...]
    head: str = ""

    @property
    def version(self) -> str:
        return self.name.partition("_")[0]

    @property
    def text(self) -> str:
        return self.head + "".join(f"{step.sql};\n" for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    name: str
    files: tuple[File, ...]
    mode: str = "file"
    """``--tx-mode``."""
    gives_up_lock: bool = False
    """Its files end the lock of their run."""

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for file in self.files for step in file.steps)

    def write(self, folder: Path) -> Path:
        """Write the directory, and return it."""
        folder.mkdir(parents=True)
        for file in self.files:
            (folder / f"{file.name}.sql").write_text(file.text)
        rehash(folder)
        return folder


def make_scenarios(engine: Engine) -> dict[str, Scenario]:
    """Make every scenario of an engine; return them by name."""
    files = make_files(engine)
    none = [_with_head(file, NONE) for file in files]
    found = [
        Scenario(name="file", files=files),
        Scenario(name="all", files=files, mode="all"),
        Scenario(name="none", files=files, mode="none"),
        Scenario(name="directed", files=(files[0], *none[1:3], files[3])),
        Scenario(
            name="mixed",
            files=(none[0], _with_head(files[1], FILE), none[2], files[3]),
            mode="none",
        ),
        Scenario(name="own", files=(files[0], _make_own_transactions(engine))),
        Scenario(name="outside", files=(*files[:2], _make_outside_statements(engine))),
    ]
    if engine == POSTGRESQL:
        found.append(
            Scenario(
                name="unlocked",
                files=(
                    *map(_with_unlocking, files[:2]),
                    *map(_with_unlocking, none[2:]),
                ),
                gives_up_lock=True,
            )
        )
    return {each.name: each for each in found}


def select_scenarios(
    engine: Engine, names: Collection[str] | None
) -> dict[str, Scenario]:
    """Return the scenarios of these names; all of them without names."""
    known = make_scenarios(engine)
    if unknown := sorted(set(names or ()) - set(known)):
        raise SystemExit(
            f"No scenario is called {unknown[0]}; there are {', '.join(known)}."
        )
    return {name: known[name] for name in known if not names or name in names}


def make_files(engine: Engine) -> tuple[File, ...]:
    """Make four files of schema changes, with changes of rows between them."""
    later = _make_replaced_queries(engine)
    tables = (
        Step(
            sql="CREATE TABLE log (what text NOT NULL)",
            done_queries=_make_existence_query(engine, "log"),
        ),
        Step(
            sql="CREATE TABLE trail (steps text)",
            done_queries=_make_existence_query(engine, "trail"),
        ),
        Step(
            sql="INSERT INTO trail VALUES ('')", done_queries=("SELECT 1 FROM trail",)
        ),
        make_log_step(engine, 104),
        Step(
            sql="CREATE TABLE item (\n    id integer PRIMARY KEY,\n"
            "    n integer NOT NULL,\n    note text\n)",
            done_queries=(*_make_existence_query(engine, "item"), *later),
        ),
        Step(
            sql=f"CREATE TABLE {SIGNAL_TABLE} (what text PRIMARY KEY)",
            done_queries=_make_existence_query(engine, SIGNAL_TABLE),
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
            done_queries=(*_make_existence_query(engine, "item_n"), *later),
        ),
        Step(sql=_make_slow_query(engine)),
        make_log_step(engine, 205),
        make_log_step(engine, 206),
    )
    more = (
        Step(
            sql="CREATE TABLE part (id integer PRIMARY KEY,"
            " item_id integer NOT NULL REFERENCES item (id))",
            done_queries=_make_existence_query(engine, "part"),
        ),
        make_trail_step(402),
        Step(
            sql="INSERT INTO part SELECT id, id FROM item WHERE id % 10 = 0",
            done_queries=("SELECT 1 FROM part",),
        ),
        make_log_step(engine, 404),
        Step(
            sql="CREATE INDEX part_item_id ON part (item_id)",
            done_queries=_make_existence_query(engine, "part_item_id"),
        ),
    )
    return (
        File(name="1_tables", steps=tables),
        File(name="2_rows", steps=rows),
        File(name="3_change", steps=_make_change_steps(engine)),
        File(name="4_more", steps=more),
    )


def make_log_step(engine: Engine, key: int) -> Step:
    """Make a statement that adds a row to ``log``; on PostgreSQL it takes a lock first."""
    waiting = f" FROM pg_advisory_xact_lock_shared({key})"
    return Step(
        sql=f"INSERT INTO log SELECT '{key}'{waiting if engine == POSTGRESQL else ''}",
        done_queries=(f"SELECT 1 FROM log WHERE what = '{key}'",),
        lock_key=key if engine == POSTGRESQL else 0,
    )


def make_trail_step(number: int) -> Step:
    """Make a statement that adds a word to the row of ``trail``, which shows the order."""
    return Step(
        sql=f"UPDATE trail SET steps = steps || '{number} '",
        done_queries=(f"SELECT 1 FROM trail WHERE steps LIKE '%{number} %'",),
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


def _make_own_transactions(engine: Engine) -> File:
    steps = (
        make_trail_step(501),
        Step(sql="BEGIN"),
        make_log_step(engine, 503),
        Step(
            sql="CREATE TABLE own (id integer)",
            done_queries=_make_existence_query(engine, "own"),
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


def _make_outside_statements(engine: Engine) -> File:
    if engine == SQLITE:
        steps: Iterable[Step] = (
            make_trail_step(601),
            Step(sql="VACUUM", is_outside_transaction=True),
            make_log_step(engine, 603),
            Step(sql="VACUUM", is_outside_transaction=True),
            make_trail_step(605),
        )
    else:
        # Before each that waits for snapshots there is one that takes a lock.
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
            Step(
                sql="DROP INDEX CONCURRENTLY item_n",
                done_queries=(
                    "SELECT 1 WHERE to_regclass('item_n') IS NULL"
                    " AND to_regclass('item_one') IS NOT NULL",
                ),
                is_outside_transaction=True,
            ),
            make_log_step(engine, 609),
            Step(
                sql="REINDEX INDEX CONCURRENTLY item_one",
                is_outside_transaction=True,
                waits_for_snapshots=True,
            ),
            make_trail_step(611),
        )
    return File(name="6_outside", steps=tuple(steps), head=NONE)


def _make_concurrent_step(sql: str, index: str) -> Step:
    usable = f"SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('{index}')"
    return Step(
        sql=sql,
        done_queries=(f"{usable} AND indisvalid",),
        is_outside_transaction=True,
        waits_for_snapshots=True,
    )


def _with_unlocking(file: File) -> File:
    """Return the file with a statement in its midst that ends all advisory locks."""
    half = len(file.steps) // 2
    unlock = Step(sql="SELECT pg_advisory_unlock_all()")
    return replace(file, steps=(*file.steps[:half], unlock, *file.steps[half:]))


def _with_head(file: File, head: str) -> File:
    return File(name=file.name, steps=file.steps, head=head)


def _make_existence_query(engine: Engine, name: str) -> tuple[str]:
    if engine == SQLITE:
        return (f"SELECT 1 FROM sqlite_master WHERE name = '{name}'",)
    return (f"SELECT 1 WHERE to_regclass('{name}') IS NOT NULL",)


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
