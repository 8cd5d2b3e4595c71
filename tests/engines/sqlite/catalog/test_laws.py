"""Laws over generated pairs of schemas: planned, carried out, read back."""

from __future__ import annotations

import sqlite3

from hypothesis import given, settings
from hypothesis import strategies as st

from schema_migrations.engines.sqlite.syntax import SYNTAX
from schema_migrations.history.statements import split
from tests.engines.sqlite.databases import (
    database,
    made_by,
    plan,
    recreated,
    rows,
    run,
    schema_of,
)
from tests.laws.evolve import evolve

TABLES = ("s", "t", "Two words")
FACTS = [
    *("", " NOT NULL DEFAULT 1", " DEFAULT (1 + 1)", " COLLATE NOCASE"),
    *(" UNIQUE", " CONSTRAINT own UNIQUE", " CHECK ({c} <> 'x' OR {c} IS NULL)"),
    *(' REFERENCES "{t}"', ' REFERENCES "{t}" ON DELETE CASCADE'),
    ' CONSTRAINT fk REFERENCES "{t}" DEFERRABLE INITIALLY DEFERRED',
]
COMPUTED = ["", "g AS (id + 1)", "g AS (id + 1) STORED", "g int NOT NULL AS (- id)"]
BELOW = ["", "UNIQUE (id, a)", "CONSTRAINT low CHECK (id < 100)", "CHECK (a <> 'x')"]
KEYS = [
    "integer PRIMARY KEY",
    "integer PRIMARY KEY AUTOINCREMENT",
    "int NOT NULL UNIQUE",
]


@st.composite
def table(draw: st.DrawFn, name: str, names: list[str]) -> str:
    columns = [f"id {draw(st.sampled_from(KEYS))}", "a int"]
    for column in draw(st.permutations(["b", "c D", "e"]))[: draw(st.integers(0, 3))]:
        type_ = draw(st.sampled_from(["int", "text", "varchar(10)", ""]))
        facts = draw(st.sampled_from(FACTS)).format(
            c=f'"{column}"', t=draw(st.sampled_from(names))
        )
        columns.append(f'"{column}" {type_}{facts}')
    columns.append(draw(st.sampled_from(COMPUTED)))
    shuffled = draw(st.permutations([c for c in columns if c]))
    below = draw(st.sampled_from(BELOW))
    return f'CREATE TABLE "{name}" ({", ".join([*shuffled, *filter(None, [below])])})'


@st.composite
def schema(draw: st.DrawFn) -> tuple[str, ...]:
    """Statements of a schema; every table has the columns ``id`` and ``a``."""
    names = draw(st.lists(st.sampled_from(TABLES), unique=True, max_size=3))
    made = [draw(table(name, names)) for name in names]
    for name in names:
        made += draw(
            st.lists(
                st.sampled_from(
                    [
                        f'CREATE INDEX "{name} i" ON "{name}" (a, id DESC)',
                        f'CREATE UNIQUE INDEX "{name} u" ON "{name}" (id) WHERE a > 0',
                        f'CREATE VIEW "{name} v" AS SELECT id, a FROM "{name}"',
                        f'CREATE TRIGGER "{name} r" AFTER DELETE ON "{name}" '
                        f'BEGIN UPDATE "{names[0]}" SET a = 0; END',
                    ]
                ),
                unique=True,
            )
        )
    return tuple(made)


def tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return every table with the columns that can be written."""
    found: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c"
        " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    ):
        found.setdefault(table, []).append(column)
    return found


def columns_of(made: tuple[str, ...]) -> dict[str, list[str]]:
    with database(*made) as connection:
        return tables(connection)


def assert_led(connection: sqlite3.Connection, after: tuple[str, ...]) -> None:
    """Fill a database, lead it to the schema of some statements, look at both."""
    filled = tables(connection)
    for name, columns in filled.items():
        values = ", ".join(str(i + 1) for i, _ in enumerate(columns))
        connection.execute(f'INSERT INTO "{name}" VALUES ({values})')
    desired = made_by(*after)
    current = schema_of(connection)
    kept = {
        name: ", ".join(
            f'CAST("{column}" AS text)' for column in columns if column in filled[name]
        )
        for name, columns in columns_of(after).items()
        if name in filled
    }
    old = {
        name: rows(connection, f'SELECT {c} FROM "{name}"') for name, c in kept.items()
    }
    planned = plan(current, desired)
    text = "".join(f"-- {s.comment}\n{s.sql};\n" for s in planned.statements)
    assert [s.terminated_sql for s in split(text, SYNTAX, file="")] == [
        f"{s.sql};" for s in planned.statements
    ]
    assert evolve(current, planned.changes).by_key == desired.by_key
    run(connection, planned)
    found = schema_of(connection)
    assert found.by_key == desired.by_key
    assert plan(found, desired).statements == ()
    for name, column_list in kept.items():
        assert rows(connection, f'SELECT {column_list} FROM "{name}"') == old[name]


@settings(max_examples=60, deadline=None)
@given(schema(), schema())
def test_a_plan_leads_there_and_keeps_rows(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    with database(*before) as connection:
        assert_led(connection, after)


@settings(max_examples=60, deadline=None)
@given(schema())
def test_what_is_read_can_be_made_again(made: tuple[str, ...]) -> None:
    found = made_by(*made)
    assert recreated(found).by_key == found.by_key
