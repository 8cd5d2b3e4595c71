"""What may stay as it is in a database that was not made from these files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schema_migrations.schema.changes import subject_of
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Index,
    Key,
    Object,
    Schema,
    Sequence,
    Table,
    table_key,
)
from schema_migrations.schema.tolerated_differences import (
    find_serial_columns,
    find_wider_columns,
    with_current_keys,
    with_current_numbering,
    with_current_objects,
    with_current_types,
)

T = table_key("t")
ID = T.column("id")
SEQUENCE = Sequence(
    key=Key(kind="sequence", name="old_id_seq"),
    definition="AS integer START WITH 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1",
    owned_by=ID,
)
SERIAL = Column(
    name="id",
    type="integer",
    nullable=False,
    default="nextval('old_id_seq'::regclass)",
    needs=frozenset({SEQUENCE.key}),
)
IDENTITY = Column(name="id", type="integer", nullable=False, identity="by default")
PLAIN = Column(name="id", type="integer", nullable=False)


def schema(column: Column, *others: Object) -> Schema:
    return Schema(frozenset({Table(key=T, columns=(column,)), *others}))


def test_serial_stays_serial() -> None:
    current, desired = schema(SERIAL, SEQUENCE), schema(IDENTITY)
    assert find_serial_columns(current, desired) == (ID,)
    assert diff(current, with_current_numbering(current, desired)) == ()


def test_an_identity_stays_an_identity() -> None:
    current, desired = schema(IDENTITY), schema(SERIAL, SEQUENCE)
    assert find_serial_columns(current, desired) == ()
    assert diff(current, with_current_numbering(current, desired)) == ()


def test_a_serial_that_grows_takes_its_sequence_along() -> None:
    current = schema(SERIAL, SEQUENCE)
    goal = with_current_numbering(current, schema(replace(IDENTITY, type="bigint")))
    (sequence,) = goal.of(Sequence)
    assert sequence.definition == (
        "AS bigint START WITH 1 MINVALUE 1 MAXVALUE 9223372036854775807 CACHE 1"
    )
    assert {subject_of(change) for change in diff(current, goal)} == {ID, SEQUENCE.key}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PLAIN, IDENTITY),
        (SERIAL, PLAIN),
        (SERIAL, replace(IDENTITY, identity_options="START WITH 7")),
        (
            replace(SERIAL, default="nextval('other'::regclass)", needs=frozenset()),
            IDENTITY,
        ),
    ],
)
def test_what_is_not_alike_is_left(before: Column, after: Column) -> None:
    current, desired = schema(before, SEQUENCE), schema(after)
    assert find_serial_columns(current, desired) == ()
    assert with_current_numbering(current, desired) == desired


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("bigint", "integer", (ID,)),
        ("integer", "smallint", (ID,)),
        ("integer", "bigint", ()),
        ("integer", "integer", ()),
        ("numeric", "integer", ()),
        ("bigint", "text", ()),
    ],
)
def test_a_larger_integer(before: str, after: str, expected: tuple[Key, ...]) -> None:
    current = schema(replace(IDENTITY, type=before))
    desired = schema(replace(IDENTITY, type=after))
    assert find_wider_columns(current, desired) == expected
    same = with_current_types(current, desired, expected)
    assert (same == current) is (before == after or bool(expected))


def test_a_larger_key_of_a_table_and_not_what_refers_to_another() -> None:
    def of(size: str) -> Schema:
        refers = Column(name="user_id", type=size)
        key = Constraint(
            key=T.constraint("t_pkey"),
            table=T,
            type="primary key",
            columns=("id",),
            definition="PRIMARY KEY (id)",
        )
        columns = (replace(IDENTITY, type=size), refers)
        return Schema(frozenset({Table(key=T, columns=columns), key}))

    current, desired = of("bigint"), of("integer")
    goal = with_current_keys(current, desired, {T}).get_table(T)
    assert [each.type for each in goal.columns] == ["bigint", "integer"]
    assert with_current_keys(current, desired, set()) == desired
    assert with_current_keys(desired, current, {T}) == current


def test_keeping_the_type_of_a_column_alone() -> None:
    current = schema(Column(name="id", type="text", default="'a'"))
    goal = with_current_objects(current, schema(PLAIN), {ID})
    assert goal == schema(replace(PLAIN, type="text"))


def test_keeping_columns_tables_and_what_stands_on_them() -> None:
    other = table_key("other")
    more = Column(name="more", type="text")
    on_other = Index(key=Key(kind="index", name="on_other"), table=other, definition="")
    on_more = Index(key=Key(kind="index", name="on_more"), table=T, definition="")
    current = Schema(
        frozenset(
            {
                Table(key=T, columns=(IDENTITY, more)),
                Table(key=other, columns=(PLAIN,)),
                on_other,
                on_more,
            }
        )
    )
    desired = schema(IDENTITY)
    everything = frozenset({other, on_more.key, on_other.key, T.column("more")})
    assert with_current_objects(current, desired, everything) == current
    assert with_current_objects(current, desired, frozenset()) == desired
    assert (
        with_current_objects(current, desired, everything - {on_more.key}).get(
            on_more.key
        )
        is None
    )
