"""Quote names and string constants for PostgreSQL.  Pure.

Names are always quoted, so that PostgreSQL reads them back unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_migrations.schema.model import Key


NAME_BYTES_LIMIT = 63
ONLY_MARK = " /* only */"
"""Ends the definition of an index or a key that waits until every partition has attached
one."""
ATTACHED_MARK = " /* attached */"
"""Ends the definition of a partition's key that is a part of an index of the whole table."""


def shorten_name(name: str) -> str:
    """Return a name as the server stores it: cut after the last whole character that fits.

    https://www.postgresql.org/docs/current/sql-syntax-lexical.html
    """
    return name.encode()[:NAME_BYTES_LIMIT].decode(errors="ignore")


def quote(identifier: str) -> str:
    """Return ``"identifier"``.

    https://www.postgresql.org/docs/current/sql-syntax-lexical.html
    """
    return '"' + identifier.replace('"', '""') + '"'


def qualify(key: Key) -> str:
    """Return an object's quoted name, with its schema unless that is current."""
    prefix = f"{quote(key.namespace)}." if key.namespace else ""
    return prefix + quote(key.name)


def format_time(column: str) -> str:
    """Return an expression that prints a time as ISO 8601, whatever ``datestyle`` is.

    psycopg reads times of one style only.
    """
    return f"to_json({column}) #>> '{{}}'"


def quote_literal(text: str) -> str:
    """Return a string constant that means the same under any setting.

    A backslash needs ``E''``, because ``standard_conforming_strings`` may be off.
    https://www.postgresql.org/docs/current/sql-syntax-lexical.html
    """
    quoted = text.replace("'", "''")
    if "\\" in quoted:
        return "E'" + quoted.replace("\\", "\\\\") + "'"
    return f"'{quoted}'"
