"""A copy of a schema on a scratch database is read back, and is equal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import CopyDiffers
from schema_migrations.schema.model import EMPTY, Table, table_key
from schema_migrations.workflows.states.replay import load_sql
from schema_migrations.workflows.states.state import copy_schema, inspect_database
from tests.engines.postgresql.databases import database, make_everything, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.engine import Engine

VENDORS = ("postgresql", "sqlite")
BOOKS = """
CREATE TABLE book (id integer PRIMARY KEY, year integer, CONSTRAINT year_known CHECK (year > 0));
CREATE UNIQUE INDEX by_year ON book (year);
"""


@pytest.fixture(params=VENDORS)
def engine(request: pytest.FixtureRequest) -> Engine:
    return engine_for(request.param)


@pytest.fixture
def scratch(engine: Engine, request: pytest.FixtureRequest) -> Iterator[Connection]:
    settings: dict[str, Any] = {}
    if engine.vendor == "postgresql":
        settings = request.getfixturevalue("postgres_settings")
    with engine.dev_server.create_scratch_database(settings, "default") as connection:
        yield connection


def test_a_copy_is_as_the_server_reads_it_back(
    engine: Engine, scratch: Connection
) -> None:
    load_sql(engine, scratch, BOOKS, file="books")
    books = inspect_database(engine, scratch)
    for statement in ("DROP TABLE book",):
        engine.executor.execute(scratch, statement)
    assert inspect_database(engine, scratch) == EMPTY
    assert copy_schema(engine, scratch, books) == books


def test_a_copy_that_came_out_otherwise_is_an_error(
    engine: Engine, scratch: Connection
) -> None:
    """No column has the type that this schema says: servers print it in another way."""
    load_sql(engine, scratch, BOOKS, file="books")
    books = inspect_database(engine, scratch)
    engine.executor.execute(scratch, "DROP TABLE book")
    table = books.get_table(table_key("book"))
    printed = "int4" if engine.vendor == "postgresql" else "INT EGER"
    odd = replace(
        table,
        columns=tuple(
            replace(c, type=printed) if c.name == "year" else c for c in table.columns
        ),
    )
    with pytest.raises(CopyDiffers) as raised:
        copy_schema(engine, scratch, books.replace_objects((), [odd]))
    (difference,) = raised.value.differences
    assert difference.startswith("different: column year of book: ")


def test_a_copy_without_an_object_is_an_error(
    engine: Engine, scratch: Connection
) -> None:
    """A table that is there already is not of the copy."""
    load_sql(engine, scratch, BOOKS, file="books")
    with pytest.raises(CopyDiffers) as raised:
        copy_schema(engine, scratch, EMPTY)
    assert raised.value.differences == ("surplus: table book",)
    assert "surplus: table book" in str(raised.value.message)
    assert isinstance(inspect_database(engine, scratch).get(table_key("book")), Table)


@pytest.mark.every_postgres
def test_an_object_of_every_kind_is_copied(postgres_settings: dict[str, Any]) -> None:
    engine = engine_for("postgresql")
    with database(postgres_settings) as live:
        make_everything(live)
        everything = schema_of(live)
    with engine.dev_server.create_scratch_database(
        postgres_settings, "default"
    ) as scratch:
        copy_schema(engine, scratch, everything)


@pytest.mark.every_postgres
def test_functions_are_copied_whatever_they_name(
    postgres_settings: dict[str, Any],
) -> None:
    """One names what is gone, and two name each other."""
    engine = engine_for("postgresql")
    with database(postgres_settings) as live:
        live.execute(
            "SET check_function_bodies = off;"
            "CREATE FUNCTION z() RETURNS integer LANGUAGE sql AS 'SELECT a FROM gone';"
            "CREATE FUNCTION a() RETURNS integer LANGUAGE sql AS 'SELECT b()';"
            "CREATE FUNCTION b() RETURNS integer LANGUAGE sql AS 'SELECT a()'"
        )
        functions = schema_of(live)
    with engine.dev_server.create_scratch_database(
        postgres_settings, "default"
    ) as scratch:
        assert copy_schema(engine, scratch, functions) == functions
        with scratch.cursor() as cursor:
            cursor.execute("SHOW check_function_bodies")
            assert cursor.fetchone() == ("on",)
