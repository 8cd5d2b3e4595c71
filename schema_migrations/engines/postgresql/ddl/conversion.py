"""Convert values to a column's new type; SQL for defaults that differ per row.  Pure.

PostgreSQL's assignment cast is preferred where there is one: it refuses a value that an
explicit cast would silently truncate (``varchar(5)``).
https://www.postgresql.org/docs/current/sql-createcast.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.plan.fills import ComputedDefault
    from schema_migrations.schema.model import Column

_TYPE_FAMILIES = {
    "number": ("smallint", "integer", "bigint", "numeric", "real", "double precision"),
    "boolean": ("boolean",),
    "text": ("character varying", "character", "text", "citext", "name"),
    "moment": ("date", "timestamp without time zone", "timestamp with time zone"),
    "time": ("time without time zone", "time with time zone"),
    "interval": ("interval",),
    "uuid": ("uuid",),
    "json": ("json",),
    "jsonb": ("jsonb",),
    "bytes": ("bytea",),
    "address": ("inet", "cidr"),
    "range": (
        "int4range",
        "int8range",
        "numrange",
        "daterange",
        "tsrange",
        "tstzrange",
    ),
}
_WHOLE_NUMBER_TYPES = ("smallint", "integer", "bigint")


def find_conversion(before: Column, after: Column) -> str | None:
    """Return the ``USING`` expression that computes the new value from the old column.

    Empty: PostgreSQL converts by itself.  None: the two types have no conversion.  A
    whole number becomes the UUID of that number, so that references still match.  A cast
    is tried for types that are not built in.
    """
    return _convert_expression(quote(before.name), before.type, after.type)


def _convert_expression(column: str, before: str, after: str) -> str | None:
    old, new = _strip_modifiers(before), _strip_modifiers(after)
    if old.endswith("[]") or new.endswith("[]"):
        return _convert_array(column, old, after)
    match _find_family(old), _find_family(new):
        case "bytes", "text":
            return f"convert_from({column}, 'UTF8')"
        case "address", "text" if old == "inet":
            return f"abbrev({column})"
        case _, "text":
            return ""
        case "range", "range" if old != new:
            return f"{column}::text::{after}"
        case (one, other) if one == other and (one or old == new):
            return ""
        case (("json" | "jsonb"), "") if new == "hstore":
            return None
        case "", _:
            return f"{column}::{after}"
        case "text", "bytes":
            return f"convert_to({column}, 'UTF8')"
        case "text", _:
            return f"{column}::{after}"
        case _, "":
            return f"{column}::{after}"
        case "number", "boolean":
            return f"{column} <> 0"
        case "boolean", "number":
            return f"{column}::integer" + ("" if new == "integer" else f"::{after}")
        case "number", "uuid" if old in _WHOLE_NUMBER_TYPES:
            # A smallint fits both forms of to_hex equally well, and the server asks.
            number = f"{column}::integer" if old == "smallint" else column
            return f"lpad(to_hex({number}), 32, '0')::uuid"
        case "json", "jsonb":
            return f"{column}::jsonb"
        case "jsonb", "json":
            return f"{column}::json"
        case "jsonb", ("number" | "boolean"):
            return f"{column}::{after}"
        case _, "jsonb":
            return f"to_jsonb({column})"
        case _, "json":
            return f"to_json({column})"
        case ("time", "interval") | ("interval", "time"):
            return ""
        case "moment", "time" if old != "date":
            return ""
        case _:
            return None


def _convert_array(column: str, old: str, after: str) -> str | None:
    """Convert items as single values; a single value becomes an array's only item."""
    new = _strip_modifiers(after)
    if new == "text":
        return ""
    if not new.endswith("[]"):
        return f"to_jsonb({column})" if new == "jsonb" else None
    single = not old.endswith("[]")
    item = _convert_expression(column, old.removesuffix("[]"), after.removesuffix("[]"))
    if item is None:
        return None
    if single:
        return f"CASE WHEN {column} IS NOT NULL THEN ARRAY[{item or column}] END"
    return f"{column}::{after}" if item else ""


def _strip_modifiers(type_: str) -> str:
    return re.sub(r"\s*\([^)]*\)", "", type_)


def _find_family(base: str) -> str:
    """Return the name of a type's family; empty for a type that is not built in."""
    return next((name for name, types in _TYPE_FAMILIES.items() if base in types), "")


COMPUTED_DEFAULTS: Mapping[ComputedDefault, str] = {
    "uuid4": "gen_random_uuid()",
    "now": "now()",
    "today": "CURRENT_DATE",
    "time": "LOCALTIME",
}
"""SQL for defaults that Python would compute for each row."""
