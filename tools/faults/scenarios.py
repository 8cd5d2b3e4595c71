"""Directories of files whose every statement can be looked for afterwards.

Invariant: a statement that ran twice or not at all shows in the rows or the schema.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schema_migrations.history.directory import rehash
from tools.faults.apps import SIGNALLED

Engine = Literal["postgresql", "sqlite"]
POSTGRESQL: Engine = "postgresql"
SQLITE: Engine = "sqlite"

NONE, FILE = "-- atlas:txmode none\n\n", "-- atlas:txmode file\n\n"
ROWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A statement of a file."""

    sql: str
    done: tuple[str, ...] = ()
    """Queries, one of which gives a row when the statement was run and is in force;
    none: nobody can tell."""
    key: int = 0
    """Of the advisory lock that it takes for a moment; 0: it takes none."""
    outside: bool = False
    """It runs outside a transaction only."""
    concurrent: bool = False
    """It waits for all older snapshots."""


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


def scenarios(engine: Engine) -> dict[str, Scenario]:
    """Return every scenario of an engine by name."""
    files = everyday(engine)
    none = [_headed(file, NONE) for file in files]
    found = [
        Scenario(name="file", files=files),
        Scenario(name="all", files=files, mode="all"),
        Scenario(name="none", files=files, mode="none"),
        Scenario(name="directed", files=(files[0], *none[1:3], files[3])),
        Scenario(
            name="mixed",
            files=(none[0], _headed(files[1], FILE), none[2], files[3]),
            mode="none",
        ),
        Scenario(name="own", files=(files[0], _own_transactions(engine))),
        Scenario(name="outside", files=(*files[:2], _outside(engine))),
    ]
    return {each.name: each for each in found}


def chosen_of(engine: Engine, names: Collection[str] | None) -> dict[str, Scenario]:
    """Return the scenarios of these names; all of them without names."""
    known = scenarios(engine)
    if unknown := sorted(set(names or ()) - set(known)):
        raise SystemExit(
            f"No scenario is called {unknown[0]}; there are {', '.join(known)}."
        )
    return {name: known[name] for name in known if not names or name in names}


def everyday(engine: Engine) -> tuple[File, ...]:
    """Return four files of schema changes with changes of rows between them."""
    later = _replaced_later(engine)
    tables = (
        Step(sql="CREATE TABLE log (what text NOT NULL)", done=_there(engine, "log")),
        Step(sql="CREATE TABLE trail (steps text)", done=_there(engine, "trail")),
        Step(sql="INSERT INTO trail VALUES ('')", done=("SELECT 1 FROM trail",)),
        logged(engine, 104),
        Step(
            sql="CREATE TABLE item (\n    id integer PRIMARY KEY,\n"
            "    n integer NOT NULL,\n    note text\n)",
            done=(*_there(engine, "item"), *later),
        ),
        Step(
            sql=f"CREATE TABLE {SIGNALLED} (what text PRIMARY KEY)",
            done=_there(engine, SIGNALLED),
        ),
    )
    rows = (
        Step(
            sql=f"INSERT INTO item SELECT i, i, 'x' FROM {_series(engine)}",
            done=("SELECT 1 FROM item", *later),
        ),
        trailed(202),
        Step(
            sql="CREATE INDEX item_n ON item (n)",
            done=(*_there(engine, "item_n"), *later),
        ),
        Step(sql=_slow(engine)),
        logged(engine, 205),
        logged(engine, 206),
    )
    more = (
        Step(
            sql="CREATE TABLE part (id integer PRIMARY KEY,"
            " item_id integer NOT NULL REFERENCES item (id))",
            done=_there(engine, "part"),
        ),
        trailed(402),
        Step(
            sql="INSERT INTO part SELECT id, id FROM item WHERE id % 10 = 0",
            done=("SELECT 1 FROM part",),
        ),
        logged(engine, 404),
        Step(
            sql="CREATE INDEX part_item_id ON part (item_id)",
            done=_there(engine, "part_item_id"),
        ),
    )
    return (
        File(name="1_tables", steps=tables),
        File(name="2_rows", steps=rows),
        File(name="3_change", steps=_change(engine)),
        File(name="4_more", steps=more),
    )


def logged(engine: Engine, key: int) -> Step:
    """A row more in ``log``; on PostgreSQL it first waits for whoever holds the key."""
    waiting = f" FROM pg_advisory_xact_lock_shared({key})"
    return Step(
        sql=f"INSERT INTO log SELECT '{key}'{waiting if engine == POSTGRESQL else ''}",
        done=(f"SELECT 1 FROM log WHERE what = '{key}'",),
        key=key if engine == POSTGRESQL else 0,
    )


def trailed(number: int) -> Step:
    """A word more in the one row of ``trail``: order and repetition show."""
    return Step(
        sql=f"UPDATE trail SET steps = steps || '{number} '",
        done=(f"SELECT 1 FROM trail WHERE steps LIKE '%{number} %'",),
    )


