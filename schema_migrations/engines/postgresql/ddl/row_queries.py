"""What the queries for breaking rows need to know of PostgreSQL.  Pure."""

from __future__ import annotations

import re

from schema_migrations.engines.postgresql.ddl.misfits import render_misfit_condition
from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.engines.row_queries import EngineRowQueries
from schema_migrations.plan.existing_rows import ColumnValue
from schema_migrations.schema.definition_text import HIDDEN, mask_nested

_EXPRESSION = re.compile(
    rf"(?:[\w.${HIDDEN}]+(?:\({HIDDEN}*\))?|\({HIDDEN}*\))(?: COLLATE [\w.${HIDDEN}]+)?"
)
"""A column, a call or a group; an operator class and an order may follow.

https://www.postgresql.org/docs/current/sql-createindex.html
"""


def read_expression(item: str) -> str:
    """Return an item of an index without operator class and order."""
    found = _EXPRESSION.match(mask_nested(item))
    return item[: found.end()] if found else item


def _render_value(value: ColumnValue) -> str:
    return f"CAST({value.sql} AS {value.type})"


ROW_QUERIES = EngineRowQueries(
    quote=quote,
    qualify=qualify,
    render_value=_render_value,
    read_expression=read_expression,
    render_misfit_condition=render_misfit_condition,
    row_address="ctid",
)
