"""What partitions have for themselves, and what of it is a part of the whole table's.

An index, a key or a foreign key of the whole table takes what equals it in a partition that
has nothing in its place yet, and then neither can be dropped without the other.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from schema_migrations.schema.definition_text import (
    mask_nested,
    read_condition,
    read_group,
    split_list,
)
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

Part = Index | Constraint | ForeignKey
"""What a table can have, and a partition for itself or from the whole table."""
KEY_TYPES = ("primary key", "unique")
_ORDERING = re.compile(r"(?: DESC)?(?: NULLS (?:FIRST|LAST))?$")


def find_tables_to_reattach(current: Schema, desired: Schema) -> set[Key]:
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


def list_parts_of_table(partition: Opaque) -> Iterator[Part]:
    """Yield all that it would have as a table but checks."""
    for obj in partition.attachment.objects if partition.attachment else ():
        match obj:
            case Constraint(type="check"):
                pass
            case Index() | Constraint() | ForeignKey():
                yield obj
            case _:
                pass


def map_parents(schema: Schema) -> dict[Key, Key]:
    """Return the table that each partition is → its parent, as a table."""
    return {
        each.attachment.table.key: each.attachment.parent
        for each in schema.of(Opaque)
        if each.attachment
    }


def list_tables_above(table: Key, parents: Mapping[Key, Key]) -> Iterator[Key]:
    """Yield the parent of a partition and those of that, up to the top."""
    above = parents.get(table)
    while above:
        yield above
        above = parents.get(above)


def own_key_of(part: Part) -> Key:
    """Return the key that an index or a constraint has while its table is a partition."""
    word = " ".join(filter(None, (part.key.kind, part.key.part)))
    return Key("opaque", part.key.namespace, part.key.name, word)


def would_take(whole: Part, part: Part) -> bool:
    """Tell whether one of a whole table takes one of a partition as its part.

    A key takes keys, an index takes both.  The server compares neither the order in an
    index, nor its storage, nor when a key is checked.
    """
    if isinstance(whole, ForeignKey) or isinstance(part, ForeignKey):
        return type(whole) is type(part) and whole.definition == part.definition
    if isinstance(whole, Constraint) and isinstance(part, Index):
        return False
    return _read_index(whole) == _read_index(part)


class _IndexTraits(NamedTuple):
    """What an index is, or that of a key, as far as the server compares it."""

    method: str
    unique: bool
    keys: tuple[str, ...]
    included: str
    nulls_equal: bool
    condition: str


def _read_index(part: Index | Constraint) -> _IndexTraits:
    text = part.definition
    keys, rest = read_group(text)
    is_unique = part.unique if isinstance(part, Index) else part.type in KEY_TYPES
    head = text[: text.index("(")].rstrip()
    return _IndexTraits(
        method="" if is_unique else head,
        unique=is_unique,
        keys=tuple(_ORDERING.sub("", key) for key in split_list(keys)),
        included=read_group(rest)[0] if rest.startswith(" INCLUDE ") else "",
        nulls_equal=" NULLS NOT DISTINCT" in mask_nested(text),
        condition=read_condition(rest),
    )
