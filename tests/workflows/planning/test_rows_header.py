"""What the header of a file of rows says of values, without one of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schema_migrations.schema.content import Content, TableRows
from schema_migrations.schema.content_difference import ContentDifference
from schema_migrations.schema.model import Column, Schema, Table, table_key
from schema_migrations.workflows.planning.rows_header import list_header_lines

SITE = table_key("site")


def list_lines(literal: str) -> list[str]:
    table = Table(key=SITE, columns=(Column(name="instance_id", type="uuid"),))
    rows = TableRows(table=SITE, columns=("instance_id",), rows=((literal,),))
    return list(
        list_header_lines(
            Schema(frozenset({table})),
            ContentDifference(new=Content(tables=(rows,)), altered=(), missing=()),
            {},
            (),
            datetime.now(UTC),
            (),
        )
    )


@pytest.mark.parametrize(
    "literal",
    [
        "'0f8fad5b-d9cb-469f-a165-70867728950e'",
        "'0f8fad5bd9cb469fa16570867728950e'",
        "'0f8fad5b-d9cb-469f-a165-70867728950e'::uuid",
    ],
)
def test_a_random_uuid_is_named_by_its_column(literal: str) -> None:
    (line,) = [line for line in list_lines(literal) if "random UUIDs" in line]
    assert "site.instance_id" in line
    assert "0f8fad5b" not in line


@pytest.mark.parametrize(
    "literal",
    [
        "'0f8fad5b-d9cb-169f-a165-70867728950e'",  # of time and machine
        "'6ba7b810-9dad-51d1-80b4-00c04fd430c8'",  # of a name: the same on each run
        "'0f8fad5bd9cb469fa16570867728950e0f8f'",
        "1",
    ],
)
def test_another_value_is_none(literal: str) -> None:
    assert not [line for line in list_lines(literal) if "random UUIDs" in line]
