"""Rows before a file runs, under the names that it leaves."""

from __future__ import annotations

from schema_migrations.engines.postgresql.planner import PLANNER
from schema_migrations.plan.existing_rows import FindRows, make_find_rows
from schema_migrations.schema.changes import Change, Rename, RenameColumn
from schema_migrations.schema.model import Column, Schema, Table, table_key


def table(name: str, *columns: str) -> Table:
    return Table(
        key=table_key(name),
        columns=tuple(Column(name=each, type="integer") for each in columns),
    )


def renamed(*renames: Change, after: Table) -> FindRows:
    schema = Schema(frozenset({after}))
    return make_find_rows(
        (),
        renames,
        schema,
        schema,
        quote=PLANNER.row_queries.quote,
        find_conversion=PLANNER.find_conversion,
    )


def test_names_that_are_swapped_by_a_third() -> None:
    a, b, c = (Column(name=name, type="integer") for name in "abc")
    t = table("t", "a", "b")
    steps: list[Change] = [
        RenameColumn(table=t.key, before=a, after=c),
        RenameColumn(table=t.key, before=b, after=a),
        RenameColumn(table=t.key, before=c, after=b),
    ]

    rows = renamed(*steps, after=t)(t.key)

    assert {name: value.sql for name, value in rows.values.items()} == {
        "a": '"b"',
        "b": '"a"',
    }


def test_a_table_is_renamed_after_its_column() -> None:
    before, after = table("t", "a"), table("s", "b")
    steps: list[Change] = [
        RenameColumn(
            table=before.key, before=before.columns[0], after=after.columns[0]
        ),
        Rename(before=before, after=after),
    ]

    rows = renamed(*steps, after=after)(after.key)

    assert rows.table == before.key
    assert rows.values["b"].sql == '"a"'


def test_a_new_table_has_no_rows() -> None:
    rows = renamed(after=table("t", "a"))(table_key("u"))

    assert not rows.exists
