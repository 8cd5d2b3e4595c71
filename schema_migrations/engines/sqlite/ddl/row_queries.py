"""What the queries for breaking rows need to know of SQLite.  Pure."""

from __future__ import annotations

from schema_migrations.engines.row_queries import EngineRowQueries
from schema_migrations.engines.sqlite.ddl.misfits import render_misfit_condition
from schema_migrations.engines.sqlite.quote import quote
from schema_migrations.plan.existing_rows import ColumnValue
from schema_migrations.schema.definition_text import mask_nested

_ORDERS = (" ASC", " DESC")


def read_expression(item: str) -> str:
    """Return an item of an index without its order; its collation stays."""
    for order in _ORDERS:
        if mask_nested(item).upper().endswith(order):
            return item[: -len(order)]
    return item


def _render_value(value: ColumnValue) -> str:
    return f"({value.sql})"


ROW_QUERIES = EngineRowQueries(
    quote=quote,
    qualify=lambda key: quote(key.name),
    render_value=_render_value,
    read_expression=read_expression,
    render_misfit_condition=render_misfit_condition,
    row_address="rowid",
)
