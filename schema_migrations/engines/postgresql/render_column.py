"""Columns in PostgreSQL's words: within ``CREATE TABLE`` and ``ALTER TABLE``.  Pure."""

from __future__ import annotations

import re

from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.schema.model import Column


def literal(text: str) -> str:
    """Return a string constant that means the same under any setting.

    ``E''`` where there is a backslash: ``standard_conforming_strings`` may be off.
    https://www.postgresql.org/docs/current/sql-syntax-lexical.html
    """
    quoted = text.replace("'", "''")
    if "\\" in quoted:
        return "E'" + quoted.replace("\\", "\\\\") + "'"
    return f"'{quoted}'"


def column_sql(column: Column, *, default: str | None = None) -> str:
    """Return ``"name" type …``; ``default`` stands in for a missing column default."""
    parts = [quote(column.name), column.type]
    if column.collation:
        parts.append(f"COLLATE {column.collation}")
    value = column.default if default is None else default
    if value is not None:
        parts.append(f"DEFAULT {value}")
    if column.generated is not None:
        kind = column.generated_kind.upper()
        parts.append(f"GENERATED ALWAYS AS ({column.generated}) {kind}")
    if column.identity:
        parts.append(_identity(column))
    if not column.nullable:
        parts.append("NOT NULL")
    return " ".join(parts)


def _identity(column: Column) -> str:
    options = f" ({column.identity_options})" if column.identity_options else ""
    return f"GENERATED {column.identity.upper()} AS IDENTITY{options}"


def alter_actions(before: Column, after: Column) -> list[str]:
    """Return the actions of one ``ALTER TABLE`` that lead from one to the other.

    PostgreSQL sorts the actions of one statement into passes (drops, types, then
    settings), so a default may be dropped and set anew around a type change.
    """
    retyped = (before.type, before.collation) != (after.type, after.collation)
    actions: list[str] = []
    if before.identity and not after.identity:
        actions.append("DROP IDENTITY")
    if before.generated is not None and after.generated is None:
        actions.append("DROP EXPRESSION")
    if before.default is not None and (retyped or after.default is None):
        actions.append("DROP DEFAULT")
    if retyped:
        actions.append(_type(before, after))
    if after.default is not None and (retyped or before.default != after.default):
        actions.append(f"SET DEFAULT {after.default}")
    if before.nullable != after.nullable:
        actions.append("DROP NOT NULL" if after.nullable else "SET NOT NULL")
    if after.identity and not before.identity:
        actions.append(f"ADD {_identity(after)}")
    elif after.identity:
        actions += _identity_actions(before, after)
    return [f"ALTER COLUMN {quote(after.name)} {action}" for action in actions]


def _identity_actions(before: Column, after: Column) -> list[str]:
    actions = []
    if before.identity != after.identity:
        actions.append(f"SET GENERATED {after.identity.upper()}")
    if before.identity_options != after.identity_options:
        options = after.identity_options or "INCREMENT BY 1"
        actions.append(
            re.sub(
                r"\b(START|INCREMENT|MINVALUE|MAXVALUE|NO |CACHE|CYCLE)",
                r"SET \1",
                options,
            )
        )
    return actions


def _type(before: Column, after: Column) -> str:
    collate = f" COLLATE {after.collation}" if after.collation else ""
    using = ""
    if needs_cast(before.type, after.type):
        using = f" USING {quote(after.name)}::{after.type}"
    return f"TYPE {after.type}{collate}{using}"


_FAMILIES = {
    "number": ("smallint", "integer", "bigint", "numeric", "real", "double precision"),
    "text": ("character varying", "character", "text", "citext", "name"),
    "moment": ("date", "timestamp without time zone", "timestamp with time zone"),
}


def needs_cast(before: str, after: str) -> bool:
    """Tell whether a type change must be spelled out with ``USING``.

    Not where an assignment cast exists: it refuses a value that an explicit cast would
    silently cut (``varchar(5)``).
    https://www.postgresql.org/docs/current/sql-createcast.html
    """
    old, new = _family(before), _family(after)
    return not (new == "text" or (old == new))


def _family(type_: str) -> str:
    base = re.sub(r"\s*\([^)]*\)", "", type_)
    return next((name for name, types in _FAMILIES.items() if base in types), base)
