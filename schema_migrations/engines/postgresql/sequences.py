"""The sequences behind identity columns, which a schema does not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.schema.model import Key, column_key, table_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.engines.engine import Cursor

_OWNED = """
SELECT t.relname, a.attname, s.relname
FROM pg_depend d
JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_class t ON t.oid = d.refobjid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
  AND d.deptype = 'i' AND t.relnamespace = current_schema()::regnamespace
"""


def identity_sequences(cursor: Cursor) -> Mapping[Key, str]:
    """Return identity column → name of its sequence, in the current schema."""
    cursor.execute(_OWNED)
    return {
        column_key(table_key(table), column): sequence
        for table, column, sequence in cursor.fetchall()
    }
