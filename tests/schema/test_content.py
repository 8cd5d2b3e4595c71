"""Content as a value: which rows are new, and in which order tables can take them."""

from __future__ import annotations

from itertools import pairwise

from schema_migrations.schema.content import (
    ROWS_IN_STATEMENT,
    CounterPosition,
    TableRows,
    order_tables,
    split_rows,
)
from schema_migrations.schema.model import ForeignKey, Key, Schema, Table, table_key
from tests.fixtures.cpu_time import limit_cpu_time

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


def test_many_circles_are_ordered_soon() -> None:
    pairs = [(table_key(f"a{n}"), table_key(f"b{n}")) for n in range(1500)]
    keys = [
        ForeignKey(
            key=one.constraint("to"), table=one, definition="", referenced_table=two
        )
        for a, b in pairs
        for one, two in ((a, b), (b, a))
    ]
    tables = [Table(key=key, columns=()) for pair in pairs for key in pair]
    schema = Schema(objects=frozenset([*tables, *keys]))
    with limit_cpu_time(3):
        order = order_tables(schema)
    assert sorted(order) == sorted(key for pair in pairs for key in pair)


def test_a_chain_of_many_tables_is_ordered() -> None:
    chain = [table_key(f"t{number:04}") for number in range(3000)]
    keys = [
        ForeignKey(
            key=one.constraint("to"), table=one, definition="", referenced_table=two
        )
        for one, two in pairwise(chain)
    ]
    tables = [Table(key=key, columns=()) for key in chain]
    assert order_tables(Schema(objects=frozenset([*tables, *keys]))) == tuple(
        chain[::-1]
    )


def test_a_counter_goes_on_in_its_own_direction() -> None:
    fresh, used, further = (
        CounterPosition(number=1, is_given=False),
        CounterPosition(number=1),
        CounterPosition(number=2, is_given=False),
    )
    assert fresh.is_before(used)
    assert used.is_before(further)
    assert not further.is_before(fresh)
    assert not used.is_before(used)
    down = [
        CounterPosition(number=number, is_given=is_given, is_descending=True)
        for number, is_given in [(-1, False), (-1, True), (-2, False), (-2, True)]
    ]
    assert all(a.is_before(b) for a, b in pairwise(down))
    assert not any(b.is_before(a) for a, b in pairwise(down))


def test_many_rows_are_several_statements() -> None:
    rows = rows_of(A, *map(str, range(2 * ROWS_IN_STATEMENT + 1)))
    assert [len(part) for part in split_rows(rows)] == [
        ROWS_IN_STATEMENT,
        ROWS_IN_STATEMENT,
        1,
    ]
