"""Keep what partitions have for themselves when the whole table gets an equal index.  Pure.

A new index or key of the whole table takes what equals it in a partition, and so does a
partition that is attached: ``schema/own_parts.py``.
https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import ATTACHED_MARK, ONLY_MARK
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Constraint, Index, Key, Opaque, Schema
from schema_migrations.schema.own_parts import (
    list_parts_of_table,
    own_key_of,
    would_take,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.plan.plan import Changes


def keep_own_parts(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Keep a partition's key that a new index of the whole table is to have as its part.

    What equals that index and is to stay for itself is dropped before and made anew after.
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
    for change in changes:
        match change:
            case ddl.Create(object=Index() | Constraint() as whole) if (
                not whole.definition.endswith(ONLY_MARK)
            ):
                for own in _list_equal(whole, current, moved):
                    if own.key not in seen and desired.get(own.key) == own:
                        seen.add(own.key)
                        result += [ddl.Drop(object=own), ddl.Create(object=own)]
            case _:
                pass
    return tuple(result)


def _list_equal(
    whole: Index | Constraint, schema: Schema, moved: set[Key]
) -> Iterator[Opaque]:
    """Yield what partitions have for themselves and an index or a key would take."""
    for partition in schema.of(Opaque):
        if partition.owner == whole.table and partition.key not in moved:
            for part in list_parts_of_table(partition):
                own = schema.get(own_key_of(part))
                if isinstance(own, Opaque) and would_take(whole, part):
                    yield own
