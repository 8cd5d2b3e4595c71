from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from django.db import connections

from schema_migrations.engines.sqlite.server.scratch import create_scratch_database


def names(cursor: sqlite3.Cursor) -> list[str]:
    cursor.execute("SELECT name FROM sqlite_master")
    return [name for (name,) in cursor.fetchall()]


@pytest.mark.parametrize("alias", ["default", "not configured"])
def test_a_scratch_database_is_empty_and_of_its_own(alias: str) -> None:
    with (
        create_scratch_database({}, alias) as one,
        create_scratch_database({}, alias) as other,
    ):
        assert (one.alias, one.vendor) == (alias, "sqlite")
        with one.cursor() as cursor:
            cursor.execute("CREATE TABLE a (id int)")
            assert names(cursor) == ["a"]
        with other.cursor() as cursor:
            assert names(cursor) == []


def test_the_projects_own_connection_is_not_touched() -> None:
    own = connections["default"]
    before = own.settings_dict["NAME"], own.connection
    with create_scratch_database(own.settings_dict, "default") as connection:
        assert connection is not own
        assert type(connection) is type(own)
    assert (own.settings_dict["NAME"], own.connection) == before


def test_the_schema_editor_accepts_it() -> None:
    with create_scratch_database({}, "default") as connection:
        with connection.schema_editor(atomic=False) as editor:
            editor.execute("CREATE TABLE a (id int)", params=None)
        with connection.cursor() as cursor:
            assert names(cursor) == ["a"]


def test_the_database_is_gone_at_the_end_also_after_an_error() -> None:
    seen: list[Any] = []

    def fail() -> None:
        with create_scratch_database({}, "default") as connection:
            seen.extend([connection, connection.connection])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    connection, raw = seen
    assert connection.connection is None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        raw.execute("SELECT 1")
