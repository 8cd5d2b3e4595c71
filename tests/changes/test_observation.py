"""The server says what it does for a statement, and each version says it alike."""

from __future__ import annotations

from typing import Any

import pytest

from schema_migrations.plan.plan import Plan, Statement
from tests.changes.observation import Observation, observe_plan
from tests.fixtures.postgresql import connect_as_administrator

TABLES = """
CREATE TABLE author (id integer PRIMARY KEY);
CREATE TABLE book (id integer PRIMARY KEY, pages integer, author integer);
INSERT INTO author VALUES (1);
INSERT INTO book VALUES (1, 2, 1);
"""


def observe(database: dict[str, Any], *statements: str, part: int = 0) -> Observation:
    """Return what was seen of the last statement."""
    plan = Plan(
        changes=(),
        statements=tuple(
            Statement(sql=sql, comment="", part=part) for sql in statements
        ),
    )
    with connect_as_administrator(database, database["NAME"]) as connection:
        connection.execute(TABLES)
        return list(observe_plan(connection, plan))[-1]


@pytest.mark.every_postgres
@pytest.mark.parametrize(
    ("sql", "work", "locks"),
    [
        ("CREATE INDEX i ON book (pages)", "building index", {"ShareLock"}),
        (
            "ALTER TABLE book ADD CHECK (pages > 0)",
            "verifying",
            {"AccessExclusiveLock"},
        ),
        (
            "ALTER TABLE book ALTER pages SET NOT NULL",
            "verifying",
            {"AccessExclusiveLock"},
        ),
        (
            "ALTER TABLE book ALTER pages TYPE bigint",
            "rewriting",
            {"AccessExclusiveLock", "ShareLock"},
        ),
        (
            "ALTER TABLE book ADD FOREIGN KEY (author) REFERENCES author",
            "validating foreign key",
            {"ShareRowExclusiveLock"},
        ),
    ],
)
def test_what_takes_long_is_seen(
    sql: str, work: str, locks: set[str], pg_database: dict[str, Any]
) -> None:
    found = observe(pg_database, sql)
    assert work in found.work
    assert {lock for _, lock in found.locked} == locks
    assert found.stops_others


@pytest.mark.every_postgres
@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE book ADD price integer DEFAULT 1 NOT NULL",
        "ALTER TABLE book ADD CHECK (pages > 0) NOT VALID",
        "CREATE TABLE shelf (id integer PRIMARY KEY)",
    ],
)
def test_what_is_quick_does_no_work(sql: str, pg_database: dict[str, Any]) -> None:
    assert observe(pg_database, sql).work == ()


@pytest.mark.every_postgres
def test_a_lock_is_held_until_the_transaction_ends(pg_database: dict[str, Any]) -> None:
    statements = (
        "ALTER TABLE book ADD CONSTRAINT c CHECK (pages > 0) NOT VALID",
        "ALTER TABLE book VALIDATE CONSTRAINT c",
    )
    together = observe(pg_database, *statements)
    assert together.work == ("verifying",)
    assert ("book", "AccessExclusiveLock") in together.locked


@pytest.mark.every_postgres
@pytest.mark.parametrize(
    ("statements", "work"),
    [
        (
            (
                "ALTER TABLE book ADD CONSTRAINT c CHECK (pages > 0) NOT VALID",
                "ALTER TABLE book VALIDATE CONSTRAINT c",
            ),
            "verifying",
        ),
        (("CREATE INDEX CONCURRENTLY i ON book (pages)",), "building index"),
        (('UPDATE "book" SET pages = 1',), "updating rows"),
    ],
)
def test_work_by_itself_stops_nobody(
    statements: tuple[str, ...], work: str, pg_database: dict[str, Any]
) -> None:
    alone = observe(pg_database, *statements, part=1)
    assert set(alone.work) == {work}
    assert not alone.stops_others
