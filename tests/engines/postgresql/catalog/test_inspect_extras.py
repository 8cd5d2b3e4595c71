"""What needs a server built with ICU or contrib: collations, extensions, their members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from schema_migrations.schema.model import (
    Column,
    Definition,
    Index,
    Key,
    Opaque,
    Table,
    table_key,
)
from tests.engines.postgresql.databases import Database, database, schema_of
from tests.fixtures.skips import skip_missing

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def connection(postgres_settings: dict[str, Any]) -> Iterator[Database]:
    with database(postgres_settings) as opened:
        yield opened


@pytest.fixture
def icu(connection: Database) -> Database:
    if not connection.execute(
        "SELECT 1 FROM pg_collation WHERE collprovider = 'i'"
    ).fetchone():
        skip_missing("PostgreSQL with ICU")
    return connection


@pytest.fixture
def contrib(connection: Database) -> Database:
    try:
        connection.execute("CREATE EXTENSION citext; CREATE EXTENSION pg_trgm")
    except psycopg.errors.FeatureNotSupported:
        skip_missing("PostgreSQL with contrib")
    return connection


def test_icu_collations(icu: Database) -> None:
    """The locale is found in whichever catalog column this major keeps it."""
    icu.execute("""
        CREATE COLLATION ignoring_case
            (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE t (a text COLLATE ignoring_case, b text COLLATE "de-x-icu", c text);
    """)
    schema = schema_of(icu)
    key = Key(kind="collation", name="ignoring_case")
    expected = "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
    assert schema.by_key[key] == Definition(key=key, definition=expected)
    table = schema.get_table(table_key("t"))
    assert [column.collation for column in table.columns_in_order] == [
        "ignoring_case",
        '"de-x-icu"',
        None,
    ]
    assert table.needs == {key}


def test_extensions_stand_for_their_members(contrib: Database) -> None:
    """No member is listed; who uses one needs the extension, through arrays as well."""
    contrib.execute("""
        CREATE TABLE t (a citext DEFAULT 'x', b citext[], c text);
        CREATE INDEX i ON t USING gin (c gin_trgm_ops);
    """)
    schema = schema_of(contrib)
    citext, trgm = (Key(kind="extension", name=name) for name in ("citext", "pg_trgm"))
    assert {obj.key for obj in schema if not isinstance(obj, Table)} == {
        citext,
        trgm,
        Key(kind="index", name="i"),
    }
    assert schema.by_key[citext] == Definition(key=citext, definition="")
    assert schema.get_table(table_key("t")).get_column("a") == Column(
        name="a", type="citext", default="'x'::citext"
    )
    assert schema.get_table(table_key("t")).get_column("b").needs == {citext}
    index = schema.by_key[Key(kind="index", name="i")]
    assert isinstance(index, Index)
    assert index.definition == "USING gin (c gin_trgm_ops)"
    assert index.needs == {trgm, table_key("t").column("c")}


def test_an_extension_in_a_schema_of_its_own(contrib: Database) -> None:
    """It needs that schema; what it holds is qualified whatever the search path."""
    contrib.execute("""
        CREATE SCHEMA tools;
        ALTER EXTENSION citext SET SCHEMA tools;
        CREATE TABLE t (a tools.citext);
    """)
    schema = schema_of(contrib)
    citext = Key(kind="extension", name="citext")
    assert schema.by_key[citext].needs == {Key(kind="namespace", name="tools")}
    assert schema.get_table(table_key("t")).get_column("a").type == "tools.citext"
    contrib.execute("SET search_path = public, tools")
    assert schema_of(contrib) == schema


def test_a_table_given_to_an_extension_is_no_longer_seen(contrib: Database) -> None:
    """With all that stands on it; a trigger on it and a key to it follow."""
    contrib.execute("""
        CREATE TABLE taken (id serial PRIMARY KEY, a text CHECK (a <> ''));
        CREATE INDEX taken_a ON taken (a);
        COMMENT ON INDEX taken_a IS 'hidden';
        ALTER TABLE taken SET (fillfactor = 50);
        CREATE TABLE pointing (taken integer REFERENCES taken);
        ALTER EXTENSION citext ADD TABLE taken;
    """)
    schema = schema_of(contrib)
    assert [table.key.name for table in schema.of(Table)] == ["pointing"]
    assert schema.of(Index) == ()
    assert schema.of(Opaque) == ()
    key = Key(kind="constraint", name="pointing", part="pointing_taken_fkey")
    assert Key(kind="extension", name="citext") in schema.by_key[key].needs
