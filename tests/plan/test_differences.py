"""What a difference between a database and its files means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.engines.postgresql.planner import PLANNER
from schema_migrations.plan.differences import (
    DifferenceKind,
    find_unsafe_changes,
    list_differences,
    list_tolerated_columns,
)
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Table,
    table_key,
)

T = table_key("t")
A = Column(name="a", type="integer", identity="by default")
B = Column(name="b", type="text")


def table(*columns: Column) -> Table:
    return Table(key=T, columns=columns)


def index(name: str, definition: str = "(a)") -> Index:
    key = Key(kind="index", name=name)
    return Index(key=key, table=T, definition=definition)


def primary(name: str, *columns: str) -> Constraint:
    definition = f"PRIMARY KEY ({', '.join(columns)})"
    key = T.constraint(name)
    return Constraint(key=key, table=T, type="primary key", definition=definition)


def view(definition: str) -> Opaque:
    key = Key(kind="opaque", name="v", part="view")
    return Opaque(key=key, trait=TRAITS["view"], definition=definition)


CASES: dict[
    str, tuple[list[Object], list[Object], list[tuple[DifferenceKind, str]]]
] = {
    "equal": ([table(A)], [table(A)], []),
    "a table": ([], [table(A), index("i")], [("missing", "create table t")]),
    "a table too many": ([table(A), index("i")], [], [("surplus", "drop table t")]),
    "a column": ([table(A)], [table(A, B)], [("missing", "add column t.b")]),
    "a column too many": ([table(A, B)], [table(A)], [("surplus", "drop column t.b")]),
    "a type": (
        [table(A)],
        [table(replace(A, type="bigint"))],
        [("different", "alter column t.a")],
    ),
    "a name": (
        [table(A), index("old")],
        [table(A), index("new")],
        [("name", "rename index t.new")],
    ),
    "the name of a sequence": (
        [table(replace(A, custom_sequence="old", identity_sequence="old"))],
        [table(replace(A, identity_sequence="t_a_seq"))],
        [("name", "rename sequence t.t_a_seq")],
    ),
    "a definition": (
        [table(A), index("i")],
        [table(A), index("i", "(b)")],
        [("different", "alter index t.i")],
    ),
    "a view": (
        [view("SELECT 1")],
        [view("SELECT 2")],
        [("different", "alter view v")],
    ),
    "a primary key in another's place": (
        [table(A), primary("old", "a")],
        [table(A), primary("new", "b")],
        [
            ("different", "add primary key t.new"),
            ("different", "drop primary key t.old"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_kinds(name: str) -> None:
    current, desired, expected = CASES[name]
    changes = diff(Schema(frozenset(current)), Schema(frozenset(desired)))
    found = [(each.kind, str(each.line)) for each in list_differences(changes)]
    assert sorted(found) == expected


def test_what_is_left_alone() -> None:
    smaller = replace(A, type="smallint")
    other = Table(key=table_key("other"), columns=(A,))
    current = Schema(frozenset({table(A, B), other, index("i")}))
    desired = Schema(frozenset({table(smaller), index("j", "(b)")}))
    left = [
        each.line
        for each in list_differences(
            find_unsafe_changes(diff(current, desired), PLANNER.may_alter_values)
        )
    ]
    assert [str(line) for line in left] == [
        "alter column t.a",
        "drop table other",
        "drop column t.b",
        "drop index t.i",
    ]


def test_what_works_as_it_is() -> None:
    (found,) = list_tolerated_columns("wider", [table_key("t", "away").column("a")])
    assert (found.line.table, found.line.name) == ("away.t", "a")
