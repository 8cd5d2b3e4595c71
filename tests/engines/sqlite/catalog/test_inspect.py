from __future__ import annotations

import sqlite3
from typing import Any

from schema_migrations.engines.sqlite.catalog.inspect import (
    CATALOG_QUERY,
    CatalogRow,
    assemble_schema,
    inspect,
)
from schema_migrations.engines.sqlite.catalog.traits import TRIGGER, VIEW
from schema_migrations.schema.model import (
    EMPTY,
    ForeignKey,
    Key,
    Opaque,
    Table,
    table_key,
)
from tests.engines.sqlite.databases import database, made_by, schema_of

A, B = table_key("a"), table_key("b")


def opaque(kind: str, name: str) -> Key:
    return Key(kind="opaque", name=name, part=kind)


def test_an_empty_database_is_the_empty_schema() -> None:
    assert made_by() == EMPTY


def test_tables_of_sqlite_and_of_migration_tools_are_not_seen() -> None:
    schema = made_by(
        "CREATE TABLE a (id integer PRIMARY KEY AUTOINCREMENT, b int UNIQUE)",
        "INSERT INTO a VALUES (1, 1)",
        "ANALYZE",
        "CREATE TABLE atlas_schema_revisions (version text)",
        "CREATE INDEX of_revisions ON atlas_schema_revisions (version)",
        "CREATE TABLE django_migrations (id integer)",
        "CREATE TEMP TABLE passing (a)",
    )
    assert [table.key for table in schema.of(Table)] == [A]
    assert {obj.key.kind for obj in schema} == {"table", "constraint"}


def test_views_and_triggers_are_carried_in_full() -> None:
    schema = made_by(
        "CREATE TABLE a (id int)",
        "CREATE TABLE b (id int)",
        "CREATE VIEW IF NOT EXISTS v AS\n  select * FROM A -- all",
        """CREATE TRIGGER t AFTER INSERT ON a BEGIN
             update b SET id = CASE WHEN 1 THEN 2 END; DELETE FROM a; END""",
        "CREATE TRIGGER i INSTEAD OF DELETE ON v BEGIN SELECT 1; END",
    )
    view = Opaque(
        key=opaque("view", "v"),
        trait=VIEW,
        definition="CREATE VIEW v AS SELECT * FROM A",
        drop_sql='DROP VIEW "v"',
    )
    trigger = Opaque(
        key=opaque("trigger", "t"),
        trait=TRIGGER,
        definition=(
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n"
            "  UPDATE b SET id = CASE WHEN 1 THEN 2 END;\n"
            "  DELETE FROM a;\n"
            "END"
        ),
        owner=A,
        drop_sql='DROP TRIGGER "t"',
    )
    found = {obj.key.name: obj for obj in schema.of(Opaque)}
    assert (found["v"], found["t"]) == (view, trigger)
    assert found["v"].needs == {A}
    assert found["t"].needs == {A, B}
    assert found["i"].owner is None
    assert found["i"].needs == {view.key}


def test_a_virtual_table_hides_the_tables_it_is_made_of() -> None:
    schema = made_by(
        "CREATE VIRTUAL TABLE words USING fts5(body, tokenize = 'porter  ascii')",
        "CREATE TABLE words_of_ours (a)",
        "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1)",
    )
    assert [obj.key.name for obj in schema] == ["box", "words", "words_of_ours"]
    words = schema.by_key[opaque("virtual table", "words")]
    assert isinstance(words, Opaque)
    assert words.definition == (
        "CREATE VIRTUAL TABLE words USING fts5(body, tokenize = 'porter  ascii')"
    )
    assert words.drop_sql == 'DROP TABLE "words"'


def test_an_older_sqlite_tells_shadow_tables_by_their_names() -> None:
    rows = [
        CatalogRow("table", "w", "w", "CREATE VIRTUAL TABLE w USING fts5(a)"),
        CatalogRow("table", "w_data", "w_data", "CREATE TABLE 'w_data'(id, block)"),
        CatalogRow("table", "w_mine", "w_mine", "CREATE TABLE w_mine(id)"),
    ]
    assert [obj.key.name for obj in assemble_schema(rows)] == ["w", "w_mine"]
    assert len(assemble_schema(rows, shadows=["w_mine"])) == 1


class OldCursor:
    """SQLite before 3.37 has no ``pragma_table_list``."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self.cursor = cursor
        self.queries: list[str] = []

    def execute(self, query: str) -> None:
        self.queries.append(query)
        assert "pragma_table_list" not in query
        self.cursor.execute(query.replace("sqlite_version()", "'3.31.1'"))

    def __getattr__(self, name: str) -> object:
        return getattr(self.cursor, name)


def test_a_row_has_a_field_for_each_column() -> None:
    with database() as connection:
        columns = connection.execute(CATALOG_QUERY).description
    assert tuple(name for name, *_ in columns) == CatalogRow._fields


def test_the_number_of_queries_is_constant() -> None:
    made = (f"CREATE TABLE t{i} (a int UNIQUE)" for i in range(50))
    queries: list[str] = []
    with database(*made) as connection:
        connection.set_trace_callback(queries.append)
        assert len(schema_of(connection)) == 100
        # SQLite reports the pragma inside a query as a comment of its own.
        assert len([q for q in queries if not q.startswith("--")]) == 3
        old: Any = OldCursor(connection.cursor())
        assert inspect(old) == schema_of(connection)


def test_references_in_a_circle_need_less_than_a_circle() -> None:
    schema = made_by(
        "CREATE TABLE a (id integer PRIMARY KEY, b int REFERENCES b, own REFERENCES a)",
        "CREATE TABLE b (id integer PRIMARY KEY, c int REFERENCES c)",
        "CREATE TABLE c (id integer PRIMARY KEY, a int REFERENCES a, d REFERENCES d)",
        "CREATE TABLE d (id integer PRIMARY KEY)",
    )
    needs = [
        (fk.table.name, need.name) for fk in schema.of(ForeignKey) for need in fk.needs
    ]
    assert ("c", "d") in needs
    assert len(needs) == 3


def test_a_reference_to_a_missing_table_needs_nothing() -> None:
    (reference,) = made_by("CREATE TABLE a (x REFERENCES Nowhere)").of(ForeignKey)
    assert reference.definition == 'FOREIGN KEY ("x") REFERENCES "Nowhere"'
    assert reference.referenced_table == table_key("Nowhere")
    assert not reference.needs
