"""A walk notices what a plan loses."""

from __future__ import annotations

import pytest

from schema_migrations.schema.model import Column, Schema, Table, table_key
from tools.histories.comparison import Content, find_differences
from tools.histories.pairs import pair_tables
from tools.histories.renames import Renames

KEY = Column(name="id", type="integer", nullable=False)


def make_schema(*columns: Column) -> Schema:
    table = Table(key=table_key("t"), columns=(KEY, *columns))
    return Schema(frozenset([table]))


def compare_values(
    old: Column, new: Column, *, rows: list[str], then: list[str], key: bool = True
) -> list[str]:
    """Compare one column's values before with those after; ids count from 1."""
    before, after = make_schema(old), make_schema(new)
    columns = {} if old.name == new.name else {("t", old.name): new.name}
    contents = [
        Content(
            rows=tuple(
                {"id": str(i), name: value} for i, value in enumerate(values, start=1)
            ),
            key=("id",) if key else (),
        )
        for name, values in ((old.name, rows), (new.name, then))
    ]
    one, other = ({table_key("t"): content} for content in contents)
    same = pair_tables(before, after, Renames(columns=columns))
    return list(find_differences(one, other, same, {}))


TEXT = Column(name="c", type="varchar(9)")
NUMBER, UUID = Column(name="c", type="bigint"), Column(name="c", type="uuid")


@pytest.mark.parametrize(
    ("old", "new", "rows", "then"),
    [
        (TEXT, TEXT, ["'a'", "NULL"], ["'a'", "NULL"]),
        (TEXT, Column(name="d", type="varchar(9)"), ["'a'"], ["'a'"]),
        (TEXT, Column(name="c", type="text", nullable=False), ["NULL"], ["''"]),
        (
            Column(name="c", type="integer"),
            Column(name="c", type="bigint"),
            ["1"],
            ["1"],
        ),
        (
            Column(name="c", type="numeric(5,1)"),
            Column(name="c", type="numeric(9,3)"),
            ["'1.5'"],
            ["'1.500'"],
        ),
        (NUMBER, UUID, ["'10'"], [f"'{'0' * 31}a'"]),
        (UUID, NUMBER, [f"'{'0' * 31}a'"], ["'7'"]),
    ],
)
def test_what_stays_is_no_difference(
    old: Column, new: Column, rows: list[str], then: list[str]
) -> None:
    assert compare_values(old, new, rows=rows, then=then) == []


@pytest.mark.parametrize("key", [True, False])
@pytest.mark.parametrize(
    ("new", "then"),
    [
        (TEXT, ["'a'", "'b'", "'c'"]),
        (TEXT, ["'a'"]),
        (TEXT, ["'a'", "'x'"]),
        (TEXT, ["'a'", "NULL"]),
        (Column(name="d", type="varchar(9)"), ["NULL", "NULL"]),
    ],
)
def test_a_lost_row_or_value_is_a_difference(
    new: Column, then: list[str], key: bool
) -> None:
    assert compare_values(TEXT, new, rows=["'a'", "'b'"], then=then, key=key)


def test_a_number_becomes_no_other_uuid() -> None:
    assert compare_values(NUMBER, UUID, rows=["'10'"], then=[f"'{'0' * 31}b'"])


def test_null_does_not_become_a_value_unasked() -> None:
    assert compare_values(TEXT, TEXT, rows=["NULL"], then=["''"])


def test_a_new_column_holds_what_django_gives() -> None:
    before, after = make_schema(), make_schema(TEXT)
    old = {table_key("t"): Content(rows=({"id": "1"},), key=("id",))}
    new = {table_key("t"): Content(rows=({"id": "1", "c": "'b'"},), key=("id",))}
    same = tuple(pair_tables(before, after, Renames()))

    assert list(find_differences(old, new, same, {("t", "c"): "'b'"})) == []
    assert list(find_differences(old, new, same, {("t", "c"): "'a'"})) == [
        "t.c: 'a' expected, rows hold [\"'b'\"]"
    ]
