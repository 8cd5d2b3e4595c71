"""Assemble what models cannot describe from rows of the catalog queries.  Pure.

An opaque object's owner is always a table: on a partition it is the table at the top,
on a view there is none.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.keys import (
    PG_CLASS,
    PG_CONSTRAINT,
    Catalog,
    KeysByAddress,
    find_key,
    namespaces_of,
    select_opaque,
)
from schema_migrations.engines.postgresql.catalog.traits import (
    COMMENT,
    CONSTRAINT,
    INDEX,
    PARTITION_KEY,
    SQL_KEYWORDS,
    TRAITS,
    TRIGGER_STATE,
)
from schema_migrations.engines.postgresql.quote import (
    ATTACHED_MARK,
    ONLY_MARK,
    qualify,
    quote,
)
from schema_migrations.schema.model import Attachment, Key, Object, Opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.postgresql.catalog.rows import OpaqueRow
    from schema_migrations.schema.trait import Trait

OwnersByKey = dict[Key, Key]
"""Tables, partitions, the indexes of both and sequences → the table that each is dropped
with."""
OpaqueByKey = dict[Key, Opaque]


PartsByAddress = dict[tuple[int, int], tuple[Object, ...]]
"""Partitions → the tables that they would be alone, with their parts."""


def assemble_opaque_objects(
    catalog: Catalog, owners: OwnersByKey, *, parts: PartsByAddress
) -> OpaqueByKey:
    """Return every opaque object but the comments, by its key."""
    makers = (
        partial(_assemble_uniform_rows, parts=parts),
        _assemble_constraints,
        _assemble_indexes,
    )
    return {obj.key: obj for make in makers for obj in make(catalog, owners)}


def map_owners(catalog: Catalog) -> OwnersByKey:
    """Return the table that each part of one is dropped with."""
    keys = catalog.keys
    owners = {key: key for key in keys.values() if key.kind == "table"}
    for partition in catalog.rows.opaque:
        key = keys.get((partition.catalog, partition.oid, 0))
        if partition.attachment and key:
            owners[key] = keys[PG_CLASS, partition.owner, 0]
    for index in catalog.rows.indexes:
        key = keys.get((PG_CLASS, index.oid, 0))
        if key and keys[PG_CLASS, index.relation, 0] in owners:
            owners[key] = owners[keys[PG_CLASS, index.relation, 0]]
    for sequence in catalog.rows.sequences:
        key = keys.get((PG_CLASS, sequence.oid, 0))
        table = keys.get((PG_CLASS, sequence.owner, 0))
        if key and table:
            owners[key] = table
    return owners


def _assemble_uniform_rows(
    catalog: Catalog, owners: OwnersByKey, *, parts: PartsByAddress
) -> Iterator[Opaque]:
    keys, spaces = catalog.keys, namespaces_of(catalog.rows)
    selected = tuple(select_opaque(catalog.rows.opaque, keys, spaces))
    # The state of a trigger is also that of its copies, until they get another one.
    states = {row.needed_oid: key for row, key in selected if row.type == TRIGGER_STATE}
    for row, key in selected:
        relation = keys.get((PG_CLASS, row.owner, 0))
        address = row.needed_catalog, row.needed_oid, row.needed_column or 0
        need, whole = find_key(keys, *address), catalog.wholes.get(address)
        needs = catalog.find_needs(key) | {each for each in (need, whole) if each}
        if relation and relation.kind == "opaque" and relation != key:
            needs |= {relation}
        trait = TRAITS[row.type]
        if trait.ends_with_detaching and row.needed_oid in states:
            needs |= {states[row.needed_oid]}
        needs = frozenset(each for each in needs if not _is_lent(each, trait))
        if trait.borrows_needs and need:
            needs |= catalog.find_needs(need)
        yield Opaque(
            key=key,
            trait=trait,
            definition=row.definition,
            owner=owners.get(relation) if relation else None,
            drop_sql=row.drop,
            shape=tuple(row.shape),
            needs=needs,
            attachment=_make_attachment(row, key, keys, parts),
        )


def _make_attachment(
    row: OpaqueRow, key: Key, keys: KeysByAddress, parts: PartsByAddress
) -> Attachment | None:
    if not row.attachment or row.catalog is None or row.oid is None:
        return None
    attach, detach, partition_key, parent, bounds, *required = row.attachment
    alone = parts[row.catalog, row.oid]
    if partition_key:
        part = Opaque(
            key=key._replace(part=PARTITION_KEY.noun),
            trait=PARTITION_KEY,
            definition=partition_key,
            owner=alone[0].key,
        )
        alone = (*alone, part)
    return Attachment(
        objects=alone,
        parent=keys[PG_CLASS, int(parent), 0].table,
        bounds=bounds,
        attach_sql=attach,
        detach_sql=detach,
        required_columns=tuple(required),
    )


def _is_lent(need: Key, trait: Trait) -> bool:
    return need.kind == "opaque" and need.part.startswith(trait.lent_needs)


def _assemble_constraints(catalog: Catalog, owners: OwnersByKey) -> Iterator[Opaque]:
    rows = catalog.rows.constraints
    for row, key in catalog.select("opaque", PG_CONSTRAINT, rows):
        relation = catalog.keys[PG_CLASS, row.relation, 0]
        alter = f"ALTER TABLE {qualify(relation)}"
        wholes = (catalog.keys.get((PG_CLASS, oid, 0)) for oid in row.wholes)
        whole = next(filter(None, wholes), None)
        mark = ATTACHED_MARK if row.attached else ""
        definition = row.definition.removesuffix(ONLY_MARK)
        only = "ONLY " if definition != row.definition else ""
        yield Opaque(
            key=key,
            trait=CONSTRAINT,
            definition=f"ALTER TABLE {only}{qualify(relation)}"
            f" ADD CONSTRAINT {quote(row.name)} {definition}{mark}",
            owner=owners.get(relation),
            drop_sql=f"{alter} DROP CONSTRAINT {quote(row.name)}",
            needs=catalog.find_needs(key),
            whole=whole,
        )


def _assemble_indexes(catalog: Catalog, owners: OwnersByKey) -> Iterator[Opaque]:
    for row, key in catalog.select("opaque", PG_CLASS, catalog.rows.indexes):
        relation = catalog.keys[PG_CLASS, row.relation, 0]
        create = "CREATE UNIQUE INDEX" if row.unique else "CREATE INDEX"
        definition = row.definition.removesuffix(ONLY_MARK)
        only = "ONLY " if definition != row.definition else ""
        yield Opaque(
            key=key,
            trait=INDEX,
            definition=f"{create} {quote(row.name)} ON {only}{qualify(relation)} {definition}",
            owner=owners.get(relation),
            drop_sql=f"DROP INDEX {qualify(key)}",
            needs=catalog.find_needs(key),
        )


def assemble_comments(
    catalog: Catalog, owners: OwnersByKey, opaque: OpaqueByKey
) -> Iterator[Opaque]:
    """Yield the comments on objects of any kind but tables and their columns."""
    for row in catalog.rows.comments:
        key = catalog.keys.get((row.catalog, row.oid, row.number))
        if not key:
            continue
        target = row.subject or render_subject(key, row.column, opaque)
        kind = "" if key.kind in ("opaque", "column") else key.kind
        subject = " ".join(filter(None, (row.words, kind, key.part, row.column)))
        yield Opaque(
            key=Key("opaque", key.namespace, key.name, f"{COMMENT.noun} on {subject}"),
            trait=COMMENT,
            definition=f"COMMENT ON {target or subject} IS {row.literal}",
            owner=find_table_of(key, owners, opaque),
            drop_sql=f"COMMENT ON {target} IS NULL" if target else "",
            needs=frozenset({key}),
        )


def find_table_of(key: Key, owners: OwnersByKey, opaque: OpaqueByKey) -> Key | None:
    """Return the table that what is on an object is dropped with."""
    if key.kind in ("constraint", "column"):
        return key.table
    return opaque[key].owner if key in opaque else owners.get(key)


def render_subject(key: Key, column: str | None, opaque: OpaqueByKey) -> str:
    """Return the object as COMMENT ON and ALTER name it; empty if no statement is known."""
    if column:
        return f"COLUMN {qualify(key)}.{quote(column)}"
    if key.kind == "constraint":
        return f"CONSTRAINT {quote(key.part)} ON {qualify(key)}"
    if key.kind != "opaque":
        return f"{SQL_KEYWORDS[key.kind]} {qualify(key)}"
    if opaque[key].trait.is_constraint:
        name = key.part.removeprefix(f"{CONSTRAINT.noun} ")
        return f"CONSTRAINT {quote(name)} ON {qualify(key)}"
    return opaque[key].drop_sql.removeprefix("DROP ")
