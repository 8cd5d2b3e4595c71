"""Content of SQLite databases: read in one, written into another."""

from __future__ import annotations

import math
import sqlite3

import pytest

from schema_migrations.engines.sqlite.catalog.content import CONTENT_READER
from schema_migrations.engines.sqlite.ddl.render_content import render_content
from schema_migrations.schema.content import Content, CounterPosition, TableRows
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
        write(connection, Content(counters={KEY: CounterPosition(number=3)}))
        counters = CONTENT_READER.read_counters(connection.cursor())
        assert counters == {KEY: CounterPosition(number=then)}


@pytest.mark.parametrize(
    "value",
    [
        "a\0b",
        "\0",
        "a\r\nb",
        "\r" * 2000,
        "C:\\r\\r0\r",
        "it's\r",
        "\r\0",
        math.inf,
        -math.inf,
        0.1,
        2**62,
        b"\0\r",
        None,
    ],
)
def test_a_value_is_the_same_again(value: object) -> None:
    with database("CREATE TABLE kept (value)") as there:
        there.execute("INSERT INTO kept VALUES (?)", [value])
        table = schema_of(there).get_table(table_key("kept"))
        rows = CONTENT_READER.read_rows(there.cursor(), table, ["value"], ())
    assert "\r" not in rows[0][0]
    with database("CREATE TABLE kept (value)") as here:
        content = TableRows(table=table.key, columns=("value",), rows=rows)
        write(here, Content(tables=(content,)))
        assert here.execute("SELECT value FROM kept").fetchall() == [(value,)]
