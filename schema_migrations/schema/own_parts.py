"""What partitions have for themselves, and what of it is a part of the whole table's.

An index or a key of the whole table takes what equals it in a partition that has nothing
in its place yet, and then neither can be dropped without the other.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from schema_migrations.schema.model import (
    Column,
    Constraint,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Table,
)

KEY_TYPES = ("primary key", "unique")


def find_tied_tables(current: Schema, desired: Schema) -> set[Key]:
    """Return the tables of the partitions whose keys only ATTACH and DETACH can change.

    A key that is a part of an index of the whole table cannot be dropped while that
    exists, nor the index before the key, nor do their columns change their types.  And an
    index that exists takes none in place of what it has, unless it waits for that: only a
    partition that is attached brings its own.
    """
    retyped = _find_retyped(current, desired)
    tied = set()
    for partition, part in _list_attached_keys(current):
        own, after = current.get(own_key_of(part)), desired.get(own_key_of(part))
        is_kept = (
            isinstance(own, Opaque)
            and isinstance(after, Opaque)
            and own == after
            and _is_alike(current, own.whole, desired, after.whole)
        )
        if not is_kept or any((partition.owner, c) in retyped for c in part.columns):
            tied.add(_table_key_of(partition))
    waiting = {k for o in desired.of(Opaque) if o.trait.attaches_index for k in o.needs}
    for partition, part in _list_attached_keys(desired):
        own = desired.get(own_key_of(part))
        if not isinstance(own, Opaque) or not partition.owner:
            continue
        if current.get(own.key) != own and own.whole not in waiting:
            indexes = current.by_table.get(partition.owner, ())
            if any(_is_alike(current, i.key, desired, own.whole) for i in indexes):
                tied.add(_table_key_of(partition))
    return tied & {_table_key_of(obj) for obj in desired.of(Opaque) if obj.attachment}


def _table_key_of(partition: Opaque) -> Key:
    assert partition.attachment is not None
    return partition.attachment.table.key


def _list_attached_keys(schema: Schema) -> Iterator[tuple[Opaque, Constraint]]:
    """Yield the partitions with each key that is a part of an index of the whole table."""
    for partition in schema.of(Opaque):
        for part in list_parts_of_table(partition):
            own = schema.get(own_key_of(part))
            if isinstance(part, Constraint) and isinstance(own, Opaque) and own.whole:
                yield partition, part


def _find_retyped(current: Schema, desired: Schema) -> set[tuple[Key | None, str]]:
    """Return the tables and names of the columns whose types change."""
    return {
        (table.key, column.name)
        for table in desired.of(Table)
        if isinstance(before := current.get(table.key), Table)
        for column in before.columns
        if table.key.column(column.name) in table.provided_keys
        and _type_of(column) != _type_of(table.get_column(column.name))
    }


def _type_of(column: Column) -> tuple[str, str | None]:
    return column.type, column.collation


def _is_alike(
    one: Schema, key: Key | None, other: Schema, counterpart: Key | None
) -> bool:
    """Tell whether two objects differ by nothing but their names."""
    obj = one.get(key) if key else None
    another = other.get(counterpart) if counterpart else None
    if obj is None or another is None:
        return False
    return replace(obj, key=another.key) == another


def find_equal_own_parts(
    partition: Opaque, schema: Schema
) -> Iterator[tuple[Key, Opaque]]:
    """Yield what a partition has for itself although an equal part of it is attached.

    Each with the key that it would have if the partition were a table.
    """
    parts = tuple(list_parts_of_table(partition))
    owns = {part.key: schema.get(own_key_of(part)) for part in parts}
    attached = [p for p in parts if not _stands_alone(owns[p.key])]
    for part in parts:
        own = owns[part.key]
        is_rival = any(would_take(each, part) for each in attached)
        if is_rival and isinstance(own, Opaque) and _stands_alone(own):
            yield part.key, own


def _stands_alone(own: Object | None) -> bool:
    return isinstance(own, Opaque) and own.whole is None


def list_parts_of_table(partition: Opaque) -> Iterator[Index | Constraint]:
    """Yield the indexes, keys and exclusion constraints that it would have as a table."""
    for obj in partition.attachment.objects if partition.attachment else ():
        match obj:
            case Index() | Constraint(type="primary key" | "unique" | "exclusion"):
                yield obj
            case _:
                pass


def own_key_of(part: Index | Constraint | ForeignKey) -> Key:
    """Return the key that an index or a constraint has while its table is a partition."""
    word = " ".join(filter(None, (part.key.kind, part.key.part)))
    return Key("opaque", part.key.namespace, part.key.name, word)


def would_take(whole: Index | Constraint, part: Index | Constraint) -> bool:
    """Tell whether an index or a key of a whole table takes a partition's as its part.

    A key takes keys, an index takes both.
    """
    if isinstance(whole, Constraint) and isinstance(part, Index):
        return False
    return _read_index(whole) == _read_index(part)


def _read_index(part: Index | Constraint) -> tuple[bool, str]:
    """Return whether an index, or that of a key, is unique, and what it consists of."""
    is_unique = part.unique if isinstance(part, Index) else part.type in KEY_TYPES
    text = part.definition
    return is_unique, text[text.find("(") :] if is_unique else text
