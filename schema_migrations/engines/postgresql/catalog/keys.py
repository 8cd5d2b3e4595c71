"""Map rows of the catalogs to the keys of objects.  Pure.

PostgreSQL identifies an object by its address: catalog, oid, column number (or 0).
An object without a key here is out of scope, and so is everything on it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.traits import CONSTRAINT, INDEX
from schema_migrations.schema.model import (
    NO_KEYS,
    Key,
    Kind,
    table_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_migrations.engines.postgresql.catalog.rows import (
        CatalogRows,
        ObjectRow,
        OpaqueRow,
    )

ObjectAddress = tuple[int | None, int | None, int | None]
"""An address with a NULL part belongs to no object."""
KeysByAddress = dict[ObjectAddress, Key]
NeedsByKey = defaultdict[Key, set[Key]]

# The oids of these catalogs are the same on every server.
# https://www.postgresql.org/docs/current/system-catalog-initial-data.html
PG_CLASS, PG_CONSTRAINT = 1259, 2606


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All rows, the keys of the objects in scope, and what these need."""

    rows: CatalogRows
    keys: KeysByAddress
    wholes: KeysByAddress
    """As ``wholes_of`` returns them."""
    needs: NeedsByKey

    def find_needs(self, key: Key) -> frozenset[Key]:
        """Return what an object or a column needs."""
        needed = self.needs.get(key)
        # One value for the many that need nothing: Python makes another each time.
        return frozenset(needed) if needed else NO_KEYS

    def select(
        self, kind: Kind, catalog: int, rows: Iterable[ObjectRow]
    ) -> Iterator[tuple[ObjectRow, Key]]:
        """Yield the rows whose objects have a key of this kind, each with the key."""
        for row in rows:
            key = self.keys.get((catalog, row.oid, 0))
            if key and key.kind == kind:
                yield row, key


def namespaces_of(rows: CatalogRows) -> dict[int | None, str]:
    """Return the namespaces in scope by oid; None: that of the whole database."""
    namespaces = [row for row in rows.definitions if row.kind == "namespace"]
    return {None: "", **{row.oid: row.name for row in namespaces}}


def keys_of(rows: CatalogRows, *, alone: bool = False) -> KeysByAddress:
    """Return the keys of all objects in scope, by address.

    ``alone``: a partition is a table like others, with all that it has from its parent.
    """
    spaces = namespaces_of(rows)
    keys: KeysByAddress = {}
    for named in rows.definitions:
        if named.namespace in spaces and named.name:
            key = Key(named.kind, spaces[named.namespace], named.name)
            keys[named.catalog, named.oid, 0] = key
    for table in rows.tables:
        if table.namespace in spaces and (alone or not table.is_partition):
            key = table_key(table.name, spaces[table.namespace])
            keys[PG_CLASS, table.oid, 0] = key
    # Other objects may be on these relations.
    opaque = [row for row in rows.opaque if not (alone and row.attachment)]
    relations = [row for row in opaque if row.catalog == PG_CLASS]
    for row, key in select_opaque(relations, keys, spaces):
        keys[row.catalog, row.oid, 0] = key
    for sequence in rows.sequences:
        if sequence.namespace in spaces and _has_key(keys, sequence.owner):
            key = Key("sequence", spaces[sequence.namespace], sequence.name)
            keys[PG_CLASS, sequence.oid, 0] = key
    _add_part_keys(keys, rows, alone=alone)
    for row, key in select_opaque(opaque, keys, spaces):
        if row.catalog:
            keys[row.catalog, row.oid, 0] = key
    return keys


def _add_part_keys(keys: KeysByAddress, rows: CatalogRows, *, alone: bool) -> None:
    """Add the keys of columns, constraints and indexes.

    Constraints and indexes of an opaque relation (a partition, a materialized view) are
    opaque too, and so is NOT NULL that is NOT VALID: no property of the column yet.
    """
    for column in rows.columns:
        table = keys.get((PG_CLASS, column.relation, 0))
        if table and table.kind == "table":
            keys[PG_CLASS, column.relation, column.number] = table.column(column.name)
    for row in rows.constraints:
        table = keys.get((PG_CLASS, row.relation, 0))
        if row.inherited and not alone:
            continue
        if table and table.kind == "table" and row.type != "not null":
            keys[PG_CONSTRAINT, row.oid, 0] = table.constraint(row.name)
        elif table:
            key = table._replace(kind="opaque", part=f"{CONSTRAINT.noun} {row.name}")
            keys[PG_CONSTRAINT, row.oid, 0] = key
    for index in rows.indexes:
        table = keys.get((PG_CLASS, index.relation, 0))
        if index.inherited and not alone:
            continue
        if table and table.kind == "table":
            keys[PG_CLASS, index.oid, 0] = Key("index", table.namespace, index.name)
        elif table:
            key = Key("opaque", table.namespace, index.name, INDEX.noun)
            keys[PG_CLASS, index.oid, 0] = key


def select_opaque(
    rows: Iterable[OpaqueRow], keys: KeysByAddress, spaces: dict[int | None, str]
) -> Iterator[tuple[OpaqueRow, Key]]:
    """Yield the rows whose schema and relation are in scope, each with its key."""
    for row in rows:
        if row.namespace in spaces and _has_key(keys, row.owner):
            yield row, Key("opaque", spaces[row.namespace], row.name, row.part)


def _has_key(keys: KeysByAddress, relation: int | None) -> bool:
    """Return whether a relation is in scope, or there is none."""
    return relation is None or (PG_CLASS, relation, 0) in keys


def wholes_of(rows: CatalogRows, keys: KeysByAddress) -> KeysByAddress:
    """Return the keys of what partitions have from the whole table, by the parts' addresses.

    What needs the column, key or index of a partition needs that of the whole table, with
    which it changes and goes.
    """
    tops = {row.oid: row.owner for row in rows.opaque if row.attachment}
    wholes: KeysByAddress = {}
    for column in rows.columns:
        top = keys.get((PG_CLASS, tops.get(column.relation), 0))
        if top:
            wholes[PG_CLASS, column.relation, column.number] = top.column(column.name)
    parents: dict[ObjectAddress, ObjectAddress] = {}
    for key in rows.constraints:
        if key.inherited and key.parent:
            parents[PG_CONSTRAINT, key.oid, 0] = PG_CONSTRAINT, key.parent, 0
    for index in rows.indexes:
        if index.inherited and index.parent:
            parents[PG_CLASS, index.oid, 0] = PG_CLASS, index.parent, 0
    for part, parent in parents.items():
        top_part = parent
        while top_part in parents:
            top_part = parents[top_part]
        if top_part in keys:
            wholes[part] = keys[top_part]
    return wholes


def find_key(
    keys: KeysByAddress, catalog: int | None, oid: int | None, column: int | None
) -> Key | None:
    """Return the key at an address; a column without one has its relation's key."""
    return keys.get((catalog, oid, column)) or keys.get((catalog, oid, 0))


def needs_of(
    rows: CatalogRows, keys: KeysByAddress, wholes: KeysByAddress
) -> NeedsByKey:
    """Return the keys that every object and column needs, never its own."""
    needs: NeedsByKey = defaultdict(set)
    for row in rows.dependencies:
        key = find_key(keys, row.catalog, row.oid, row.column)
        address = row.needed_catalog, row.needed_oid, row.needed_column
        needed, whole = find_key(keys, *address), wholes.get(address)
        if key and key != needed:
            needs[key] |= {each for each in (needed, whole) if each}
    return needs
