"""Atlas's revisions table on PostgreSQL.

Invariant: exactly Atlas's columns and types; Atlas drops any other column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.engines.postgresql.session.execution import fetch_row, fetch_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_migrations.engines.connection import Connection

REVISIONS_TABLE_SQL = """
CREATE TABLE IF NOT EXISTS {schema}."atlas_schema_revisions" (
    "version" character varying NOT NULL,
    "description" character varying NOT NULL,
    "type" bigint NOT NULL DEFAULT 2,
    "applied" bigint NOT NULL DEFAULT 0,
    "total" bigint NOT NULL DEFAULT 0,
    "executed_at" timestamp with time zone NOT NULL,
    "execution_time" bigint NOT NULL,
    "error" text NULL,
    "error_stmt" text NULL,
    "hash" character varying NOT NULL,
    "partial_hashes" jsonb NULL,
    "operator_version" character varying NOT NULL,
    PRIMARY KEY ("version")
)
"""

OWN_REVISIONS_CONDITION = (
    "tableoid = to_regclass(quote_ident(current_schema()) || '.atlas_schema_revisions')"
)

# The setting, not current_schemas(): that leaves out what the role may not use (now).
REVISIONS_TABLES_QUERY = r"""
WITH path AS (
  SELECT coalesce(replace(parts[1], '""', '"'), lower(parts[2]))::name AS name, position
    FROM regexp_matches(current_setting('search_path'),
                        '"((?:[^"]|"")*)"|([^",\s]+)', 'g')
         WITH ORDINALITY AS path (parts, position)
), looked_in AS (
  SELECT CASE name WHEN '$user' THEN current_user ELSE name END AS name, position
    FROM path
   UNION ALL
  SELECT 'atlas_schema_revisions', NULL
)
SELECT n.nspname
  FROM looked_in
  JOIN pg_namespace n ON n.nspname = looked_in.name
  JOIN pg_class c ON c.relnamespace = n.oid
 WHERE c.relname = 'atlas_schema_revisions' AND c.relkind IN ('r', 'p', 'f')
 GROUP BY n.nspname
 ORDER BY min(looked_in.position) NULLS LAST, n.nspname
"""


def find_revisions_tables(connection: Connection) -> Sequence[str]:
    """Return which schemas hold the table: of ``search_path``, and the one of Atlas."""
    return tuple(name for (name,) in fetch_rows(connection, REVISIONS_TABLES_QUERY))


def create_revisions_table(connection: Connection, namespace: str | None) -> None:
    """Create the table and its namespace where they are missing."""
    if namespace is None:
        (namespace,) = fetch_row(connection, "SELECT current_schema()")
    (exists,) = fetch_row(
        connection,
        "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)",
        namespace,
    )
    with connection.cursor() as cursor:
        # IF NOT EXISTS requires the right to create even where nothing is created.
        if not exists:
            cursor.execute(f"CREATE SCHEMA {quote(str(namespace))}")
        cursor.execute(REVISIONS_TABLE_SQL.format(schema=quote(str(namespace))))
