"""Tables that become partitions, partitions that become tables, other bounds or names.

A table keeps its rows when it is attached to a partitioned table or detached from it.  So
these are no drop and no creation: the table is detached, altered like any other, and
attached.  Pure.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Constraint,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Table,
    owner_of,
    provided_keys_of,
)
from schema_migrations.schema.own_parts import (
    find_equal_own_parts,
    find_tables_to_reattach,
    own_key_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionMoves:
    """The partitions that are detached and those that are attached."""

    detached: tuple[Opaque, ...] = ()
    attached: tuple[Opaque, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.detached or self.attached)

    @property
    def moved_owners(self) -> set[Key | None]:
        """The tables at the top that partitions leave and others, or the same, come to."""
        return {p.owner for p in self.detached} & {p.owner for p in self.attached}


def find_partition_moves(current: Schema, desired: Schema) -> PartitionMoves:
    """Return the partitions that are attached or detached, in key order."""
    tied = find_tables_to_reattach(current, desired)
    return PartitionMoves(
        detached=tuple(_find_left(current, desired, tied)),
        attached=tuple(_find_left(desired, current, tied)),
    )


def _find_left(schema: Schema, other: Schema, tied: set[Key]) -> Iterator[Opaque]:
    """Yield each partition that in ``other`` is a table, or a partition elsewhere.

    And those among the ``tied`` ones that stay, or are new.
    """
    for obj in schema.of(Opaque):
        if obj.attachment is None:
            continue
        counterpart = other.get(obj.key)
        is_table = isinstance(other.get(_table_of(obj).key), Table)
        is_elsewhere = (
            isinstance(counterpart, Opaque) and counterpart.definition != obj.definition
        )
        if is_elsewhere or is_table or _table_of(obj).key in tied:
            yield obj


def _table_of(partition: Opaque) -> Table:
    assert partition.attachment is not None
    return partition.attachment.table


def list_moves(changes: Iterable[ddl.Change]) -> PartitionMoves:
    """Return the moves that are among changes."""
    moves = [c for c in changes if isinstance(c, ddl.Attach | ddl.Detach)]
    return PartitionMoves(
        detached=tuple(c.partition for c in moves if isinstance(c, ddl.Detach)),
        attached=tuple(c.partition for c in moves if isinstance(c, ddl.Attach)),
    )


def partition_key_needs_of(table: Table) -> frozenset[Key]:
    """Return what a table needs and none of its columns: what its partition key calls."""
    return table.needs.difference(*(column.needs for column in table.columns))


def with_detached(schema: Schema, partitions: Iterable[Opaque]) -> Schema:
    """Return the schema with tables instead of the partitions."""
    partitions = tuple(partitions)
    for partition in partitions:
        assert partition.attachment is not None
        removed = [obj.key for obj in _list_parts(schema, partition)]
        schema = schema.replace_objects(removed, partition.attachment.objects)
    return _with_needed_tables(schema, partitions)


def _with_needed_tables(schema: Schema, partitions: Iterable[Opaque]) -> Schema:
    """Let what needs a partition need the table too that this is when it is detached.

    And the same columns of that table as of the whole one.
    """
    by_key = {partition.key: partition for partition in partitions}
    users = [obj for obj in schema if by_key and not obj.needs.isdisjoint(by_key)]
    return schema.replace_objects((), (_need_tables(o, by_key) for o in users))


def _need_tables(obj: Object, partitions: Mapping[Key, Opaque]) -> Object:
    needed: set[Key] = set()
    for partition in (partitions[key] for key in obj.needs & partitions.keys()):
        table = _table_of(partition)
        needed.add(table.key)
        needed |= {
            table.key.column(column.name)
            for column in table.columns
            if partition.owner and partition.owner.column(column.name) in obj.needs
        }
    return replace(obj, needs=obj.needs | needed)


def with_moves(
    current: Schema, desired: Schema, moves: PartitionMoves
) -> tuple[Schema, Schema]:
    """Return the schemas after all detaching, and before all attaching."""
    if not moves:
        return current, desired
    current = replace_detached_partitions(current, desired, moves)
    desired = replace_attached_partitions(desired, moves.attached)
    return with_desired_owners(current, desired), desired


def replace_detached_partitions(
    current: Schema, desired: Schema, moves: PartitionMoves
) -> Schema:
    """Return the schema with tables instead of the detached partitions.

    They lack what goes with a foreign key of the whole table that is dropped before, and
    what ends when they are detached.
    """
    tops = {partition.owner for partition in moves.detached}
    dropped = {
        (key.table, key.referenced_table, key.definition)
        for key in current.of(ForeignKey)
        if key.referenced_table in tops and _is_dropped_first(key, desired, moves)
    }
    lost = [
        key.key
        for partition in moves.detached
        for key in _list_inherited_keys(partition, current)
        if (partition.owner, key.referenced_table, key.definition) in dropped
    ]
    detached = {partition.key for partition in moves.detached}
    lost += [
        obj.key
        for obj in current.of(Opaque)
        if obj.trait.ends_with_detaching and not obj.needs.isdisjoint(detached)
    ]
    return with_detached(current, moves.detached).replace_objects(lost, ())


def _is_dropped_first(key: ForeignKey, desired: Schema, moves: PartitionMoves) -> bool:
    """Tell whether a foreign key is dropped, and not only with its table."""
    if desired.get(key.key) == key:
        return key.referenced_table in moves.moved_owners
    if desired.get(key.table):
        return True
    return key.referenced_table != key.table and not desired.get(key.referenced_table)


def _list_inherited_keys(partition: Opaque, schema: Schema) -> Iterator[ForeignKey]:
    """Yield the foreign keys that a partition has from the whole table."""
    for obj in partition.attachment.objects if partition.attachment else ():
        if isinstance(obj, ForeignKey) and own_key_of(obj) not in schema.by_key:
            yield obj


def replace_attached_partitions(schema: Schema, partitions: Iterable[Opaque]) -> Schema:
    """Return the schema with tables, as they can be attached, instead of the partitions.

    They lack what equals an attached index or key and is none: ATTACH might take that one
    instead, so it is made afterwards.  And they lack foreign keys of whole tables that
    refer to one another in a circle and all get partitions: none of these can be first
    to have the rows that it refers to, and ATTACH makes the foreign keys that are there.
    """
    partitions = tuple(partitions)
    later = {
        key: own
        for partition in partitions
        for key, own in find_equal_own_parts(partition, schema)
    }
    circle = _find_circle(schema, partitions)
    keys = [
        key.key
        for partition in partitions
        for key in _list_inherited_keys(partition, schema)
        if (partition.owner, key.referenced_table) in circle
    ]
    tables = with_detached(schema, partitions)
    return tables.replace_objects((*later, *keys), later.values())


def _find_circle(
    schema: Schema, partitions: Iterable[Opaque]
) -> set[tuple[Key | None, Key]]:
    """Return which tables with these partitions refer to which, where that leads back."""
    owners = {partition.owner for partition in partitions}
    links = {
        (key.table, key.referenced_table)
        for key in schema.of(ForeignKey)
        if {key.table, key.referenced_table} <= owners
    }
    paths = set(links)
    while longer := {
        (start, end)
        for start, middle in paths
        for other, end in links
        if other == middle and (start, end) not in paths
    }:
        paths |= longer
    return {(one, other) for one, other in links if (other, one) in paths}


def _list_parts(schema: Schema, partition: Opaque) -> list[Opaque]:
    """Return the partition and what stands for its columns, constraints and indexes."""
    assert partition.attachment is not None
    parts = partition.attachment.objects
    indexes = {obj.key.name for obj in parts if isinstance(obj, Index)}
    return [
        obj
        for obj in schema.of(Opaque)
        if obj.key.namespace == partition.key.namespace
        and _is_part_of_table(obj, partition, indexes)
    ]


def _is_part_of_table(obj: Opaque, partition: Opaque, indexes: set[str]) -> bool:
    """Tell whether an opaque object of a partition is no longer one in a table."""
    if obj.key.name in indexes:
        return obj.trait.takes_relation_name
    if obj.key.name != partition.key.name or obj.owner != partition.owner:
        return False
    # A comment may be on another part.
    is_own = not obj.trait.is_setting or obj.needs == {partition.key}
    return obj.key == partition.key or (obj.trait.is_part_of_table and is_own)


def with_desired_owners(current: Schema, desired: Schema) -> Schema:
    """Return ``current`` with the owners and needs of equal objects in ``desired``.

    The owner of a partition's trigger is the table at the top, wherever that is.
    """
    same = [
        after
        for obj in current.of(Opaque)
        if isinstance(after := desired.get(obj.key), Opaque)
        and obj != after
        and replace(obj, owner=after.owner) == after
    ]
    return current.replace_objects((), same)


def make_move_changes(
    moves: PartitionMoves, current: Schema, desired: Schema
) -> Iterator[ddl.Change]:
    """Yield the changes that detach and attach, apart from those of the tables.

    A foreign key to the table at the top is dropped and added again: the server refuses
    to detach a partition with a row that others refer to.  So are those of tables that
    refer to one another in a circle, before the rows of any are there.
    """
    filled = [p for p in moves.attached if current.get(_table_of(p).key)]
    circle = _find_circle(desired, filled)
    renewed = [
        key
        for key in current.of(ForeignKey)
        if desired.get(key.key) == key
        and (
            key.referenced_table in moves.moved_owners
            or ((key.table, key.referenced_table) in circle and not _refers_to_own(key))
        )
    ]
    for partition in moves.detached:
        yield ddl.Detach(partition=partition, table=_table_of(partition))
    for partition in moves.attached:
        assert partition.attachment is not None
        table = _table_of(partition)
        tables = {table.key, partition.owner}
        old, new = _collect_keys(current, tables), _collect_keys(desired, tables)
        parts = {obj.key for obj in partition.attachment.objects}
        yield ddl.Attach(
            partition=partition,
            table=table,
            gone_first=old - new | {key.key for key in renewed},
            made_later=frozenset(parts - desired.by_key.keys()),
        )
    for key in renewed:
        yield ddl.Drop(object=key)
        yield ddl.Create(object=key)


def _refers_to_own(key: ForeignKey) -> bool:
    return key.table == key.referenced_table


def _collect_keys(schema: Schema, tables: set[Key | None]) -> frozenset[Key]:
    """Return the keys of tables, their columns, constraints and indexes."""
    return frozenset(
        key
        for obj in schema
        if (obj.key in tables or owner_of(obj) in tables)
        and isinstance(obj, Table | Constraint | ForeignKey | Index)
        for key in (obj.key, *provided_keys_of(obj))
    )


def list_partition_tables(schema: Schema) -> tuple[Table, ...]:
    """Return the tables that the partitions would be if they were detached."""
    return tuple(_table_of(obj) for obj in schema.of(Opaque) if obj.attachment)


def pair_renamed_partitions(
    gone: Iterable[Opaque],
    new: Iterable[Opaque],
    renamed_tables: Mapping[Key, Key] = MappingProxyType({}),
    *,
    existing: Container[Key],
) -> dict[Key, Key]:
    """Return old → new table keys of the partitions whose names change, not their bounds.

    No two partitions of one parent have the same bounds.  A parent may have another name
    itself, among the ``renamed_tables`` or those found here.  What an ``existing`` table
    is called is no new name: that table may be what becomes the partition.
    """
    places = {
        (p.parent, p.bounds): p.table.key
        for p in (obj.attachment for obj in new)
        if p is not None and p.table.key not in existing
    }
    left = [obj.attachment for obj in gone if obj.attachment is not None]
    pairs: dict[Key, Key] = {}
    while True:
        tables = {**renamed_tables, **pairs}
        found = {
            p.table.key: name
            for p in left
            if p.table.key not in tables
            and (p.parent in tables or p.parent not in tables.values())
            and (name := places.get((tables.get(p.parent, p.parent), p.bounds)))
            and name.namespace == p.table.key.namespace
            and name not in tables.values()
        }
        if not found:
            return pairs
        pairs |= found


def with_current_partitions(
    current: Schema, desired: Schema, changes: Iterable[ddl.Change]
) -> Schema:
    """Return ``desired`` without the attaching and detaching among the changes."""
    moves = [c for c in changes if isinstance(c, ddl.Attach | ddl.Detach)]
    attached = [c.partition for c in moves if isinstance(c, ddl.Attach)]
    desired = with_detached(desired, attached)
    for move in moves:
        table = move.table.key
        new = [obj.key for obj in desired if table in (obj.key, owner_of(obj))]
        partition = current.get(move.partition.key)
        parts: list[Object] = [o for o in current if table in (o.key, owner_of(o))]
        if isinstance(partition, Opaque):
            parts += _list_parts(current, partition)
        desired = desired.replace_objects(new, parts)
    return desired
