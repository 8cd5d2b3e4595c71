"""Read the schema of a PostgreSQL database from its catalogs (14 to 18).

A constant number of queries, one per kind of object (``queries/``), run in one
snapshot and under fixed settings, so that the same schema always prints the same.
They leave no trace, even inside a caller's transaction.

Expressions of tables are pretty-printed (``pg_get_expr(…, true)``), without needless
parentheses: ``price >= 0::numeric``.  PostgreSQL warns that a later major version may
read such text differently, so nothing relies on it: a plan is proved by replay, and
definitions are compared after the server has read and printed them again.
https://www.postgresql.org/docs/current/functions-info.html

In scope is everything that defines what the database holds and does; owners, grants and
security labels are read, and stand beside the objects.  Out of scope: members of
extensions, the server's own schemas and temporary ones, roles, settings of databases, user
mappings and subscriptions (they hold passwords), the revisions table and Django's own
``django_migrations``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.assemble import assemble_schema
from schema_migrations.engines.postgresql.catalog.rollback import roll_back_at_end
from schema_migrations.engines.postgresql.catalog.rows import ROW_CLASSES, CatalogRows
from schema_migrations.engines.postgresql.session_values import (
    PRINT_VALUES,
    render_set_values,
)

if TYPE_CHECKING:
    from typing import Any

    from schema_migrations.engines.connection import Cursor
    from schema_migrations.schema.model import Schema


_SET_PATH_QUERY = """
SELECT set_config('search_path', 'public', true) WHERE current_schema() = 'public'
"""
"""A dev database has no other schema in its path, so what is in others is qualified."""


def inspect(cursor: Cursor) -> Schema:
    """Return the whole schema, read through a psycopg cursor that returns tuples."""
    rows: dict[str, list[Any]] = {field: [] for field in ROW_CLASSES}
    with roll_back_at_end(cursor, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"):
        cursor.execute(*render_set_values(PRINT_VALUES, in_transaction=True))
        cursor.execute(_SET_PATH_QUERY)
        for field, sql in read_catalog_queries():
            cursor.execute(sql)
            rows[field] += starmap(ROW_CLASSES[field], cursor.fetchall())
        cursor.execute("SELECT pg_catalog.quote_ident(current_user)")
        (role,) = cursor.fetchone()
    return replace(assemble_schema(CatalogRows(**rows)), role=role)


@cache
def read_catalog_queries() -> list[tuple[str, str]]:
    """Return the SQL of each query, behind the name of its rows in ``CatalogRows``."""
    folder = Path(__file__).parent / "queries"
    return [
        (file.relative_to(folder).with_suffix("").parts[0], file.read_text("utf-8"))
        for file in sorted(folder.rglob("*.sql"))
    ]
