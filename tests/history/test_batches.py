"""Statements that run in batches: which can, and how they are taken apart."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.batches import (
    BatchedStatement,
    parse_update_or_delete,
    read_batched_statement,
)
from schema_migrations.history.statements import split


def read(text: str) -> BatchedStatement | None:
    (statement,) = split(text, SYNTAX, file="1.sql")
    return read_batched_statement(statement, SYNTAX, file="1.sql")


@pytest.mark.parametrize(
    ("sql", "called", "restricted"),
    [
        ("UPDATE t SET a = 1", "t", "UPDATE t SET a = 1\nWHERE RANGE"),
        (
            "UPDATE t SET a = 1 WHERE a IS NULL OR b",
            "t",
            "UPDATE t SET a = 1 WHERE(a IS NULL OR b\n) AND RANGE",
        ),
        (
            "update t set a = 1 where(b)",
            "t",
            "update t set a = 1 WHERE((b)\n) AND RANGE",
        ),
        (
            "UPDATE t SET a = (SELECT b FROM c WHERE d) WHERE a = 'no WHERE here' -- end",
            "t",
            "UPDATE t SET a = (SELECT b FROM c WHERE d) WHERE(a = 'no WHERE here' -- end"
            "\n) AND RANGE",
        ),
        (
            'UPDATE ONLY "S"."T" AS x SET a = c.b FROM c WHERE c.id = x.id',
            "x",
            'UPDATE ONLY "S"."T" AS x SET a = c.b FROM c WHERE(c.id = x.id\n) AND RANGE',
        ),
        ('UPDATE "S"."T" SET a = 1', '"T"', 'UPDATE "S"."T" SET a = 1\nWHERE RANGE'),
        (
            "DELETE FROM t USING c WHERE c.id = t.id",
            "t",
            "DELETE FROM t USING c WHERE(c.id = t.id\n) AND RANGE",
        ),
    ],
)
def test_a_statement_is_taken_apart(sql: str, called: str, restricted: str) -> None:
    found = parse_update_or_delete(sql, SYNTAX)
    assert found is not None
    assert found.table_reference == called
    assert found.with_condition("RANGE") == restricted


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "INSERT INTO t VALUES (1)",
        "DELETE t",
        "UPDATE t SET a = 1 RETURNING a",
        "WITH c AS (SELECT 1) UPDATE t SET a = 1",
        r"UPDATE t SET a = E'\' WHERE ' WHERE b",
        "UPDATE t SET a = $$ WHERE $$",
        "UPDATE t PARTITION x SET a = 1",
        "UPDATE t AS set SET a = 1",
        "UPDATE t SET (a, b) = (1, 2)",
    ],
)
def test_what_cannot_be_taken_apart_with_certainty_is_left(sql: str) -> None:
    assert parse_update_or_delete(sql, SYNTAX) is None


def test_the_comment_names_the_columns() -> None:
    found = read('-- Fill a\n-- batches: "Id", b\nUPDATE t SET a = 1;')
    assert found is not None
    assert found.columns == ('"Id"', "b")
    assert read("--Batches:id\nUPDATE t SET a = 1;") is not None
    assert read("-- In batches: no\nUPDATE t SET a = 1;") is None
    assert (
        read("-- batches: of beer, each brewed once\nCREATE TABLE b (c int);") is None
    )


@pytest.mark.parametrize(
    ("comment", "sql", "problem", "line"),
    [
        ("-- batches:", "UPDATE t SET a = 1", "names of columns", 2),
        ("-- batches: a b", "UPDATE t SET a = 1", "names of columns", 2),
        ("-- batches: a + 1", "UPDATE t SET a = 1", "names of columns", 2),
        (
            "-- batches: b, A",
            "UPDATE t SET c = 1, a = 2",
            "names a, which the statement",
            2,
        ),
        ("-- batches: a", "SELECT 1", "cannot run in batches", 2),
    ],
)
def test_a_comment_that_cannot_be_obeyed_is_refused(
    comment: str, sql: str, problem: str, line: int
) -> None:
    with pytest.raises(SyntaxProblem, match=problem) as caught:
        read(f"-- What it does\n{comment}\n{sql};")
    assert caught.value.line == line
