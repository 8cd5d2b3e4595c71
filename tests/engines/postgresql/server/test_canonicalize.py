"""Settling prints what the server prints once it has read its own print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg.pq import TransactionStatus

from schema_migrations.engines.postgresql.server.canonicalize import canonicalize
from schema_migrations.schema.model import (
    EMPTY,
    Constraint,
    Definition,
    Index,
    Key,
    Opaque,
    Schema,
    table_key,
)
from tests.engines.postgresql.databases import (
    Database,
    connected,
    database,
    make_everything,
    schema_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.every_postgres

T = table_key("t", "Other")
CHECK = T.constraint("known")
INDEX = Key(kind="index", namespace="Other", name="partial")
DOMAIN = Key(kind="domain", namespace="Other", name="state")
COMPUTED = T.column("computed")
DEFAULTED = T.column("defaulted")

# Everything that prints otherwise the second time, with what depends on it.
RESTLESS = """
    CREATE SCHEMA "Other";
    CREATE DOMAIN "Other".state AS varchar(3)
        CONSTRAINT known CHECK (VALUE IN ('a', 'b'));
    CREATE TABLE "Other".t (
        id integer PRIMARY KEY,
        n varchar(9) CONSTRAINT known CHECK (n IN ('a', 'b')),
        s "Other".state NOT NULL,
        computed boolean GENERATED ALWAYS AS (n IN ('a', 'b')) STORED,
        defaulted boolean DEFAULT ('a'::varchar IN ('a', 'b')),
        during int4range,
        EXCLUDE USING gist (during WITH &&) WHERE (n IN ('a', 'b'))
    );
    CREATE UNIQUE INDEX partial ON "Other".t (id) WHERE n IN ('a', 'b');
    CREATE UNIQUE INDEX whole ON "Other".t (s);
    CREATE TABLE pointing (s "Other".state REFERENCES "Other".t (s));
    CREATE VIEW using_all AS SELECT computed, s, defaulted FROM "Other".t;
    COMMENT ON COLUMN "Other".t.computed IS 'kept';
    COMMENT ON CONSTRAINT known ON "Other".t IS 'kept';
"""


@pytest.fixture
def restless(postgres_settings: dict[str, Any]) -> Iterator[Database]:
    with database(postgres_settings) as connection:
        connection.execute(RESTLESS)
        yield connection


def settled(connection: Database, schema: Schema, *keys: Key) -> Schema:
    return canonicalize(connection.cursor(), schema, frozenset(keys))


def changed(before: Schema, after: Schema) -> set[Key]:
    assert before.by_key.keys() == after.by_key.keys()
    return {key for key, obj in after.by_key.items() if obj != before.get(key)}


@pytest.mark.parametrize("key", [CHECK, INDEX, DOMAIN])
def test_a_settled_print_is_what_its_own_print_prints(
    restless: Database, key: Key
) -> None:
    """And nothing else changes, whatever depends on the object."""
    before = schema_of(restless)
    after = settled(restless, before, key)
    assert changed(before, after) == {key}
    found = after.by_key[key]
    assert isinstance(found, Constraint | Index | Definition)
    assert "'a'::character varying::text" in found.definition


def test_expressions_of_columns(restless: Database) -> None:
    """Column by column, or all of a table; position, comment and null stay."""
    before = schema_of(restless)
    one = settled(restless, before, COMPUTED)
    assert changed(before, one) == {T}
    column = one.get_table(T).get_column("computed")
    assert "'a'::character varying::text" in str(column.generated)
    assert (column.comment, column.position) == ("kept", 4)
    assert one.get_table(T).get_column("defaulted") == before.get_table(T).get_column(
        "defaulted"
    )
    other = settled(restless, before, DEFAULTED)
    both = settled(restless, before, T)
    assert both.get_table(T).columns != other.get_table(T).columns
    assert both == settled(restless, before, COMPUTED, DEFAULTED)


def test_settling_twice_is_settling_once(restless: Database) -> None:
    before = schema_of(restless)
    once = settled(restless, before, *before.by_key)
    assert len(changed(before, once)) == 5
    assert settled(restless, once, *once.by_key) == once


def test_settled_is_what_a_copy_made_of_it_prints(restless: Database) -> None:
    before = schema_of(restless)
    once = settled(restless, before, CHECK)
    constraint = once.by_key[CHECK]
    assert isinstance(constraint, Constraint)
    restless.execute(f"""
        ALTER TABLE "Other".t DROP CONSTRAINT known;
        ALTER TABLE "Other".t ADD CONSTRAINT known {constraint.definition};
    """)
    assert schema_of(restless).by_key[CHECK] == constraint


def test_no_trace_is_left(restless: Database) -> None:
    before = schema_of(restless)
    settled(restless, before, *before.by_key)
    assert restless.info.transaction_status == TransactionStatus.IDLE
    assert schema_of(restless) == before


def test_within_a_transaction_of_the_caller(restless: Database) -> None:
    with restless.transaction(force_rollback=True):
        restless.execute("CREATE TABLE uncommitted (a integer DEFAULT 1)")
        before = schema_of(restless)
        after = settled(restless, before, *before.by_key)
        assert len(changed(before, after)) == 5
        assert schema_of(restless) == before


def test_keys_of_nothing_that_prints_an_expression(restless: Database) -> None:
    """Nothing is sent to the server for them."""
    before = schema_of(restless)
    keys = [T.constraint("t_pkey"), table_key("absent"), table_key("pointing")]
    closed = connected(
        {
            "HOST": restless.info.host,
            "PORT": restless.info.port,
            "USER": restless.info.user,
        },
        "postgres",
    )
    cursor = closed.cursor()
    closed.close()
    assert canonicalize(cursor, before, frozenset(keys)) is before
    assert canonicalize(cursor, EMPTY, frozenset(keys)) is EMPTY


@pytest.mark.parametrize("column", ["(vanished)", "(id, )"])
def test_what_cannot_be_made_anew_stays_and_the_rest_is_settled(
    restless: Database, column: str
) -> None:
    """An index on a column that is not there, say, or what cannot even be parsed."""
    before = schema_of(restless)
    index = before.by_key[INDEX]
    assert isinstance(index, Index)
    broken = Index(
        key=INDEX,
        table=T,
        unique=True,
        definition=index.definition.replace("(id)", column),
    )
    schema = before.replace_objects([], [broken])
    after = settled(restless, schema, INDEX, CHECK)
    assert changed(schema, after) == {CHECK}


def test_an_invalid_index_stays_invalid(restless: Database) -> None:
    before = schema_of(restless)
    index = before.by_key[INDEX]
    assert isinstance(index, Index)
    invalid = Index(
        key=INDEX,
        table=T,
        unique=True,
        definition=f"{index.definition} /* invalid */",
    )
    schema = before.replace_objects([], [invalid])
    assert settled(restless, schema, INDEX) is schema


def test_every_kind_of_object(postgres_settings: dict[str, Any]) -> None:
    """All that can be settled in a full database is, at once and at peace."""
    with database(postgres_settings) as connection:
        make_everything(connection)
        before = schema_of(connection)
        once = settled(connection, before, *before.by_key)
        assert changed(before, once) == {
            table_key("item").constraint("item_status_check")
        }
        assert once.of(Opaque) == before.of(Opaque)
        assert settled(connection, once, *once.by_key) == once
