"""What the models cannot describe stays: part of the desired state by being there.

Views, functions, triggers, types, extensions, sequences and tables in other people's
namespaces come from hand-written SQL.  That the models do not know them is no reason
to drop them; only what was once asked for and is no longer is abandoned.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from schema_migrations.schema.changes import Rename
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import (
    NO_KEYS,
    Definition,
    Key,
    Object,
    Opaque,
    Schema,
    Sequence,
    Table,
    owner_of,
)

DEPENDENT_TYPES = (
    *("comment", "index", "constraint", "trigger state", "rule state", "default"),
    *("statistics", "statistics target", "clustering index"),
    *("storage", "compression", "attribute options"),
)
"""What says something about another object, and goes with it without a word; whatever
else needs one is in the way of dropping it."""

LOOSE_TYPES = (*DEPENDENT_TYPES, "replica identity")
"""What cannot stay without what it needs.  A table's replica identity is set back in so
many words: without its index it would be none, and the table refuse updates."""

NAME_BEARING_TYPES = (
    "comment",
    "clustering index",
    "replica identity",
    "statistics target",
)
"""What says the name of an index or a constraint, in quotes, and so follows it."""


def carry_over(
    current: Schema,
    desired: Schema,
    *,
    obsolete_keys: Container[Key] = NO_KEYS,
    unmanaged_tables: Container[Key] = NO_KEYS,
) -> Schema:
    """Return ``desired`` with everything of ``current`` that models cannot describe.

    An object goes with its table or column: it is carried only where that stays, and
    not when it is ``abandoned``.  ``unmanaged`` are tables that stay as they are.
    """
    foreign = {
        table.key
        for table in current.of(Table)
        if (table.key.namespace or table.key in unmanaged_tables)
        and table.key not in desired.by_key
        and table.key not in obsolete_keys
    }
    names = _find_new_names(current, desired)
    kept = [
        _follow_rename(obj, names)
        for obj in current
        if desired.get(obj.key) is None
        and obj.key not in obsolete_keys
        and _is_carried(obj, current, desired, foreign)
    ]
    return _drop_loose_parts(desired.replace_objects((), kept))


def _find_new_names(current: Schema, desired: Schema) -> dict[Key, Key]:
    """Return old key → new key of what is spoken of and only gets another name."""
    spoken = {
        k for o in current.of(Opaque) if o.type in NAME_BEARING_TYPES for k in o.needs
    }
    if not spoken - desired.by_key.keys():
        return {}
    return {
        change.before.key: change.after.key
        for change in diff(current, desired)
        if isinstance(change, Rename) and change.before.key in spoken
    }


def _follow_rename(obj: Object, new_names: Mapping[Key, Key]) -> Object:
    """Return what names an index or a constraint as it reads with the new name."""
    if not (isinstance(obj, Opaque) and obj.type in NAME_BEARING_TYPES):
        return obj
    for old in obj.needs & new_names.keys():
        new = new_names[old]
        key = obj.key
        if key.name == old.name:
            key = key._replace(name=new.name)
        if new.part and obj.type == "comment":
            key = key._replace(part=key.part.removesuffix(old.part) + new.part)
        was, now = (_quote(k.part or k.name) for k in (old, new))
        return replace(
            obj,
            key=key,
            definition=obj.definition.replace(was, now, 1),
            drop_sql=obj.drop_sql.replace(was, now, 1),
            needs=obj.needs - {old} | {new},
        )
    return obj


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _is_carried(
    obj: Object, current: Schema, desired: Schema, carried_tables: Container[Key]
) -> bool:
    if obj.key in carried_tables or owner_of(obj) in carried_tables:
        return True
    match obj:
        case Opaque():
            owner = owner_of(obj)
            return owner is None or _is_owner_kept(owner, current, desired)
        case Sequence(owned_by=column):
            return (
                column is None
                or column.table in carried_tables
                or _has_column(desired, column)
            )
        case Definition():
            return True
        case _:
            return False


def _is_owner_kept(owner: Key, current: Schema, desired: Schema) -> bool:
    """Tell whether an owner stays; one that is itself opaque stays with its own."""
    found = current.get(owner)
    return owner in desired.by_key or isinstance(found, Opaque)


def _has_column(schema: Schema, column: Key) -> bool:
    table = schema.get(column.table)
    return isinstance(table, Table) and column in table.provided_keys


def _drop_loose_parts(schema: Schema) -> Schema:
    """Drop the comments, settings and the like of what is gone."""
    loose = [
        obj.key
        for obj in schema.of(Opaque)
        if obj.type in LOOSE_TYPES
        and not all(_has_key(key, schema) for key in obj.needs)
    ]
    return _drop_loose_parts(schema.replace_objects(loose, ())) if loose else schema


def _has_key(key: Key, schema: Schema) -> bool:
    return key in schema.by_key or (key.kind == "column" and _has_column(schema, key))


def limit_to_tables(current: Schema, desired: Schema, tables: Container[Key]) -> Schema:
    """Return ``desired`` for some tables and ``current`` for all others.

    Objects that stand on no table come from ``desired``, unless they need another one.
    """

    def of_others(obj: Object) -> bool:
        table = obj.key if isinstance(obj, Table) else owner_of(obj)
        return table is not None and table not in tables

    gone = [obj.key for obj in desired if of_others(obj)]
    goal = desired.replace_objects(gone, [obj for obj in current if of_others(obj)])
    return _postpone_opaque(current, goal)


def _postpone_opaque(current: Schema, goal: Schema) -> Schema:
    """Leave opaque objects as they are while something that they need is to come."""
    early = [
        obj
        for obj in goal.of(Opaque)
        if obj != current.get(obj.key)
        and not all(_has_key(key, goal) for key in obj.needs)
    ]
    if not early:
        return goal
    keys = [obj.key for obj in early]
    left = [found for key in keys if (found := current.get(key)) is not None]
    return _postpone_opaque(current, goal.replace_objects(keys, left))
