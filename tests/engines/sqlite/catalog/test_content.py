"""Content of SQLite databases: read in one, written into another."""

from __future__ import annotations

import sqlite3

import pytest

from schema_migrations.engines.sqlite.catalog.content import CONTENT_READER
from schema_migrations.engines.sqlite.ddl.render_content import render_content
from schema_migrations.schema.content import Content, Count
from schema_migrations.schema.model import table_key
from tests.engines.sqlite.databases import database, schema_of

COUNTED = "CREATE TABLE counted (id integer PRIMARY KEY AUTOINCREMENT, name text)"
KEY = table_key("counted")


def write(connection: sqlite3.Connection, content: Content) -> None:
    for _, sql in render_content(schema_of(connection), content):
        connection.execute(sql)


@pytest.mark.parametrize(("here", "then"), [(0, 3), (2, 3), (3, 3), (5, 5)])
def test_a_counter_is_set_forward_only(here: int, then: int) -> None:
    with database(COUNTED) as connection:
        for _ in range(here):
            connection.execute("INSERT INTO counted (name) VALUES ('mine')")
        write(connection, Content(counters={KEY: Count(number=3)}))
        counters = CONTENT_READER.read_counters(connection.cursor())
        assert counters == {KEY: Count(number=then)}