def _change(engine: Engine) -> tuple[Step, ...]:
    bumped = "SELECT 1 FROM item WHERE id = 1 AND n = 2"
    if engine == POSTGRESQL:
        return (
            Step(
                sql="ALTER TABLE item ADD COLUMN extra integer NOT NULL DEFAULT 7",
                done=(_column("extra"),),
            ),
            Step(sql="UPDATE item SET n = n + 1", done=(bumped,)),
            logged(engine, 303),
            Step(
                sql="ALTER TABLE item ALTER COLUMN n TYPE bigint",
                done=(_column("n", "bigint"),),
            ),
            trailed(305),
            Step(
                sql="ALTER TABLE item RENAME note TO remark", done=(_column("remark"),)
            ),
            logged(engine, 307),
        )
    made, extra = _replaced_later(engine)
    gone = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'item')"
    again = (
        "SELECT 1 FROM sqlite_master WHERE name = 'item_n' AND EXISTS"
        " (SELECT 1 FROM pragma_table_info('item') WHERE name = 'extra')"
    )
    return (
        Step(
            sql="UPDATE item SET n = n + 1",
            done=(bumped, "SELECT 1 FROM new__item", extra),
        ),
        Step(
            sql="CREATE TABLE new__item (id integer PRIMARY KEY, n bigint NOT NULL,"
            " note text, extra integer NOT NULL DEFAULT 7)",
            done=(made, extra),
        ),
        Step(
            sql="INSERT INTO new__item (id, n, note) SELECT id, n, note FROM item",
            done=("SELECT 1 FROM new__item", extra),
        ),
        Step(sql="DROP TABLE item", done=(f"{gone} AND EXISTS ({made})", extra)),
        Step(sql="ALTER TABLE new__item RENAME TO item", done=(extra,)),
        Step(sql="CREATE INDEX item_n ON item (n)", done=(again,)),
        trailed(307),
        logged(engine, 308),
    )


def _replaced_later(engine: Engine) -> tuple[str, ...]:
    """Return queries that have a row once ``item`` or its index was replaced."""
    if engine == POSTGRESQL:
        return ("SELECT 1 FROM trail WHERE steps LIKE '%607 %'",)
    return (
        "SELECT 1 FROM sqlite_master WHERE name = 'new__item'",
        "SELECT 1 FROM pragma_table_info('item') WHERE name = 'extra'",
    )


def _own_transactions(engine: Engine) -> File:
    steps = (
        trailed(501),
        Step(sql="BEGIN"),
        logged(engine, 503),
        Step(sql="CREATE TABLE own (id integer)", done=_there(engine, "own")),
        trailed(505),
        Step(sql="COMMIT"),
        logged(engine, 507),
        Step(sql="BEGIN"),
        trailed(509),
        Step(sql="INSERT INTO own VALUES (1)", done=("SELECT 1 FROM own",)),
        Step(sql="COMMIT"),
        trailed(512),
    )
    return File(name="5_own", steps=steps, head=NONE)


def _outside(engine: Engine) -> File:
    if engine == SQLITE:
        steps: Iterable[Step] = (
            trailed(601),
            Step(sql="VACUUM", outside=True),
            logged(engine, 603),
            Step(sql="VACUUM", outside=True),
            trailed(605),
        )
    else:
        # Before each that waits for snapshots stands one that can be held by its key.
        steps = (
            logged(engine, 601),
            _concurrently(
                "CREATE INDEX CONCURRENTLY item_one ON item (n, id)", "item_one"
            ),
            logged(engine, 603),
            Step(sql="VACUUM item", outside=True),
            logged(engine, 605),
            _concurrently(
                "CREATE UNIQUE INDEX CONCURRENTLY item_two ON item (id, note)",
                "item_two",
            ),
            trailed(607),
            Step(
                sql="DROP INDEX CONCURRENTLY item_n",
                done=(
                    "SELECT 1 WHERE to_regclass('item_n') IS NULL"
                    " AND to_regclass('item_one') IS NOT NULL",
                ),
                outside=True,
            ),
            logged(engine, 609),
            Step(
                sql="REINDEX INDEX CONCURRENTLY item_one", outside=True, concurrent=True
            ),
            trailed(611),
        )
    return File(name="6_outside", steps=tuple(steps), head=NONE)


def _concurrently(sql: str, index: str) -> Step:
    usable = f"SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('{index}')"
    return Step(
        sql=sql, done=(f"{usable} AND indisvalid",), outside=True, concurrent=True
    )


def _headed(file: File, head: str) -> File:
    return File(name=file.name, steps=file.steps, head=head)


def _there(engine: Engine, name: str) -> tuple[str]:
    if engine == SQLITE:
        return (f"SELECT 1 FROM sqlite_master WHERE name = '{name}'",)
    return (f"SELECT 1 WHERE to_regclass('{name}') IS NOT NULL",)


def _column(name: str, of_type: str = "") -> str:
    query = (
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('item')"
        f" AND attname = '{name}'"
    )
    return query + (f" AND atttypid = '{of_type}'::regtype" if of_type else "")


def _series(engine: Engine) -> str:
    if engine == POSTGRESQL:
        return f"generate_series(1, {ROWS}) AS i"
    return f"({_counting(ROWS)})"


def _slow(engine: Engine) -> str:
    if engine == POSTGRESQL:
        return "SELECT pg_sleep(0.05)"
    return f"SELECT count(*) FROM ({_counting(200_000)})"


def _counting(last: int) -> str:
    return (
        "WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s"
        f" WHERE i < {last}) SELECT i FROM s"
    )
