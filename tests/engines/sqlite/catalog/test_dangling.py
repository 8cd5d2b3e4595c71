"""Views and triggers that name what is not there."""

from __future__ import annotations

import pytest

from schema_migrations.engines.sqlite.catalog.dangling import explain_dangling
from tests.engines.sqlite.databases import database


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
    with database("CREATE TABLE t (a)", sql) as connection:
        before = list(connection.iterdump())
        assert explain_dangling(connection.cursor()) == said
        assert list(connection.iterdump()) == before
        assert not connection.in_transaction
