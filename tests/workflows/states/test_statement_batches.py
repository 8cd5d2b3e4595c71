"""Many statements in few messages: the same is done, and the same is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import StatementFailed
from schema_migrations.history.file import MigrationFile
from schema_migrations.workflows.states.replay import replay
from schema_migrations.workflows.states.statement_batches import (
    MOST_IN_TRANSACTION,
    MOST_JOINED,
    Batch,
    split_into_batches,
    split_transaction,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.connection import Connection

ENGINE = engine_for("postgresql")
TEMPORARY = "CREATE TABLE pg_temp.x (id integer) ON COMMIT DROP"
ROW = "INSERT INTO t0 VALUES (1)"


def make_tables(count: int) -> list[str]:
    return [f"CREATE TABLE t{n} (id integer)" for n in range(count)]


def cut(statements: list[str], vendor: str = "postgresql") -> list[Batch[str]]:
    return split_into_batches(engine_for(vendor), statements, str)


@pytest.fixture
def scratch(postgres_settings: dict[str, Any]) -> Iterator[Connection]:
    make = ENGINE.dev_server.create_scratch_database
    with make(postgres_settings, "default") as connection:
        yield connection


def test_statements_keep_their_order() -> None:
    statements = [*make_tables(3), ROW, ROW, *make_tables(MOST_JOINED + 1)]
    batches = cut(statements)
    assert [len(b.statements) for b in batches] == [3, 1, 1, MOST_JOINED, 1]
    assert [b.only_defines for b in batches] == [True, False, False, True, True]
    assert [sql for b in batches for sql in b.statements] == statements


def test_nothing_is_joined_where_a_message_costs_nothing() -> None:
    assert [len(b.statements) for b in cut(make_tables(3), "sqlite")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("statements", "parts"),
    [
        ([], 1),
        ([*make_tables(MOST_IN_TRANSACTION), TEMPORARY], 1),
        (make_tables(MOST_IN_TRANSACTION), 1),
        (make_tables(MOST_IN_TRANSACTION + 1), 2),
        ([*make_tables(MOST_IN_TRANSACTION), ROW], 1),
    ],
)
def test_only_definitions_are_split_into_transactions(
    scratch: Connection, statements: list[str], parts: int
) -> None:
    batches = cut(statements)
    found = list(split_transaction(ENGINE, scratch, batches))
    assert len(found) == parts
    assert [batch for part in found for batch in part] == batches


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE FUNCTION f() RETURNS integer LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
        "CREATE FUNCTION f() RETURNS integer LANGUAGE sql RETURN 1",
    ],
)
@pytest.mark.parametrize("is_sealed", [False, True])
def test_functions_of_the_database_may_see_a_commit(
    postgres_settings: dict[str, Any], sql: str, *, is_sealed: bool
) -> None:
    assert ENGINE.dev_server.seal is not None
    engine = ENGINE.dev_server.seal(ENGINE) if is_sealed else ENGINE
    batches = cut(make_tables(MOST_IN_TRANSACTION + 1))
    make = engine.dev_server.create_scratch_database
    with make(postgres_settings, "default") as scratch:
        assert len(list(split_transaction(engine, scratch, batches))) == 2
        engine.executor.execute(scratch, sql)
        assert len(list(split_transaction(engine, scratch, batches))) == 1


@pytest.mark.parametrize("may_split", [False, True])
def test_the_statement_that_is_refused_is_named(
    scratch: Connection, *, may_split: bool
) -> None:
    tables = make_tables(MOST_IN_TRANSACTION + 2)
    tables[-1] = tables[0]
    file = MigrationFile(name="1.sql", content=";\n".join([*tables, ""]).encode())
    with pytest.raises(StatementFailed) as caught:
        replay(ENGINE, scratch, [file], may_split=may_split)
    error = caught.value
    assert (error.file, error.line) == ("1.sql", len(tables))
    assert error.server_message == 'relation "t0" already exists'
    left = ENGINE.executor.list_tables(scratch, "public")
    assert len(left) == (MOST_IN_TRANSACTION if may_split else 0)
