"""Make indexes and keys of partitioned tables alone, and attach those of partitions.  Pure.

``CREATE INDEX … ON ONLY`` and ``ALTER TABLE ONLY … ADD PRIMARY KEY`` make one that waits
until every partition has attached its own.  Any other index of the whole table takes what
equals it in a partition that has nothing attached yet, be it an index or a key.
https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import ONLY_MARK, qualify
from schema_migrations.errors import UnsupportedChange
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    NO_KEYS,
    Attachment,
    Constraint,
    Index,
    Key,
    Opaque,
    Schema,
    Table,
)
from schema_migrations.schema.own_parts import (
    list_parts_of_table,
    list_tables_above,
    map_parents,
    own_key_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.plan.plan import Changes


def complete_indexes(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Make an index alone after all partitions, and attach again what went with one.

    Raises ``UnsupportedChange`` for an index that is no longer to be attached.
    """
    _refuse_attached_too(changes, desired)
    dropped = {c.object.key for c in changes if isinstance(c, ddl.Drop)}
    tables = {c.table.key for c in changes if isinstance(c, ddl.DropTable)}
    detached = {c.partition.key for c in changes if isinstance(c, ddl.Detach)}
    removed = dropped | detached
    gone: set[Key] = set()
    again: list[ddl.Change] = []
    for attached in current.of(Opaque):
        if not attached.trait.attaches_index:
            continue
        index = _find_part(attached, current)
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
                whole = attached.key.part.removeprefix("attached to ")
                raise UnsupportedChange(
                    problem=f"index {attached.key.name} is attached to index {whole},"
                    " and PostgreSQL cannot detach it"
                )
    kept = [
        _await_partitions(change, desired)
        for change in changes
        if not (isinstance(change, ddl.Drop) and change.object.key in gone)
    ]
    return (*kept, *(_await_partitions(change, desired) for change in again))


def _refuse_attached_too(changes: Changes, desired: Schema) -> None:
    """Raise ``UnsupportedChange`` for a partition without a part of an index that waits.

    A table that becomes a partition gets a part of every index that the whole table has.
    """
    made = {c.object.key for c in changes if isinstance(c, ddl.Create)}
    wholes: tuple[Index | Constraint, ...] = desired.of(Index) + desired.of(Constraint)
    waiting = [
        obj
        for obj in wholes
        if obj.definition.endswith(ONLY_MARK) and obj.key not in made
    ]
    attached = [obj for obj in desired.of(Opaque) if obj.trait.attaches_index]
    for whole, partition in product(waiting, _list_new_partitions(changes)):
        is_attached = any({whole.key, partition.key} <= obj.needs for obj in attached)
        if whole.table == partition.owner and not is_attached:
            name = whole.key.part or whole.key.name
            raise UnsupportedChange(
                problem=f"{partition.key.name} cannot become a partition without an index"
                f" that is attached to {name}, which waits for those of all partitions."
                f" Drop {name} first, and create it again afterwards"
            )


def _list_new_partitions(changes: Changes) -> Iterator[Opaque]:
    for change in changes:
        match change:
            case ddl.Attach(partition=partition):
                yield partition
            case ddl.Create(object=Opaque(attachment=Attachment()) as partition):
                yield partition
            case _:
                pass


def _find_part(attached: Opaque, schema: Schema) -> Key:
    """Return the key of the partition's index or constraint, which has the same name."""
    index = attached.key._replace(part="index")
    if index in schema.by_key:
        return index
    return next(
        need._replace(part=f"constraint {attached.key.name}")
        for need in attached.needs
        if isinstance(obj := schema.get(need), Opaque) and obj.trait.holds_rows
    )


def _await_partitions(change: ddl.Change, desired: Schema) -> ddl.Change:
    match change:
        case ddl.Create(object=Index() | Constraint() | Opaque() as obj) if (
            table := _table_of_waiting(obj)
        ):
            partitions = {
                each.key
                for each in desired.of(Opaque)
                if each.attachment and each.attachment.parent == table
            }
            return replace(change, object=replace(obj, needs=obj.needs | partitions))
        case ddl.Create(object=Opaque() as obj) if obj.trait.attaches_index:
            needs = obj.needs | {_find_part(obj, desired)}
            return replace(change, object=replace(obj, needs=needs))
        case _:
            return change


def _table_of_waiting(obj: Index | Constraint | Opaque) -> Key | None:
    """Return the table that an index or a key is made on without its partitions."""
    match obj:
        case Index() | Constraint():
            return obj.table if obj.definition.endswith(ONLY_MARK) else None
        case Opaque(trait=trait, needs=needs, definition=text) if (
            trait.is_index or trait.is_constraint
        ):
            tables = (need.table for need in needs if need.kind == "opaque")
            onlys = ("ON ONLY {}", "ALTER TABLE ONLY {}")
            return next(
                (
                    table
                    for table in tables
                    if any(only.format(qualify(table)) in text for only in onlys)
                ),
                None,
            )
        case _:
            return None


def order_own_parts(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Make keys and indexes of single partitions when the whole table's are ready for them.

    A key comes before the index of the whole table that is to take it, and what equals
    such an index and is no part of it comes after; to partitions below it, a partition is
    the whole table.  What goes with an index or a key of
    the whole table has a name, and may be a primary key: that is dropped first.
    """
    columns = {table.key: table.provided_keys for table in desired.of(Table)}
    places = {
        own_key_of(part): part.table
        for partition in desired.of(Opaque)
        for part in list_parts_of_table(partition)
    }
    parents = map_parents(desired)
    gone: dict[Key | None, frozenset[Key]] = {}
    indexes: dict[Key | None, frozenset[Key]] = {}
    keys: dict[Key | None, frozenset[Key]] = {}
    own: dict[Key, frozenset[Key]] = {}
    for change in changes:
        match change:
            case ddl.Create(object=Opaque(whole=Key(), key=key, owner=owner)):
                keys[owner] = keys.get(owner, NO_KEYS) | {key}
            case ddl.Create(object=Opaque(key=key)) if key in places:
                table = places[key]
                own[table] = own.get(table, NO_KEYS) | {key}
            case ddl.Create(object=Index(key=key, table=table)):
                indexes[table] = indexes.get(table, NO_KEYS) | {key}
            case ddl.Drop(object=(Index() | Constraint()) as obj):
                gone[obj.table] = gone.get(obj.table, NO_KEYS) | {obj.key}
            case _:
                pass

    def with_order(change: ddl.Change) -> ddl.Change:
        match change:
            case ddl.Create(object=Index() as index):
                return _with_needs(change, keys.get(index.table, NO_KEYS))
            case ddl.Create(object=Opaque(key=key, owner=Key() as owner) as part) if (
                key in places
            ):
                needs = NO_KEYS
                if part.whole:
                    needs = columns.get(owner, NO_KEYS)
                elif part.trait.is_index:
                    needs = indexes.get(owner, NO_KEYS) | keys.get(owner, NO_KEYS)
                if own and not part.whole:
                    above = list_tables_above(places[key], parents)
                    needs = needs.union(*(own.get(table, NO_KEYS) for table in above))
                dropped = change.gone_first | (gone.get(owner, NO_KEYS) - needs)
                return _with_needs(replace(change, gone_first=dropped), needs)
            case _:
                return change

    return tuple(map(with_order, changes))


def _with_needs(change: ddl.Create, needs: frozenset[Key]) -> ddl.Create:
    obj = change.object
    return replace(change, object=replace(obj, needs=obj.needs | needs))
