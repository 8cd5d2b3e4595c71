"""The objects that models cannot describe, carried over into the desired state.

Views, functions, triggers, types, extensions, sequences and tables in other namespaces
come from hand-written SQL.  They stay although the models do not know them; only
obsolete ones are dropped: those that were once asked for and no longer are.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from schema_migrations.schema import changes as ddl
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


def carry_over(
    current: Schema,
    desired: Schema,
    *,
    obsolete_keys: Container[Key] = NO_KEYS,
    unmanaged_tables: Container[Key] = NO_KEYS,
) -> Schema:
    """Return ``desired`` with everything of ``current`` that models cannot describe.

    An object is carried only if its table or column stays and it is not one of
    ``obsolete_keys``.  ``unmanaged_tables`` stay as they are.  The options of a table
    (``STRICT``) are kept unless the desired one has some.
    """
    optioned = [
        replace(after, options=before.options)
        for before in current.of(Table)
        if before.options
        and isinstance(after := desired.get(before.key), Table)
        and not after.options
    ]
    desired = desired.replace_objects((), optioned)
    carried_tables = {
        table.key
        for table in current.of(Table)
        if (table.key.namespace or table.key in unmanaged_tables)
        and table.key not in desired.by_key
        and table.key not in obsolete_keys
    }
    new_names = _find_new_names(current, desired)
    kept = [
        _follow_rename(obj, new_names)
        for obj in current
        if desired.get(obj.key) is None
        and obj.key not in obsolete_keys
        and _is_carried(obj, current, desired, carried_tables)
    ]
    goal = _drop_loose_parts(desired.replace_objects((), kept))
    return replace(goal, carried=frozenset(obj.key for obj in kept))


def _find_new_names(current: Schema, desired: Schema) -> dict[Key, Key]:
    """Return old key → new key of the renamed objects that others name in their SQL."""
    quoted = {k for o in current.of(Opaque) if o.trait.carries_name for k in o.needs}
    if not quoted - desired.by_key.keys():
        return {}
    return {
        change.before.key: change.after.key
        for change in diff(current, desired)
        if isinstance(change, ddl.Rename) and change.before.key in quoted
    }


def _follow_rename(obj: Object, new_names: Mapping[Key, Key]) -> Object:
    """Return an object with the new name of the index or constraint that it names."""
    if not (isinstance(obj, Opaque) and obj.trait.carries_name):
        return obj
    for old in obj.needs & new_names.keys():
        new = new_names[old]
        key = obj.key
        if key.name == old.name:
            key = key._replace(name=new.name)
        on_constraint = f" {old.kind} {old.part}"  # "comment on constraint c"
        if new.part and key.part.endswith(on_constraint):
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
    """Tell whether an owner stays; an opaque owner stays together with its objects."""
    return owner in desired.by_key or isinstance(current.get(owner), Opaque)


def _has_column(schema: Schema, column: Key) -> bool:
    table = schema.get(column.table)
    return isinstance(table, Table) and column in table.provided_keys


def _drop_loose_parts(schema: Schema) -> Schema:
    """Drop the comments, settings and other parts of objects that are gone."""
    loose = [
        obj.key
        for obj in schema.of(Opaque)
        if (obj.trait.goes_along or obj.trait.is_loose)
        and not all(_has_key(key, schema) for key in obj.needs)
    ]
    return _drop_loose_parts(schema.replace_objects(loose, ())) if loose else schema


def _has_key(key: Key, schema: Schema) -> bool:
    return key in schema.by_key or (key.kind == "column" and _has_column(schema, key))


def limit_to_tables(current: Schema, desired: Schema, tables: Container[Key]) -> Schema:
    """Return ``desired`` for the given tables and ``current`` for all others.

    Objects of no table come from ``desired``, unless they need an object still missing.
    """

    def is_outside(obj: Object) -> bool:
        table = obj.key if isinstance(obj, Table) else owner_of(obj)
        return table is not None and table not in tables

    replaced = [obj.key for obj in desired if is_outside(obj)]
    goal = desired.replace_objects(replaced, filter(is_outside, current))
    return _postpone_opaque(current, goal)


def _postpone_opaque(current: Schema, goal: Schema) -> Schema:
    """Leave opaque objects as they are while something that they need is missing."""
    early = [
        obj
        for obj in goal.of(Opaque)
        if obj != current.get(obj.key)
        and not all(_has_key(key, goal) for key in obj.needs)
    ]
    if not early:
        return goal
    keys = [obj.key for obj in early]
    unchanged = [obj for key in keys if (obj := current.get(key)) is not None]
    return _postpone_opaque(current, goal.replace_objects(keys, unchanged))
