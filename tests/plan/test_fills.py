"""Which expression gives existing rows their value."""

from __future__ import annotations

import pytest

from schema_migrations.plan.fills import fill
from schema_migrations.schema.changes import AddColumn
from schema_migrations.schema.model import Column, column_key, table_key

TABLE = table_key("t")
DEFAULTS = {column_key(TABLE, "c"): "'new'"}


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
    answers = {} if answer is None else {column_key(TABLE, column.name): answer}

    (filled,) = fill(
        (AddColumn(table=TABLE, column=column),), DEFAULTS, answers=answers
    )

    assert isinstance(filled, AddColumn)
    assert filled.fill == expected
