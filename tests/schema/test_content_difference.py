"""Which rows a content has and another lacks."""

from __future__ import annotations

from schema_migrations.schema.content import Content, CounterPosition, TableRows
from schema_migrations.schema.content_difference import compare_content
from schema_migrations.schema.model import Constraint, Schema, Table, table_key

KEYED, BARE = table_key("keyed"), table_key("bare")
SCHEMA = Schema(
    objects=frozenset(
        [
            Table(key=KEYED, columns=()),
            Table(key=BARE, columns=()),
            Constraint(
                key=KEYED.constraint("keyed_pkey"),
                table=KEYED,
                type="primary key",
                definition="PRIMARY KEY (id)",
                columns=("id",),
            ),
        ]
    )
)


def keyed(*rows: tuple[str, str]) -> TableRows:
    return TableRows(table=KEYED, columns=("id", "name"), rows=rows)


def bare(*names: str) -> TableRows:
    return TableRows(table=BARE, columns=("name",), rows=tuple((n,) for n in names))


def test_rows_are_known_by_their_key() -> None:
    before = Content(tables=(keyed(("1", "a"), ("2", "b"), ("3", "c")),))
    after = Content(tables=(keyed(("1", "a"), ("2", "other"), ("4", "d")),))
    found = compare_content(SCHEMA, before, after)
    assert found.new == Content(tables=(keyed(("4", "d")),))
    assert found.altered == (keyed(("2", "other")),)
    assert found.missing == (keyed(("3", "c")),)


def test_a_table_that_was_emptied() -> None:
    before = Content(tables=(keyed(("1", "a")),))
    found = compare_content(SCHEMA, before, Content())
    assert not found.new
    assert found.missing == (keyed(("1", "a")),)


def test_equal_rows_are_counted() -> None:
    one, two = Content(tables=(bare("a"),)), Content(tables=(bare("a", "a", "b"),))
    found = compare_content(SCHEMA, one, two)
    assert found.new == Content(tables=(bare("a", "b"),))
    assert not found.altered
    assert compare_content(SCHEMA, two, one).missing == (bare("a", "b"),)


def test_counters_that_are_further_on_are_new() -> None:
    one, two, three = (CounterPosition(number=number) for number in (1, 2, 3))
    a, b, c = map(table_key, "abc")
    before = Content(counters={a: three, b: one})
    after = Content(counters={a: three, b: two, c: one})
    assert compare_content(SCHEMA, before, after).new.counters == {b: two, c: one}
    assert not compare_content(SCHEMA, after, before).new
