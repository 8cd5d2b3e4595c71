"""Keep what partitions have for themselves when the whole table gets an equal part.  Pure.

A new index, key or foreign key of the whole table takes what equals it in a partition, and so does a
partition that is attached: ``schema/own_parts.py``.
https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import ATTACHED_MARK, ONLY_MARK
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    NO_KEYS,
    Constraint,
    ForeignKey,
    Index,
    Key,
    Opaque,
    Schema,
)
from schema_migrations.schema.own_parts import (
    Part,
    list_parts_of_table,
    list_tables_above,
    map_parents,
    own_key_of,
    would_take,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.plan.plan import Changes


def keep_own_parts(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Keep a partition's key that a new index of the whole table is to have as its part.

    What equals that index and is to stay for itself is dropped before and made anew after,
    and so is a foreign key.  To partitions below it, a partition is the whole table.
    """
    dropped = {c.object.key: c.object for c in changes if isinstance(c, ddl.Drop)}
    taken = {
        change.object.key
        for change in changes
        if isinstance(change, ddl.Create)
        and isinstance(before := dropped.get(change.object.key), Opaque)
        and change.object.definition == f"{before.definition}{ATTACHED_MARK}"
    }
    moved = {c.partition.key for c in changes if isinstance(c, ddl.Attach)}
    result = [
        change
        for change in changes
        if not (
            isinstance(change, ddl.Create | ddl.Drop) and change.object.key in taken
        )
    ]
    seen = set(dropped)
    parents = map_parents(current)
    for key, whole in _list_new_wholes(changes, desired):
        after = frozenset({key}) if isinstance(whole, ForeignKey) else NO_KEYS
        for own in _list_equal(whole, current, moved, parents):
            if own.key not in seen and desired.get(own.key) == own:
                seen.add(own.key)
                again = replace(own, needs=own.needs | after)
                result += [ddl.Drop(object=own), ddl.Create(object=again)]
    return tuple(result)


def _list_new_wholes(changes: Changes, desired: Schema) -> Iterator[tuple[Key, Part]]:
    """Yield what may take parts of partitions, each with its key."""
    parts = {
        own_key_of(part): part
        for partition in desired.of(Opaque)
        for part in list_parts_of_table(partition)
    }
    for change in changes:
        match change:
            case ddl.Create(object=Index() | Constraint() | ForeignKey() as whole):
                if not whole.definition.endswith(ONLY_MARK):
                    yield whole.key, whole
            case ddl.Create(object=Opaque(key=key)) if key in parts:
                yield key, parts[key]
            case _:
                pass


def _list_equal(
    whole: Part, schema: Schema, moved: set[Key], parents: dict[Key, Key]
) -> Iterator[Opaque]:
    """Yield what partitions have for themselves and an object of the whole would take."""
    for partition in schema.of(Opaque):
        if partition.attachment is None or partition.key in moved:
            continue
        if whole.table in list_tables_above(partition.attachment.table.key, parents):
            for part in list_parts_of_table(partition):
                own = schema.get(own_key_of(part))
                if isinstance(own, Opaque) and would_take(whole, part):
                    yield own
