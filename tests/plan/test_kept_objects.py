"""What SQL can keep of a wanted schema, where much differs."""

from __future__ import annotations

from schema_migrations.plan.kept_objects import choose_kept_objects
from schema_migrations.schema.model import Column, Key, Schema, Table
from tests.fixtures.cpu_time import limit_cpu_time


def make_schema(tables: int, *, default: str | None, comment: str) -> Schema:
    columns = tuple(
        Column(
            name=f"c{number}",
            type="integer",
            default=default,
            comment=comment,
            position=number,
        )
        for number in range(10)
    )
    keys = (Key("table", "", f"t{number}") for number in range(tables))
    return Schema(
        objects=frozenset(
            Table(key=key, columns=columns, comment=comment) for key in keys
        )
    )


def test_all_columns_and_comments_of_a_table_are_kept_together() -> None:
    base = make_schema(2, default=None, comment="")
    wanted = make_schema(2, default="1", comment="x")

    kept = choose_kept_objects(base, wanted, base)

    assert kept.goal == wanted
    assert len(kept.keys) == 20
    assert len(kept.commented) == 22


def test_many_tables_take_time_in_proportion() -> None:
    base = make_schema(400, default=None, comment="")
    wanted = make_schema(400, default="1", comment="x")

    with limit_cpu_time(5):
        kept = choose_kept_objects(base, wanted, base)

    assert len(kept.keys) == 4000
