"""Which expression gives existing rows their value."""

from __future__ import annotations

import pytest

from schema_migrations.plan.fills import with_fill_sources, with_fills
from schema_migrations.schema.changes import (
    AddColumn,
    AlterColumn,
    Change,
    Drop,
    DropColumn,
    DropTable,
)
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Key,
    Schema,
    Table,
    table_key,
)

TABLE = table_key("t")
DEFAULTS = {TABLE.column("c"): "'new'"}


@pytest.mark.parametrize(
    ("column", "answer", "expected"),
    [
        (Column(name="c", type="text", nullable=False), None, "'new'"),
        (Column(name="c", type="text"), None, "'new'"),
        (Column(name="c", type="text"), "'old'", "'old'"),
        (Column(name="c", type="text"), "NULL", None),
        (Column(name="c", type="text", nullable=False), "NULL", None),
        (Column(name="c", type="text", default="'kept'"), None, None),
        (Column(name="c", type="integer", identity="always"), None, None),
        (Column(name="c", type="text", generated="lower(d)"), None, None),
        (Column(name="other", type="text"), None, None),
    ],
)
def test_a_new_column_gets_its_default(
    column: Column, answer: str | None, expected: str | None
) -> None:
    """Where NULL is allowed, too, as Django does; what has a value needs none."""
    answers = {} if answer is None else {TABLE.column(column.name): answer}

    (filled,) = with_fills(
        (AddColumn(table=TABLE, column=column),), DEFAULTS, answers=answers
    )

    assert isinstance(filled, AddColumn)
    assert filled.fill == expected


OTHER, OLD = table_key("other"), Column(name="old", type="text")
KEY = Constraint(
    key=OTHER.constraint("other_pkey"),
    table=OTHER,
    type="primary key",
    definition="PRIMARY KEY (id)",
)
OTHERS: tuple[Change, ...] = (
    AddColumn(table=OTHER, column=Column(name="come", type="text")),
    DropColumn(table=TABLE, column=OLD),
    DropColumn(table=OTHER, column=OLD),
    DropTable(table=Table(key=table_key("third"), columns=())),
    Drop(object=KEY),
)
CURRENT = Schema(frozenset({Table(key=TABLE, columns=(OLD,))}))
OF_OTHER = {TABLE.column("old"), OTHER.column("old"), KEY.key}


@pytest.mark.parametrize(
    ("value", "refers", "needs"),
    [
        ("'old'", False, set()),
        ("now()", False, set()),
        ("lower(old)", True, {TABLE.column("old")}),
        ("'other' || \"old\"", True, {TABLE.column("old")}),
        (r"E'\'' || old || E'\\'", True, {TABLE.column("old")}),
        (r"E'it\'s old'", False, set()),
        ("(SELECT min(new) FROM fourth)", True, set()),
        ("(SELECT min(x) FROM Third)", True, {table_key("third")}),
        ("(SELECT old FROM other)", True, OF_OTHER),
        ("(SELECT x FROM other)", True, {KEY.key}),
        ("(SELECT come FROM other)", True, {KEY.key, OTHER.column("come")}),
    ],
)
def test_what_a_value_reads_is_there_meanwhile(
    value: str, refers: bool, needs: set[Key]
) -> None:
    new = Column(name="new", type="text", nullable=False)
    added = AddColumn(table=TABLE, column=new, fill=value)
    open_ = Column(name="new", type="text")
    altered = AlterColumn(table=TABLE, before=open_, after=new, fill=value)
    retyped = AlterColumn(table=TABLE, before=new, after=new, conversion=value)

    first, second, third, *rest = with_fill_sources(
        (added, altered, retyped, *OTHERS), CURRENT
    )

    assert isinstance(first, AddColumn)
    assert isinstance(second, AlterColumn)
    assert isinstance(third, AlterColumn)
    assert first.fill_reads_columns == refers
    assert first.fill_needs == needs
    assert second.fill_needs == third.fill_needs == needs
    assert tuple(rest) == OTHERS
