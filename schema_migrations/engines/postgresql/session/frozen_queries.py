"""Read a catalog where a file made functions or operators named like the server's.

The server prefers whichever fits the arguments best, so a file's own could be called by
our queries, with the rights of the session.  In a view they were chosen when it was
created, and for that only the server's are in the path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from schema_migrations.engines.postgresql.catalog.inspect import read_catalog_queries
from schema_migrations.engines.postgresql.quote import quote_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.engines.connection import Cursor

SET_SERVERS_PATH = "SET search_path TO pg_catalog, pg_temp"
"""A statement that looks nothing up; functions are never taken from ``pg_temp``."""

RIVALS_QUERY = """
SELECT FROM pg_catalog.pg_operator WHERE oid >= 16384
UNION ALL
SELECT FROM pg_catalog.pg_cast WHERE oid >= 16384
UNION ALL
SELECT FROM pg_catalog.pg_proc AS p
 WHERE p.oid >= 16384
   AND EXISTS (SELECT FROM pg_catalog.pg_proc AS s
                WHERE s.proname = p.proname AND s.oid < 16384)
"""
"""A row for each object that a query might take instead of the server's; for a view."""


class FrozenCursor:
    """A cursor that reads the catalog queries through views."""

    def __init__(self, cursor: Cursor, views: Mapping[str, str]) -> None:
        self._cursor = cursor
        self._views = views

    def execute(self, query: Any, params: Any = None) -> Any:
        return self._cursor.execute(self._views.get(query, query), params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def freeze(cursor: Cursor, schema: str, rivals_view: str) -> Cursor:
    """Return a cursor for reading the catalog; the same one if nothing rivals.

    ``schema`` is where views may be made, ``rivals_view`` one of ``RIVALS_QUERY``.
    """
    cursor.execute(f"TABLE {rivals_view} LIMIT 1")
    if cursor.fetchone() is None:
        return cursor
    cursor.execute("SHOW search_path")
    (path,) = cursor.fetchone()
    cursor.execute(SET_SERVERS_PATH)
    views = {}
    for number, (_, sql) in enumerate(read_catalog_queries()):
        name = f"{schema}.query_{number}"
        cursor.execute(f"CREATE OR REPLACE VIEW {name} AS {sql}")
        views[sql] = f"TABLE {name}"
    cursor.execute(
        f"SELECT pg_catalog.set_config('search_path', {quote_literal(path)}, false)"
    )
    return cast("Cursor", FrozenCursor(cursor, views))
