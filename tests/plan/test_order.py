"""Locks are taken late, and what is done to one table stands together."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from schema_migrations.plan.order import order_changes
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Opaque,
    Schema,
    Sequence,
    Table,
)
from schema_migrations.schema.trait import Trait

A, B, NEW = (Key("table", "", name) for name in ("a", "b", "new"))
COLUMN = Column(name="x", type="integer", position=2)


def table(key: Key) -> Table:
    return Table(key=key, columns=(Column(name="id", type="integer", position=1),))


def index(name: str, on: Key, column: str = "id") -> Index:
    return Index(
        key=Key("index", "", name),
        table=on,
        definition=f"({column})",
        columns=(column,),
        needs=frozenset({on.column(column)}),
    )


def check(name: str, on: Key, column: str = "id") -> Constraint:
    return Constraint(
        key=on.constraint(name),
        table=on,
        type="check",
        definition=f"CHECK ({column} > 0)",
        needs=frozenset({on.column(column)}),
    )


def foreign_key(on: Key, to: Key, column: str = "id") -> ForeignKey:
    return ForeignKey(
        key=on.constraint(f"{on.name}_{to.name}"),
        table=on,
        referenced_table=to,
        columns=(column,),
        definition="FOREIGN KEY",
        needs=frozenset({on.column(column), to.column("id")}),
    )


def assert_order(*changes: ddl.Change, current: tuple[Key, ...] = (A, B)) -> None:
    """Assert that the changes come in this order, however they are given."""
    schema = Schema(frozenset(table(key) for key in current))
    some = [changes, *list(permutations(changes))[:200], tuple(reversed(changes))]
    for given in some:
        assert order_changes(tuple(given), schema) == changes


def test_new_tables_come_before_locks_on_others() -> None:
    assert_order(
        ddl.CreateTable(table=table(NEW)),
        ddl.Create(object=index("new_id", NEW)),
        ddl.AddColumn(table=A, column=COLUMN),
        ddl.Create(object=foreign_key(NEW, A)),
        ddl.Drop(object=index("old", B)),
    )


def test_others_read_a_table_while_its_index_is_made() -> None:
    assert_order(
        ddl.Create(object=index("fresh", B)),
        ddl.AddColumn(table=A, column=COLUMN),
        ddl.Drop(object=index("old", B)),
    )


def test_changes_of_one_table_stand_together() -> None:
    assert_order(
        ddl.Drop(object=index("old", A)),
        ddl.Drop(object=check("gone", A)),
        ddl.AddColumn(table=A, column=COLUMN),
        ddl.Create(object=check("positive", A, "x")),
        ddl.Create(object=foreign_key(A, B, "x")),
        ddl.Create(object=index("fresh", A, "x")),
        ddl.AddColumn(table=B, column=COLUMN),
    )


def test_what_another_table_waits_for_brings_the_rest_along() -> None:
    key = Constraint(
        key=B.constraint("b_key"),
        table=B,
        type="unique",
        definition="UNIQUE (id)",
        columns=("id",),
        needs=frozenset({B.column("id")}),
    )
    referring = foreign_key(A, B)
    referring = ForeignKey(
        key=referring.key,
        table=A,
        referenced_table=B,
        columns=("id",),
        definition="FOREIGN KEY",
        needs=referring.needs | {key.key},
    )
    assert_order(
        ddl.AddColumn(table=B, column=COLUMN),
        ddl.Create(object=key),
        ddl.AddColumn(table=A, column=COLUMN),
        ddl.Create(object=referring),
    )


def test_function_that_a_default_calls_does_not_split_its_table() -> None:
    function = Opaque(
        key=Key("opaque", "", "f", "function"),
        trait=Trait(noun="function", is_routine=True),
        definition="CREATE FUNCTION f()",
        drop_sql="DROP FUNCTION f()",
    )
    last = Column(
        name="y",
        type="integer",
        position=3,
        default="f()",
        needs=frozenset({function.key}),
    )
    assert_order(
        ddl.Create(object=function),
        ddl.AddColumn(table=A, column=COLUMN),
        ddl.AddColumn(table=A, column=last),
        ddl.AddColumn(table=B, column=COLUMN),
    )


def test_dropped_type_or_index_gives_its_name_to_a_table() -> None:
    domain = Definition(key=Key("domain", "", "new"), definition="AS integer")
    assert_order(ddl.Drop(object=domain), ddl.CreateTable(table=table(NEW)))
    assert_order(ddl.Drop(object=index("new", A)), ddl.CreateTable(table=table(NEW)))
    assert_order(
        ddl.DropTable(table=table(NEW)),
        ddl.Create(object=domain),
        current=(A, NEW),
    )


def test_sequence_goes_late_and_its_successor_is_not_early() -> None:
    numbers = Sequence(key=Key("sequence", "", "numbers"), definition="AS integer")
    assert_order(
        ddl.CreateTable(table=table(NEW)),
        ddl.AddColumn(table=A, column=COLUMN),
        ddl.Drop(object=numbers),
    )
    drawing = Column(
        name="id",
        type="integer",
        position=1,
        default="nextval('numbers')",
        needs=frozenset({numbers.key}),
    )
    assert_order(
        ddl.AddColumn(table=A, column=COLUMN),
        ddl.DropNumbering(table=B, column=drawing),
        ddl.Drop(object=numbers),
        ddl.Create(object=Sequence(key=numbers.key, definition="AS bigint")),
    )


def test_drops_of_views_and_tables_come_last() -> None:
    view = Opaque(
        key=Key("opaque", "", "v", "view"),
        trait=Trait(noun="view", takes_relation_name=True),
        definition="CREATE VIEW v",
        drop_sql="DROP VIEW v",
    )
    assert_order(
        ddl.AddColumn(table=A, column=COLUMN),
        ddl.Drop(object=view),
        ddl.DropTable(table=table(B)),
    )
    shown = replace(view, needs=frozenset({A.column("id")}))
    assert_order(
        ddl.CreateTable(table=table(NEW)),
        ddl.Drop(object=shown),
        ddl.DropColumn(table=A, column=table(A).columns[0]),
        ddl.AddColumn(table=A, column=COLUMN),
    )


def test_rules_of_other_tables_are_gone_before_rows_are_filled() -> None:
    """Those of a table that inherits, or that a trigger writes to, could refuse it."""
    fill = ddl.AlterColumn(
        table=B,
        before=COLUMN,
        after=replace(COLUMN, nullable=False),
        fill="0",
    )
    drop = ddl.Drop(object=check("c", NEW))
    current = Schema(frozenset({table(B), table(NEW), drop.object}))
    both: tuple[ddl.Change, ...] = (fill, drop)
    for changes in permutations(both):
        assert order_changes(changes, current) == (drop, fill)
