"""What existing rows lose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.engines.postgresql.planner import PLANNER as POSTGRESQL
from schema_migrations.engines.sqlite.planner import PLANNER as SQLITE
from schema_migrations.plan.losses import find_losses
from schema_migrations.plan.plan import Planner
from schema_migrations.schema.changes import (
    Alter,
    AlterColumn,
    Change,
    Create,
    Drop,
    DropColumn,
    DropTable,
    SetComment,
)
from schema_migrations.schema.model import (
    Column,
    Definition,
    ForeignKey,
    Key,
    Opaque,
    Table,
    table_key,
)

T = table_key("t")
Losses = tuple[tuple[Key, str], ...]


def losses(changes: list[Change], planner: Planner = POSTGRESQL) -> Losses:
    return find_losses(changes, planner.may_alter_values)


def said(changes: list[Change]) -> tuple[str, ...]:
    return tuple(text for _, text in losses(changes))


SQLITE_WORDS = (
    "bool ",
    "varchar",
    "VARCHAR",
    "char(",
    "datetime",
    "decimal",
    "blob",
    "unsigned",
)


def planner_of(*types: str) -> Planner:
    """Return the planner of the engine that prints such types."""
    text = " ".join((*types, ""))
    return SQLITE if any(word in text for word in SQLITE_WORDS) else POSTGRESQL


def retyped(before: str, after: str) -> AlterColumn:
    return AlterColumn(
        table=T,
        before=Column(name="c", type=before),
        after=Column(name="c", type=after),
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("integer", "bigint"),
        ("smallint", "numeric"),
        ("character varying(10)", "character varying(20)"),
        ("character varying(10)", "text"),
        ("character varying(10)", "character varying"),
        ("numeric(8,2)", "numeric(12,2)"),
        ("numeric(8,2)", "numeric"),
        ("jsonb", "text"),
        ("boolean", "integer"),
        ("bool", "integer unsigned"),
        ("integer", "integer unsigned"),
        ("smallint unsigned", "bigint unsigned"),
        ("integer", "numeric(12,2)"),
        ("integer", "double precision"),
        ("integer", "character varying(11)"),
        ("integer unsigned", "varchar(11)"),
        ("bigint", "decimal"),
        ("uuid", "character varying(36)"),
        ("char(32)", "varchar(36)"),
        ("char(32)", "varchar(3)"),  # SQLite enforces no size
        ("varchar(20)", "varchar(10)"),
        ("text", "varchar(10)"),
        ("varchar(20)", "char(10)"),
        ("VARCHAR(20)", "varchar (10)"),
        ("integer unsigned", "varchar(3)"),
        ("bigint", "integer unsigned"),
        ("decimal(8, 2)", "decimal(6, 1)"),
        ("date", "timestamp with time zone"),
        ("date", "datetime"),
        ("character varying(10)[]", "character varying(20)[]"),
        ("integer[]", "bigint[]"),
        ("timestamp(3) with time zone", "timestamp with time zone"),
    ],
)
def test_a_wider_type_loses_nothing(before: str, after: str) -> None:
    assert losses([retyped(before, after)], planner_of(before, after)) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("bigint", "integer"),
        ("text", "character varying(20)"),
        ("character varying(20)", "character varying(10)"),
        ("numeric(8,2)", "numeric(8,0)"),
        ("numeric(8,2)", "numeric(8,3)"),
        ("numeric", "numeric(8,2)"),
        ("numeric", "integer"),
        ("timestamp with time zone", "date"),
        ("text", "jsonb"),
        ("json", "jsonb"),
        ("bytea", "text"),
        ("blob", "text"),
        ("decimal", "real"),
        ("boolean", "numeric(2,2)"),
        ("integer", "boolean"),
        ("integer", "numeric(11,2)"),
        ("bigint", "double precision"),
        ("integer", "character varying(10)"),
        ("uuid", "character varying(32)"),
        ("varchar(10)", "char(32)"),
        ("varchar(10)", "decimal(6, 1)"),
        ("datetime", "date"),
        ("character varying(20)[]", "character varying(10)[]"),
        ("integer", "integer[]"),
    ],
)
def test_a_narrower_or_other_type_is_named(before: str, after: str) -> None:
    ((_, said),) = losses([retyped(before, after)], planner_of(before, after))

    assert "t.c" in said
    assert before in said
    assert after in said


def test_dropped_tables_and_columns_are_named() -> None:
    table = Table(key=table_key("t", "other"), columns=())
    column = Column(name="c", type="integer")

    assert said([DropTable(table=table)]) == ("drops table other.t with all its rows",)
    assert said([DropColumn(table=T, column=column)]) == (
        "drops column t.c with all its values",
    )


def test_a_generated_column_holds_nothing_to_lose() -> None:
    column = Column(name="c", type="integer", generated="a + 1")

    assert losses([DropColumn(table=T, column=column)]) == ()


def enum(*labels: str) -> Definition:
    return Definition(key=Key(kind="enum", name="m"), definition="", labels=labels)


def test_opaque_tables_hold_rows() -> None:
    partition = Opaque(
        key=Key(kind="opaque", name="p", part="partition"),
        trait=TRAITS["partition"],
        definition="",
    )
    view = replace(partition, trait=TRAITS["view"])

    assert said([Drop(object=partition)]) == ("drops partition p with all its rows",)
    assert said([Drop(object=view)]) == ()


def test_a_label_that_is_taken_away_is_a_loss() -> None:
    lost = Alter(before=enum("a", "b", "c"), after=enum("c", "d"))
    kept = Alter(before=enum("a", "b"), after=enum("b", "a", "c"))

    (text,) = said([lost])
    assert "removes 'a', 'b' from the values of type m" in text
    assert losses([kept]) == ()


def test_other_changes_touch_no_value() -> None:
    comment = SetComment(key=T, before="", after="words")

    assert losses([comment]) == ()


def reference(
    name: str, target: str, *, columns: tuple[str, ...] = ("c",)
) -> ForeignKey:
    """``target`` is ``u(id)``, as PostgreSQL prints it, or ``"u" ("id")``, as SQLite."""
    return ForeignKey(
        key=T.constraint(name),
        table=T,
        columns=columns,
        referenced_table=table_key(target.split("(")[0].strip(' "')),
        definition=f"FOREIGN KEY (c) REFERENCES {target} DEFERRABLE INITIALLY DEFERRED",
    )


def test_a_reference_to_something_else_is_named() -> None:
    before, after = reference("a", "u(id)"), reference("b", '"v" ("number")')

    (lost,) = losses([Drop(object=before), Create(object=after)])

    assert lost[0] == T.column("c")
    assert "t.c at v(number) instead of u(id)" in lost[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (reference("a", "u(id)"), reference("b", '"u" ("id")')),
        (reference("a", "u(id)"), reference("b", "v(id)", columns=("d",))),
        (reference("a", "u"), reference("b", "u(id)")),
    ],
    ids=["the same", "of another column", "without columns"],
)
def test_another_one_is_no_loss(before: ForeignKey, after: ForeignKey) -> None:
    assert losses([Drop(object=before), Create(object=after)]) == ()
    assert losses([Create(object=after)]) == ()


def test_a_row_number_of_sqlite_takes_any_integer() -> None:
    number = Column(name="c", type="integer", identity="autoincrement")

    assert losses([replace(retyped("bigint", "integer"), after=number)], SQLITE) == ()
    assert losses([replace(retyped("text", "integer"), after=number)], SQLITE)
