"""Which values SQLite refuses when a table becomes ``STRICT``; else it takes all.  Pure.

Beside a number a text that reads as one counts as that number, a BLOB never does.
https://www.sqlite.org/stricttables.html
https://www.sqlite.org/datatype3.html#type_conversions_prior_to_comparison
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_migrations.schema import changes as ddl

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_migrations.schema.model import Table

_WHOLE = "CAST(CAST({value} AS NUMERIC) AS INTEGER) <> {value}"
_CONDITIONS = {
    "INT": _WHOLE,
    "INTEGER": _WHOLE,
    "REAL": "CAST({value} AS NUMERIC) <> {value}",
    "TEXT": "typeof({value}) = 'blob'",
    "BLOB": "typeof({value}) NOT IN ('blob', 'null')",
}
_STRICT = re.compile(r"\bSTRICT\b", re.IGNORECASE)


def render_misfit_condition(
    change: ddl.AlterColumn | ddl.AlterTable, old_value: Callable[[str], str]
) -> str:
    """Return the condition of the rows that the server refuses; empty: it takes all."""
    if isinstance(change, ddl.AlterColumn):
        return ""
    if _is_strict(change.before) or not _is_strict(change.after):
        return ""
    old = {column.name for column in change.before.columns}
    return " OR ".join(
        _CONDITIONS[column.type.upper()].format(value=old_value(column.name))
        for column in change.after.columns_in_order
        if column.type.upper() in _CONDITIONS and column.name in old
    )


def _is_strict(table: Table) -> bool:
    return bool(_STRICT.search(table.options))
