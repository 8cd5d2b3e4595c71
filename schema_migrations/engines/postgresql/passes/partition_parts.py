"""Drop what single partitions have before what the whole table gets.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    NO_KEYS,
    Attachment,
    Constraint,
    ForeignKey,
    Index,
    Key,
    Opaque,
    Schema,
    owner_of,
)
from schema_migrations.schema.own_parts import list_tables_above, map_parents

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes


def drop_partition_parts_first(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Order the drops of a partition, its keys, indexes and ``NOT NULL``.

    A new index of the whole table would take an index of a partition as its part, which
    then cannot be dropped; a primary key forbids ``DROP NOT NULL``; and no partition is
    dropped while rows may refer to it: where foreign keys stay, it is detached first.
    https://www.postgresql.org/docs/current/ddl-partitioning.html
    """
    dropped = [
        change.object
        for change in changes
        if isinstance(change, ddl.Drop) and isinstance(change.object, Opaque)
    ]
    constraints = [obj for obj in dropped if obj.trait.is_constraint]
    indexes = [obj for obj in dropped if obj.trait.is_index]
    references = [k for k in current.of(ForeignKey) if k.key not in desired.by_key]
    kept = {
        k.referenced_table for k in current.of(ForeignKey) if k.key in desired.by_key
    }
    holders = _map_holders(current)
    return tuple(
        _with_holders_first(
            _order_drops(change, constraints, indexes, references, kept), holders
        )
        for change in changes
    )


def _map_holders(schema: Schema) -> dict[Key, frozenset[Key]]:
    """Return index → the partitions with a key that is a part of it, and those above."""
    parents = map_parents(schema)
    partitions = {p.attachment.table.key: p for p in schema.of(Opaque) if p.attachment}
    keys = {partition.key: table for table, partition in partitions.items()}
    holders: dict[Key, frozenset[Key]] = {}
    for part in schema.of(Opaque):
        if part.whole:
            tables = [keys[need] for need in part.needs if need in keys]
            tables += [
                table for each in tables for table in list_tables_above(each, parents)
            ]
            found = {partitions[table].key for table in tables if table in partitions}
            holders[part.whole] = holders.get(part.whole, NO_KEYS) | found
    return holders


def _with_holders_first(
    change: ddl.Change, holders: dict[Key, frozenset[Key]]
) -> ddl.Change:
    """Let an index go after the partitions whose keys are parts of it, where these go."""
    match change:
        case ddl.Drop(object=Index(key=key) | Opaque(key=key)) if key in holders:
            return replace(change, gone_first=change.gone_first | holders[key])
        case _:
            return change


def _order_drops(
    change: ddl.Change,
    constraints: list[Opaque],
    indexes: list[Opaque],
    references: list[ForeignKey],
    kept_references: set[Key],
) -> ddl.Change:
    match change:
        case ddl.Drop(object=Opaque(attachment=Attachment(), owner=owner)):
            gone = {each.key for each in references if each.referenced_table == owner}
            return replace(
                change,
                gone_first=change.gone_first | gone,
                detached_first=owner in kept_references,
            )
        case ddl.Create(
            object=Index() | Constraint() | ForeignKey() | Opaque() as obj
        ) if (
            not isinstance(obj, Opaque) or obj.trait.is_index or obj.trait.is_constraint
        ):
            parts = (*constraints, *indexes)
            gone = {each.key for each in parts if each.owner == owner_of(obj)}
            return replace(change, gone_first=change.gone_first | gone)
        case ddl.Drop(object=Opaque() as obj) if obj.trait.forbids_null:
            gone = {each.key for each in constraints if _is_on_same(each.key, obj.key)}
            return replace(change, gone_first=change.gone_first | gone)
        case _:
            return change


def _is_on_same(one: Key, other: Key) -> bool:
    return (one.namespace, one.name) == (other.namespace, other.name)
