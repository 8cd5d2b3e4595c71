"""What becomes of a value when its column gets another type, and values for all rows.

SQLite keeps any value in any column and converts by the column's affinity, as it does
for Django: https://www.sqlite.org/datatype3.html#type_affinity
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.sqlite.tokens import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.engines.engine import Value
    from schema_migrations.schema.model import Column

UUID = "char(32)"
"""How Django keeps a UUID here."""


def conversion(before: Column, after: Column) -> str | None:
    """Return an expression of the new value; empty: the value is taken as it is.

    A whole number becomes the UUID of that number, so that references still meet; there
    is no number of a UUID (None).
    """
    if after.type == UUID and "int" in before.type.lower():
        column = quote(before.name)
        value = f"printf('%032x', {column})"  # of NULL it makes 0
        return (
            f"CASE WHEN {column} IS NOT NULL THEN {value} END"
            if before.nullable
            else value
        )
    return None if before.type == UUID and "int" in after.type.lower() else ""


VALUES: Mapping[Value, str] = {
    "uuid4": (
        "lower(hex(randomblob(6))) || '4' || substr(lower(hex(randomblob(2))), 2)"
        " || substr('89ab', 1 + (abs(random()) % 4), 1)"
        " || substr(lower(hex(randomblob(8))), 2)"
    ),
    "now": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "today": "date('now')",
    "time": "strftime('%H:%M:%f', 'now')",
}
"""Defaults that Python would compute anew for each row."""
