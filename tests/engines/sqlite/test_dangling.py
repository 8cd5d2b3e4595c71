"""Views and triggers that name what is not there."""

from __future__ import annotations

import sqlite3

import pytest

from schema_migrations.engines.sqlite.dangling import dangling


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE VIEW v AS SELECT a FROM t", ""),
        (
            "CREATE VIEW v AS SELECT gone FROM t",
            "error in view v: no such column: gone",
        ),
        (
            "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT new.gone; END",
            "error in trigger r: no such column: new.gone",
        ),
    ],
)
def test_what_is_broken_is_named_and_no_trace_left(sql: str, said: str) -> None:
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute("CREATE TABLE t (a)")
    database.execute(sql)
    before = list(database.iterdump())

    assert dangling(database.cursor()) == said
    assert list(database.iterdump()) == before
    assert not database.in_transaction
    database.close()
