"""Content as a value: which rows are new, and in which order tables can take them."""

from __future__ import annotations

from schema_migrations.schema.content import (
    ROWS_IN_STATEMENT,
    Content,
    TableRows,
    find_new_content,
    order_tables,
    split_rows,
)
from schema_migrations.schema.model import ForeignKey, Key, Schema, Table, table_key

A, B, C = table_key("a"), table_key("b"), table_key("c")


def schema_of(*references: tuple[Key, Key]) -> Schema:
    tables = [Table(key=key, columns=()) for key in (A, B, C)]
    keys = [
        ForeignKey(
            key=owner.constraint(f"to_{other.name}"),
            table=owner,
            definition="",
            referenced_table=other,
        )
        for owner, other in references
    ]
    return Schema(objects=frozenset([*tables, *keys]))


def rows_of(table: Key, *rows: str) -> TableRows:
    return TableRows(table=table, columns=("id",), rows=tuple((row,) for row in rows))


def test_a_table_comes_after_those_that_it_names() -> None:
    assert order_tables(schema_of((A, B), (B, C), (A, A))) == (C, B, A)


def test_a_circle_of_tables_comes_in_some_order_and_the_rest_is_kept() -> None:
    order = order_tables(schema_of((A, B), (B, A), (C, A)))
    assert sorted(order) == [A, B, C]
    assert order.index(C) > order.index(A)


def test_only_what_is_lacking_is_new() -> None:
    before = Content(tables=(rows_of(A, "1"),), counters={A: 3, B: 1})
    after = Content(
        tables=(rows_of(A, "1", "2"), rows_of(B, "1")), counters={A: 3, B: 2, C: 1}
    )
    new = find_new_content(before, after)
    assert new.tables == (rows_of(A, "2"), rows_of(B, "1"))
    assert new.counters == {B: 2, C: 1}
    assert not find_new_content(after, before)


def test_many_rows_are_several_statements() -> None:
    rows = rows_of(A, *map(str, range(2 * ROWS_IN_STATEMENT + 1)))
    assert [len(part) for part in split_rows(rows)] == [
        ROWS_IN_STATEMENT,
        ROWS_IN_STATEMENT,
        1,
    ]
