"""In which order what is renamed gets its new names."""

from __future__ import annotations

from schema_migrations.plan.rename_steps import order_renames
from schema_migrations.plan.renames import NO_RENAMES
from schema_migrations.plan.summary import summarize
from schema_migrations.schema.changes import Rename, RenameColumn
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Schema,
    Table,
    table_key,
)


def table(name: str, *constraints: str) -> tuple[Table | Constraint, ...]:
    key = table_key(name)
    parts = [
        Constraint(
            key=key.constraint(each),
            table=key,
            type="check" if each.endswith("check") else "unique",
            definition=each,
        )
        for each in constraints
    ]
    return Table(key=key, columns=()), *parts


def renamed(schema: Schema, *pairs: tuple[str, str]) -> list[str]:
    renames = NO_RENAMES
    for old, new in pairs:
        renames = renames.with_table(table_key(old), table_key(new))
    return [
        f"{step.before.key.path} > {step.after.key.path}"
        for step in order_renames(renames, schema)
        if isinstance(step, Rename)
    ]


def test_tables_in_a_circle_step_aside_with_the_names_that_they_take() -> None:
    schema = Schema(frozenset({*table("a", "a_key", "a_check"), *table("b", "b_key")}))

    assert renamed(schema, ("a", "b"), ("b", "a")) == [
        "a > old__a",
        "old__a.a_key > old__a.old__a_key",
        "b > a",
        "old__a > b",
    ]


def test_a_summary_joins_the_steps_through_a_spare_name() -> None:
    schema = Schema(frozenset({*table("a"), *table("b"), *table("t")}))
    renames = NO_RENAMES
    for old, new in (("a", "b"), ("b", "a"), ("t", "T")):
        renames = renames.with_table(table_key(old), table_key(new))
    steps = order_renames(renames, schema, str.lower)
    assert len(steps) == 5

    lines = [f"{line.name} {line.detail}" for line in summarize(steps)]

    assert lines == ["b from a", "a from b", "T from t"]


def test_a_column_that_steps_aside_is_one_rename() -> None:
    key = table_key("a")
    before, aside, after = (Column(name=name, type="text") for name in "xyz")
    steps = [
        RenameColumn(table=key, before=before, after=aside),
        RenameColumn(table=key, before=aside, after=after),
    ]

    assert [line.detail for line in summarize(steps)] == ["from x"]


def test_names_that_are_cut_short_stay_different() -> None:
    long = "x" * 61
    one = table("a", f"{long}_1", f"{long}_2")
    schema = Schema(frozenset({*one, *table("b")}))

    aside = [s.split(".")[-1] for s in renamed(schema, ("a", "b"), ("b", "a"))[1:3]]

    assert len(set(aside)) == 2
    assert all(len(name) <= 63 for name in aside)


def test_what_is_in_the_way_and_goes_keeps_its_constraints() -> None:
    schema = Schema(frozenset({*table("a", "a_key"), *table("b", "b_key")}))

    assert renamed(schema, ("a", "b")) == ["b > old__b", "a > b"]


def test_a_name_that_the_engine_takes_for_the_same_is_reached_by_another() -> None:
    schema = Schema(frozenset({*table("Orders"), *table("Notes")}))
    names = (table_key("Orders"), table_key("orders"))
    renames = NO_RENAMES.with_table(*names).with_table(
        table_key("Notes"), table_key("other")
    )
    steps = [
        (step.before.key.name, step.after.key.name)
        for step in order_renames(renames, schema, fold=str.lower)
        if isinstance(step, Rename)
    ]
    assert steps == [
        ("Notes", "other"),
        ("Orders", "old__Orders"),
        ("old__Orders", "orders"),
    ]
