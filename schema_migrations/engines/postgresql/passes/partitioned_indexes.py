"""Make indexes of partitioned tables alone, and attach those of partitions.  Pure.

``CREATE INDEX … ON ONLY`` makes an index that waits until every partition has attached
one of its own.  https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import ONLY_MARK
from schema_migrations.errors import UnsupportedChange
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Index, Key, Opaque, Schema

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes


def complete_indexes(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Make an index alone after all partitions, and attach again what went with one.

    Raises ``UnsupportedChange`` for an index that is no longer to be attached.
    """
    dropped = {c.object.key for c in changes if isinstance(c, ddl.Drop)}
    tables = {c.table.key for c in changes if isinstance(c, ddl.DropTable)}
    detached = {c.partition.key for c in changes if isinstance(c, ddl.Detach)}
    removed = dropped | detached
    gone: set[Key] = set()
    again: list[ddl.Change] = []
    for attached in current.of(Opaque):
        if not attached.trait.attaches_index:
            continue
        index = _index_of(attached)
        if attached.needs & dropped:
            gone |= {attached.key, index}
            if attached.key not in dropped and attached.key in desired.by_key:
                again.append(ddl.Create(object=attached))
        elif attached.key in dropped:
            gone.add(attached.key)
            part = current.get(index)
            if attached.owner not in tables and not (
                isinstance(part, Opaque) and part.needs & removed
            ):
                raise UnsupportedChange(
                    problem=f"index {index.name} is attached to index"
                    f" {min(attached.needs).name}, and PostgreSQL cannot detach it"
                )
    kept = [
        _await_partitions(change, desired)
        for change in changes
        if not (isinstance(change, ddl.Drop) and change.object.key in gone)
    ]
    return (*kept, *(_await_partitions(change, desired) for change in again))


def _index_of(attached: Opaque) -> Key:
    """Return the key of the partition's index; what attaches it has the same name."""
    return attached.key._replace(part="index")


def _await_partitions(change: ddl.Change, desired: Schema) -> ddl.Change:
    match change:
        case ddl.Create(object=Index(definition=text) as index) if text.endswith(
            ONLY_MARK
        ):
            partitions = {
                obj.key
                for obj in desired.of(Opaque)
                if obj.trait.holds_rows and obj.owner == index.table
            }
            return replace(
                change, object=replace(index, needs=index.needs | partitions)
            )
        case ddl.Create(object=Opaque() as obj) if obj.trait.attaches_index:
            needs = obj.needs | {_index_of(obj)}
            return replace(change, object=replace(obj, needs=needs))
        case _:
            return change
