"""Convert values to a column's new type; SQL for defaults that differ per row.  Pure.

SQLite keeps any value in any column and converts by the column's affinity:
https://www.sqlite.org/datatype3.html#type_affinity.  If Django could not read the
result as a value of the new type, an expression converts it to Django's form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.sqlite.quote import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.plan.fills import ComputedDefault
    from schema_migrations.schema.model import Column

UUID_TYPE = "char(32)"
"""The type of Django's UUID columns on SQLite."""

_TYPE_FAMILIES = {
    "boolean": ("bool",),
    "fraction": ("decimal", "real"),
    "text": ("varchar", "char", "text"),
    "date": ("date",),
    "datetime": ("datetime",),
    "time": ("time",),
    "bytes": ("blob",),
}
"""https://github.com/django/django/blob/main/django/db/backends/sqlite3/base.py"""

_TRUE_TEXTS = "'1', 't', 'true', 'y', 'yes', 'on'"
_FALSE_TEXTS = "'0', 'f', 'false', 'n', 'no', 'off'"
"""As PostgreSQL reads them: https://www.postgresql.org/docs/current/datatype-boolean.html"""


def find_conversion(before: Column, after: Column) -> str | None:
    """Return an expression for the new value.

    Empty: the value is copied unchanged.  None: the two types have no conversion.  A
    whole number becomes the UUID of that number, so that references still match.
    """
    column = quote(before.name)
    match _find_family(before.type), _find_family(after.type):
        case one, other if one == other or "" in (one, other):
            return ""
        case "bytes", "text":
            return f"CAST({column} AS text)"
        case _, "text":
            return ""
        case "text", "bytes":
            return f"CAST({column} AS blob)"
        case "text", "uuid":
            return f"lower(replace({column}, '-', ''))"
        case "text", "boolean":
            return (
                f"CASE WHEN lower({column}) IN ({_TRUE_TEXTS}) THEN 1"
                f" WHEN lower({column}) IN ({_FALSE_TEXTS}) THEN 0 ELSE {column} END"
            )
        case ("text", _) | ("boolean" | "whole", "fraction") | ("boolean", "whole"):
            return ""
        case "whole", "uuid":
            value = f"printf('%032x', {column})"  # prints NULL as 0
            return (
                f"CASE WHEN {column} IS NOT NULL THEN {value} END"
                if before.nullable
                else value
            )
        case (("whole" | "fraction"), "boolean"):
            return f"{column} <> 0"
        case "fraction", "whole":
            return f"CAST(round({column}) AS integer)"
        case "date", "datetime":
            return f"{column} || ' 00:00:00'"
        case "datetime", "date":
            return f"substr({column}, 1, 10)"
        case "datetime", "time":
            return f"substr({column}, 12)"
        case _:
            return None


def _find_family(type_: str) -> str:
    """Return the name of a type's family; empty for a type that Django does not use."""
    type_ = type_.lower()
    if type_ == UUID_TYPE:
        return "uuid"
    base = type_.partition("(")[0]
    if "int" in base:
        return "whole"
    return next((name for name, types in _TYPE_FAMILIES.items() if base in types), "")


COMPUTED_DEFAULTS: Mapping[ComputedDefault, str] = {
    "uuid4": (
        "lower(hex(randomblob(6))) || '4' || substr(lower(hex(randomblob(2))), 2)"
        " || substr('89ab', 1 + (abs(random()) % 4), 1)"
        " || substr(lower(hex(randomblob(8))), 2)"
    ),
    "now": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "today": "date('now')",
    "time": "strftime('%H:%M:%f', 'now')",
}
"""SQL for defaults that Python would compute for each row."""
