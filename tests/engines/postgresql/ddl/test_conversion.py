"""What becomes of a value that its column's new type has no room for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DataError

from schema_migrations.engines.postgresql.ddl.render import render
from schema_migrations.schema.changes import AlterColumn
from schema_migrations.schema.model import Column, table_key


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [
        ("text", "character varying(3)", "Emma"),
        ("character varying(9)", "character varying(3)", "Emma"),
        ("character varying(9)[]", "character varying(3)[]", "{Emma}"),
        ("text", "character varying(3)[]", "Emma"),
        ("integer", "character varying(3)", "1234"),
        ("integer[]", "character varying(3)[]", "{1234}"),
        ("bytea", "character varying(3)", "Emma"),
        ("inet", "character varying(3)", "::12"),
        ("integer", "smallint", "40000"),
        ("integer[]", "smallint[]", "{40000}"),
        ("text", "smallint", "40000"),
        ("numeric(8,2)", "numeric(3,2)", "10.5"),
    ],
)
def test_it_is_refused_and_never_cut(
    pg: Any, before: str, after: str, value: str
) -> None:
    change = AlterColumn(
        table=table_key("t"),
        before=Column(name="c", type=before),
        after=Column(name="c", type=after),
    )
    (statement,) = render(change)
    with pg.cursor() as cursor:
        cursor.execute(f"CREATE TABLE t (c {before})")
        cursor.execute(f"INSERT INTO t VALUES ('{value}')")
    with pg.cursor() as cursor, pytest.raises(DataError):
        cursor.execute(statement.sql)


@pytest.mark.parametrize("before", ["smallint", "integer", "bigint"])
@pytest.mark.parametrize(
    ("after", "value"),
    [
        ("uuid", "00000000-0000-0000-0000-00000000000a"),
        ("boolean", "True"),
        ("text", "10"),
        ("jsonb", "10"),
        ("numeric(8,2)", "10.00"),
    ],
)
def test_every_whole_number_has_a_conversion(
    pg: Any, before: str, after: str, value: str
) -> None:
    change = AlterColumn(
        table=table_key("t"),
        before=Column(name="c", type=before),
        after=Column(name="c", type=after),
    )
    (statement,) = render(change)
    with pg.cursor() as cursor:
        cursor.execute(f"CREATE TABLE t (c {before})")
        cursor.execute("INSERT INTO t VALUES (10)")
        cursor.execute(statement.sql)
        cursor.execute("SELECT c FROM t")
        assert [str(each) for each in cursor.fetchone()] == [value]
