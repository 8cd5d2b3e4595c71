"""Ask a server about its roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from schema_migrations.engines.connection import Cursor


def find_missing_roles(cursor: Cursor, names: Collection[str]) -> frozenset[str]:
    """Return those of some roles that the server lacks."""
    cursor.execute(
        "SELECT r.rolname FROM pg_catalog.pg_roles AS r"
        " WHERE r.rolname OPERATOR(pg_catalog.=) ANY (%s::pg_catalog.name[])",
        [list(names)],
    )
    return frozenset(names) - {name for (name,) in cursor.fetchall()}
