"""Rewrite changes to what only SQL describes: views, functions, their parts.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.errors import PartitionKeyFixed
from schema_migrations.plan.mentions import find_words
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Definition,
    Key,
    Object,
    Opaque,
    Schema,
    Sequence,
    provided_keys_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_migrations.plan.plan import Changes


def replace_in_place(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Replace a view or function in place if its dependents can still use it.

    Dropping it would also drop its grants.
    """
    dropped = {c.object.key: c.object for c in changes if isinstance(c, ddl.Drop)}
    altered: dict[Key, ddl.Alter] = {}
    for change in changes:
        match change:
            case ddl.Create(object=Opaque(shape=shape) as after):
                before = dropped.get(after.key)
                if isinstance(before, Opaque) and _can_replace(before.shape, shape):
                    altered[after.key] = ddl.Alter(before=before, after=after)
            case _:
                pass
    return tuple(
        altered.get(c.object.key, c) if isinstance(c, ddl.Create) else c
        for c in changes
        if not (isinstance(c, ddl.Drop) and c.object.key in altered)
    )


def _can_replace(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    return bool(before) and after[: len(before)] == before


def fold_partition_keys(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Put the partition key of a new table into its ``CREATE TABLE``; none else can set it."""
    keys = {
        c.object.owner: c.object
        for c in changes
        if isinstance(c, ddl.Create)
        and isinstance(c.object, Opaque)
        and c.object.trait.is_partition_key
    }
    created = {c.table.key for c in changes if isinstance(c, ddl.CreateTable)}
    _refuse_other_key(changes, created)
    _refuse_other_key_type(changes, current)
    folded = {obj.key for owner, obj in keys.items() if owner in created}
    return tuple(
        replace(c, clauses=(*c.clauses, keys[c.table.key].definition))
        if isinstance(c, ddl.CreateTable) and c.table.key in keys
        else c
        for c in changes
        if not (isinstance(c, ddl.Create) and c.object.key in folded)
    )


def _refuse_other_key(changes: Changes, created: set[Key]) -> None:
    """Raise ``PartitionKeyFixed`` if an existing table gets or loses a partition key."""
    dropped_tables = {c.table.key for c in changes if isinstance(c, ddl.DropTable)}
    wanted: dict[Key, dict[str, str]] = {}
    for change in changes:
        if isinstance(change, ddl.Create | ddl.Drop):
            obj = change.object
            if (
                isinstance(obj, Opaque)
                and obj.trait.is_partition_key
                and obj.owner is not None
                and obj.owner not in created | dropped_tables
            ):
                side = "after" if isinstance(change, ddl.Create) else "before"
                wanted.setdefault(obj.owner, {})[side] = obj.definition
    for table in sorted(wanted):
        raise PartitionKeyFixed(
            table=table.path,
            before=wanted[table].get("before", "no partitions"),
            after=wanted[table].get("after", "no partitions"),
        )


def _refuse_other_key_type(changes: Changes, current: Schema) -> None:
    """Raise ``PartitionKeyFixed`` if a column of a partition key gets another type.

    https://www.postgresql.org/docs/current/sql-altertable.html
    """
    keys = [
        (obj.owner, part.definition)
        for obj in current.of(Opaque)
        for part in (obj, *(obj.attachment.objects if obj.attachment else ()))
        if isinstance(part, Opaque) and part.trait.is_partition_key
    ]
    for change in changes:
        match change:
            case ddl.AlterColumn(table=table, before=before, after=after) if (
                before.type != after.type
            ):
                for owner, key in keys:
                    if owner == table and after.name in find_words(
                        key.partition("(")[2]
                    ):
                        raise PartitionKeyFixed(
                            table=table.path,
                            before=f"{key} with {before.name} {before.type}",
                            after=f"{key} with {after.name} {after.type}",
                        )
            case _:
                pass


def omit_part_drops(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Omit drops of comments, indexes and other parts that go with their object.

    A setting that gets another value is not reset first.  A part that names a renamed object stays with it, and only its definition is set again.
    """
    dropped = {
        c.object.key: c.object
        for c in changes
        if isinstance(c, ddl.Drop)
        and not (isinstance(c.object, Opaque) and c.object.trait.is_privilege)
    }
    renamed = {c.before.key for c in changes if isinstance(c, ddl.Rename)}
    created = {c.object.key for c in changes if isinstance(c, ddl.Create)}
    retyped = {
        c.table.column(c.after.name)
        for c in changes
        if isinstance(c, ddl.AlterColumn) and c.before.type != c.after.type
    }

    def goes_along(change: ddl.Change) -> bool:
        match change:
            case ddl.Drop(object=Opaque(trait=trait) as obj):
                if trait.is_overwritten and obj.key in created:
                    # A default must be a value of the column's type.
                    return not (trait.is_reprinted and obj.needs & retyped)
                renamed_too = trait.carries_name and obj.needs & renamed
                gone = [dropped[key] for key in obj.needs if key in dropped]
                if trait.is_constraint and not _is_on_each(obj, gone):
                    # What its foreign key refers to cannot be dropped before it.
                    return False
                # What holds an expression prevents the drop of a function that it calls.
                dropped_too = trait.goes_along and (
                    len(gone) == len(obj.needs) or any(map(_is_relation, gone))
                )
                return bool(renamed_too or (gone and dropped_too))
            case _:
                return False

    return tuple(change for change in changes if not goes_along(change))


def _is_on_each(constraint: Opaque, objects: Iterable[Object]) -> bool:
    name = constraint.key.namespace, constraint.key.name
    return all((obj.key.namespace, obj.key.name) == name for obj in objects)


def _is_relation(obj: Object) -> bool:
    match obj:
        case Opaque(trait=trait):
            return trait.takes_relation_name or trait.holds_rows
        case _:
            return False


def add_mentioned_needs(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Let a function need the new relations, types and functions that its body names.

    The server records no dependency for a body stored as text, yet it refuses a SQL
    function that names a missing object.  Needs that would form a cycle are left out;
    such a function is created without a look at its body.
    """
    keys_by_name: dict[str, set[Key]] = {}
    for change in changes:
        match change:
            case (
                ddl.Create(object=Opaque() | Definition() | Sequence() as obj)
                | ddl.Alter(after=obj)
                | ddl.CreateTable(table=obj)
            ):
                keys_by_name.setdefault(obj.key.name, set()).add(obj.key)
            case _:
                pass
    result: list[ddl.Change] = []
    for change in changes:
        match change:
            case (
                ddl.Create(object=Opaque() as routine)
                | ddl.Alter(after=Opaque() as routine)
            ) if routine.trait.is_routine:
                mentioned = _find_mentioned(routine, keys_by_name)
                acyclic = mentioned - _find_dependents(routine.key, desired)
                routine = replace(routine, needs=routine.needs | acyclic)
                desired = desired.replace_objects((), [routine])
                names_later = acyclic != mentioned
                result.append(
                    replace(change, object=routine, names_later=names_later)
                    if isinstance(change, ddl.Create)
                    else replace(change, after=routine, names_later=names_later)
                )
            case _:
                result.append(change)
    return tuple(result)


def _find_mentioned(
    function: Opaque, keys_by_name: dict[str, set[Key]]
) -> frozenset[Key]:
    words = find_words(function.definition)
    found = set[Key]().union(*(keys_by_name.get(word, ()) for word in words))
    return frozenset(found - {function.key})


def _find_dependents(key: Key, schema: Schema) -> set[Key]:
    """Return the keys of an object and of everything that needs it, directly or not."""
    dependents = {key}
    added = [obj for obj in schema if obj.needs & dependents]
    while added:
        for obj in added:
            dependents |= {obj.key, *provided_keys_of(obj)}
        added = [o for o in schema if o.key not in dependents and o.needs & dependents]
    return dependents
