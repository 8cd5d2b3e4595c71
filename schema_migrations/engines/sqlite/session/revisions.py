"""Create Atlas's revisions table on SQLite.

Invariant: exactly Atlas's columns and types, since Atlas drops any column it does not
know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection

REVISIONS_TABLE_SQL = """
CREATE TABLE IF NOT EXISTS "atlas_schema_revisions" (
    "version" text NOT NULL,
    "description" text NOT NULL,
    "type" integer NOT NULL DEFAULT (2),
    "applied" integer NOT NULL DEFAULT (0),
    "total" integer NOT NULL DEFAULT (0),
    "executed_at" datetime NOT NULL,
    "execution_time" integer NOT NULL,
    "error" text NULL,
    "error_stmt" text NULL,
    "hash" text NOT NULL,
    "partial_hashes" json NULL,
    "operator_version" text NOT NULL,
    PRIMARY KEY ("version")
)
"""


def create_revisions_table(connection: Connection, namespace: str | None) -> None:
    """Create the table if it is missing; SQLite has one schema, so no other is chosen."""
    with connection.cursor() as cursor:
        cursor.execute(REVISIONS_TABLE_SQL)
