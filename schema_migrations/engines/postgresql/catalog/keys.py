"""Map rows of the catalogs to the keys of objects.  Pure.

PostgreSQL identifies an object by its address: catalog, oid, column number (or 0).
An object without a key here is out of scope, and so is everything on it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from schema_migrations.schema.model import (
    Key,
    Kind,
)

CatalogRows = dict[str, list[Any]]
"""Rows of each catalog query, by its name."""
ObjectAddress = tuple[int, int, int]
KeysByAddress = dict[ObjectAddress, Key]
NeedsByKey = defaultdict[Key, set[Key]]

# The oids of these catalogs are the same on every server.
# https://www.postgresql.org/docs/current/system-catalog-initial-data.html
PG_CLASS, PG_TYPE, PG_CONSTRAINT = 1259, 1247, 2606
PG_NAMESPACE, PG_EXTENSION, PG_COLLATION = 2615, 3079, 3456

_NAMED_KINDS: tuple[tuple[str, int, Kind], ...] = (
    ("tables", PG_CLASS, "table"),
    ("enums", PG_TYPE, "enum"),
    ("domains", PG_TYPE, "domain"),
    ("collations", PG_COLLATION, "collation"),
)


# All queries of opaque objects return the same columns: catalog, oid, namespace, owner,
# name, part, type, definition, drop; some add the address of one more need, and then
# the shape.  Listed first: relations that other objects may be on.
OPAQUE_RELATION_QUERIES = ("views", "partitions", "foreign_tables", "composite_types")
OTHER_OPAQUE_QUERIES = (
    "aggregates",
    "casts",
    "column_settings",
    "event_triggers",
    "foreign_data",
    "functions",
    "others",
    "policies",
    "publications",
    "range_types",
    "rules",
    "statistics",
    "table_settings",
    "triggers",
)
NOT_NULL = "not null"


def namespaces_of(rows: CatalogRows) -> dict[int, str]:
    """Return the namespaces in scope by oid, as keys spell them: '' for the current."""
    return {oid: "" if current else name for oid, name, current in rows["namespaces"]}


def keys_of(rows: CatalogRows) -> KeysByAddress:
    """Return the keys of all objects in scope, by address."""
    spaces = namespaces_of(rows)
    keys: KeysByAddress = {}
    for oid, name, current in rows["namespaces"]:
        if not current:
            keys[PG_NAMESPACE, oid, 0] = Key(kind="namespace", name=name)
    for oid, name in rows["extensions"]:
        keys[PG_EXTENSION, oid, 0] = Key(kind="extension", name=name)
    for query, catalog, kind in _NAMED_KINDS:
        for oid, space, name, *_ in rows[query]:
            if space in spaces:
                key = Key(kind=kind, namespace=spaces[space], name=name)
                keys[catalog, oid, 0] = key
    _add_opaque_keys(keys, rows, spaces, OPAQUE_RELATION_QUERIES)
    for oid, space, name, _, owner, _ in rows["sequences"]:
        if space in spaces and (owner is None or (PG_CLASS, owner, 0) in keys):
            key = Key(kind="sequence", namespace=spaces[space], name=name)
            keys[PG_CLASS, oid, 0] = key
    _add_part_keys(keys, rows)
    _add_opaque_keys(keys, rows, spaces, OTHER_OPAQUE_QUERIES)
    return keys


def _add_part_keys(keys: KeysByAddress, rows: CatalogRows) -> None:
    """Add the keys of columns, constraints and indexes.

    Constraints and indexes of an opaque relation (a partition, a materialized view) are
    opaque too, and so is NOT NULL that is NOT VALID: no property of the column yet.
    """
    for relation, number, name, *_ in rows["columns"]:
        table = keys.get((PG_CLASS, relation, 0))
        if table:
            keys[PG_CLASS, relation, number] = table.column(name)
    for query in ("constraints", "foreign_keys"):
        for oid, relation, name, type_, *_ in rows[query]:
            table = keys.get((PG_CLASS, relation, 0))
            if table and table.kind == "table" and type_ != NOT_NULL:
                keys[PG_CONSTRAINT, oid, 0] = table.constraint(name)
            elif table:
                part = f"constraint {name}"
                keys[PG_CONSTRAINT, oid, 0] = opaque_key(table, table.name, part)
    for oid, relation, name, *_ in rows["indexes"]:
        table = keys.get((PG_CLASS, relation, 0))
        if table and table.kind == "table":
            key = Key(kind="index", namespace=table.namespace, name=name)
            keys[PG_CLASS, oid, 0] = key
        elif table:
            keys[PG_CLASS, oid, 0] = opaque_key(table, name, "index")


def opaque_key(sibling: Key, name: str, part: str) -> Key:
    """Return the key of an opaque object in the namespace of another object."""
    return Key(kind="opaque", namespace=sibling.namespace, name=name, part=part)


def _add_opaque_keys(
    keys: KeysByAddress,
    rows: CatalogRows,
    namespaces: dict[int, str],
    queries: tuple[str, ...],
) -> None:
    for query in queries:
        for row in rows[query]:
            key = key_of_row(row, keys, namespaces)
            if key and row[0]:
                keys[row[0], row[1], 0] = key


def key_of_row(row: Any, keys: KeysByAddress, namespaces: dict[int, str]) -> Key | None:
    """Return the key of an opaque object; None: its schema or table is out of scope."""
    _, _, space, owner, name, part, *_ = row
    if space is not None and space not in namespaces:
        return None
    if owner is not None and (PG_CLASS, owner, 0) not in keys:
        return None
    namespace = namespaces.get(space, "")
    return Key(kind="opaque", namespace=namespace, name=name, part=part)


def find_key(keys: KeysByAddress, catalog: int, oid: int, column: int) -> Key | None:
    """Return the key at an address; a column without one has its relation's key."""
    return keys.get((catalog, oid, column)) or keys.get((catalog, oid, 0))


def needs_of(rows: CatalogRows, keys: KeysByAddress) -> NeedsByKey:
    """Return the keys that every object and column needs, never its own."""
    needs: NeedsByKey = defaultdict(set)
    for catalog, oid, column, *needed_address in rows["depends"]:
        key = find_key(keys, catalog, oid, column)
        needed = find_key(keys, *needed_address)
        if key and needed and key != needed:
            needs[key].add(needed)
    return needs
