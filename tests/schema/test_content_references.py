"""Rows that are left out, and those that refer to them."""

from __future__ import annotations

from schema_migrations.schema.content import (
    ROWS_IN_STATEMENT,
    Content,
    CounterPosition,
    TableRows,
)
from schema_migrations.schema.content_references import leave_out_rows_of, order_rows
from schema_migrations.schema.model import (
    Constraint,
    ForeignKey,
    Key,
    Schema,
    Table,
    table_key,
)

TYPES, GRANTS, NOTES = map(table_key, ("types", "grants", "notes"))


def primary_key(table: Key) -> Constraint:
    return Constraint(
        key=table.constraint(f"{table.name}_pkey"),
        table=table,
        type="primary key",
        definition="PRIMARY KEY (id)",
        columns=("id",),
    )


def reference(table: Key, other: Key) -> ForeignKey:
    return ForeignKey(
        key=table.constraint(f"to_{other.name}"),
        table=table,
        definition="",
        columns=("other",),
        referenced_table=other,
    )


SCHEMA = Schema(
    objects=frozenset(
        [
            *(Table(key=key, columns=()) for key in (TYPES, GRANTS, NOTES)),
            *map(primary_key, (TYPES, GRANTS, NOTES)),
            reference(GRANTS, TYPES),
            reference(NOTES, GRANTS),
        ]
    )
)


def rows_of(table: Key, *rows: tuple[str, str]) -> TableRows:
    return TableRows(table=table, columns=("id", "other"), rows=rows)


def test_what_refers_to_a_row_that_is_left_out_is_left_out_as_well() -> None:
    content = Content(
        tables=(
            rows_of(NOTES, ("1", "1"), ("2", "2"), ("3", "NULL")),
            rows_of(TYPES, ("1", "NULL")),
            rows_of(GRANTS, ("1", "7"), ("2", "NULL")),
        ),
        counters={
            TYPES.column("id"): CounterPosition(number=1),
            NOTES: CounterPosition(number=3),
            Key("sequence", name="free"): CounterPosition(number=1),
        },
    )
    kept, out = leave_out_rows_of(SCHEMA, content, {TYPES})
    assert kept.tables == (
        rows_of(NOTES, ("2", "2"), ("3", "NULL")),
        rows_of(GRANTS, ("2", "NULL")),
    )
    assert out == (
        rows_of(NOTES, ("1", "1")),
        rows_of(TYPES, ("1", "NULL")),
        rows_of(GRANTS, ("1", "7")),
    )
    assert [key.name for key in kept.counters] == ["free"]


def test_without_such_rows_all_stay() -> None:
    content = Content(
        tables=(rows_of(GRANTS, ("2", "NULL")),),
        counters={GRANTS: CounterPosition(number=2)},
    )
    assert leave_out_rows_of(SCHEMA, content, {TYPES}) == (content, ())


TREE = table_key("tree")
TREE_SCHEMA = Schema(
    objects=frozenset(
        [Table(key=TREE, columns=()), primary_key(TREE), reference(TREE, TREE)]
    )
)


def test_a_row_comes_after_the_one_that_it_refers_to() -> None:
    last = ROWS_IN_STATEMENT + 2
    rows = [(str(n), str(n + 1)) for n in range(1, last)]
    content = Content(tables=(rows_of(TREE, *rows, (str(last), "NULL")),))
    (ordered,) = order_rows(TREE_SCHEMA, content).tables
    assert [row[0] for row in ordered.rows] == [str(n) for n in range(last, 0, -1)]


def test_rows_in_a_circle_stay_and_few_rows_keep_their_order() -> None:
    last = ROWS_IN_STATEMENT + 2
    rows = [(str(n), str(n % last + 1)) for n in range(1, last + 1)]
    circle = Content(tables=(rows_of(TREE, *rows),))
    assert sorted(order_rows(TREE_SCHEMA, circle).tables[0].rows) == sorted(rows)
    few = Content(tables=(rows_of(TREE, ("1", "2"), ("2", "NULL")),))
    assert order_rows(TREE_SCHEMA, few) == few
