"""Quoted names come back from the server as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.schema.model import Key, table_key

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

NAMES = [
    "plain",
    "Mixed Case",
    'with "quotes"',
    "select",
    "naïve Größe",
    "a.b",
    "x" * 63,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_quoted_name_is_read_back_unchanged(
    pg: BaseDatabaseWrapper, name: str
) -> None:
    with pg.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {quote(name)} ()")
        cursor.execute(
            "SELECT relname FROM pg_class WHERE oid ="
            " (SELECT max(oid) FROM pg_class WHERE relkind = 'r')"
        )
        assert cursor.fetchone() == (name,)


def test_qualified_names() -> None:
    """The current schema is not named; for a column it is the table's name."""
    assert qualify(table_key("t")) == '"t"'
    assert qualify(table_key("t", "s")) == '"s"."t"'
    assert qualify(table_key("t", "s").column("c")) == '"s"."t"'
    assert qualify(Key(kind="enum", name='a"b')) == '"a""b"'
