"""What a model can read: tables, and views and other relations that have a table's name."""

from __future__ import annotations

from collections.abc import Iterable

from schema_migrations.schema.model import Key, Opaque, Schema, Table, table_key


def find_relations(schema: Schema, tables: Iterable[Key]) -> dict[Key, Key]:
    """Return relation → table of the relations in ``schema`` that have a table's name."""
    tables = frozenset(tables)
    found = {
        obj.key: table_key(obj.key.name, obj.key.namespace)
        for obj in schema
        if isinstance(obj, Table)
        or (isinstance(obj, Opaque) and obj.trait.takes_relation_name)
    }
    return {key: table for key, table in found.items() if table in tables}
