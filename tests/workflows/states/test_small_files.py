"""Small files in one transaction: the same is done, and the same is said, as of each alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.engine import Engine
from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.history.file import MigrationFile
from schema_migrations.workflows.states.replay import replay
from schema_migrations.workflows.states.small_files import (
    MOST_BYTES,
    MOST_STATEMENTS,
    run_together,
    take_small_files,
)
from schema_migrations.workflows.states.state import inspect_database

ENGINE = engine_for("postgresql")


def make_files(*texts: str) -> list[MigrationFile]:
    return [
        MigrationFile(name=f"{number}_f.sql", content=text.encode())
        for number, text in enumerate(texts, 1)
    ]


@contextmanager
def open_scratch(
    settings: dict[str, Any], *, is_sealed: bool = False
) -> Iterator[tuple[Engine, Connection]]:
    assert ENGINE.dev_server.seal is not None
    engine = ENGINE.dev_server.seal(ENGINE) if is_sealed else ENGINE
    with engine.dev_server.create_scratch_database(settings, "default") as connection:
        yield engine, connection


def count_taken(*texts: str, start: int = 0) -> int:
    return len(take_small_files(ENGINE, make_files(*texts), start, "file"))


TABLE = "CREATE TABLE t{} (id integer);"
TABLES = [TABLE.format(number) for number in range(4)]


@pytest.mark.parametrize(
    "other",
    [
        "-- atlas:txmode none\n\nCREATE TABLE x (id integer);",
        "INSERT INTO t0 VALUES (1);",
        "SET search_path = x;",
        "CREATE TABLE x (id integer); SELECT 1;",
        "CREATE TABLE x (name text DEFAULT 'open);",
        f"CREATE TABLE x (id integer); -- {'x' * MOST_BYTES}",
    ],
)
def test_what_does_more_than_define_is_by_itself(other: str) -> None:
    assert count_taken(*TABLES[:3], other, *TABLES[3:]) == 3
    assert count_taken(other, *TABLES) == 0
    assert count_taken(TABLES[0], other, *TABLES[1:]) == 0
    assert count_taken(other, *TABLES, start=1) == 4


def test_comments_alone_are_no_hindrance() -> None:
    assert count_taken("-- nothing yet\n", *TABLES) == 5


def test_a_transaction_does_not_grow_without_end() -> None:
    assert count_taken(*TABLES, *[TABLES[0]] * MOST_STATEMENTS) == MOST_STATEMENTS


def test_nothing_is_together_on_sqlite() -> None:
    assert take_small_files(engine_for("sqlite"), make_files(*TABLES), 0, "file") == []


HISTORY = (
    *TABLES,
    "CREATE TYPE mood AS ENUM ('glad');",
    "ALTER TYPE mood ADD VALUE 'sad';",
    "CREATE TABLE felt (mood mood DEFAULT 'sad');",  # only after a commit
    "INSERT INTO t0 VALUES (1), (2);",
    "ALTER TABLE t0 ADD CONSTRAINT few CHECK (id < 9);",
    "-- atlas:txmode none\n\nCREATE INDEX CONCURRENTLY by_id ON t0 (id);",
    "CREATE SCHEMA other; CREATE VIEW v AS SELECT id FROM t0;",
    "CREATE TABLE other.t (id integer);",
    "COMMENT ON TABLE t1 IS 'x; y';",
)  # fmt: skip


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_history_makes_the_same(
    postgres_settings: dict[str, Any], *, is_sealed: bool
) -> None:
    files = make_files(*HISTORY)
    found = []
    for may_split in (False, True):
        with open_scratch(postgres_settings, is_sealed=is_sealed) as (engine, scratch):
            said: list[str] = []
            replay(
                engine,
                scratch,
                files,
                may_split=may_split,
                report_progress=said.append,
            )
            assert said[-1].startswith("replay: file 1")
            found.append(inspect_database(engine, scratch))
    assert found[0] == found[1]


REFUSED = {
    "a definition": (*TABLES, TABLES[0], "CREATE TABLE later (id integer);"),
    "the first": ("CREATE TABLE x (id nothing);", *TABLES),
    "not the syntax of a later one": (*TABLES, TABLES[1], "CREATE TABLE x ('open);"),
    "the syntax of the first": ("CREATE TABLE x ('open);", *TABLES, TABLES[1]),
    "a second statement": (*TABLES, "CREATE TABLE x (id integer);\n\nCREATE TABLE x ();"),
}  # fmt: skip


@pytest.mark.parametrize("is_sealed", [False, True])
@pytest.mark.parametrize("texts", REFUSED.values(), ids=REFUSED)
def test_the_same_is_refused_in_the_same_words(
    postgres_settings: dict[str, Any], texts: tuple[str, ...], *, is_sealed: bool
) -> None:
    said = []
    for may_split in (False, True):
        with open_scratch(postgres_settings, is_sealed=is_sealed) as (engine, scratch):
            with pytest.raises(SchemaMigrationsError) as caught:
                replay(engine, scratch, make_files(*texts), may_split=may_split)
            said.append(caught.value.message)
    assert said[0] == said[1]
    assert "_f.sql" in said[0]


def test_what_is_refused_together_leaves_nothing(
    postgres_settings: dict[str, Any],
) -> None:
    with open_scratch(postgres_settings) as (engine, scratch):
        assert not run_together(engine, scratch, [[TABLES[0]], [TABLES[1]], ["NO"]])
        assert not list(inspect_database(engine, scratch))
        assert run_together(engine, scratch, [[TABLES[0]], [], [TABLES[1]]])
        assert len(inspect_database(engine, scratch)) == 2
