"""Quote names for SQLite.  Pure."""

from __future__ import annotations


def quote(name: str) -> str:
    """Return the identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'
