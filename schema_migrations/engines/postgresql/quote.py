"""Names as PostgreSQL reads them back unchanged: always quoted.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_migrations.schema.model import Key


def quote(identifier: str) -> str:
    """Return ``"identifier"``.

    https://www.postgresql.org/docs/current/sql-syntax-lexical.html
    """
    return '"' + identifier.replace('"', '""') + '"'


def qualify(key: Key) -> str:
    """Return the name of a key's object, with its schema where that is not current."""
    prefix = f"{quote(key.namespace)}." if key.namespace else ""
    return prefix + quote(key.name)


def quote_literal(text: str) -> str:
    """Return a string constant that means the same under any setting.

    ``E''`` where there is a backslash: ``standard_conforming_strings`` may be off.
    https://www.postgresql.org/docs/current/sql-syntax-lexical.html
    """
    quoted = text.replace("'", "''")
    if "\\" in quoted:
        return "E'" + quoted.replace("\\", "\\\\") + "'"
    return f"'{quoted}'"
