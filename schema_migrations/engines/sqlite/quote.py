"""Quote and compare names as SQLite does.  Pure."""

from __future__ import annotations


def quote(name: str) -> str:
    """Return the identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def fold_case(name: str) -> str:
    """Return a name in lower case as SQLite compares names: ASCII letters only."""
    return (
        name.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
    )
