"""Objects that other tools own: neither compared, nor changed, nor dropped.

A pattern is ``name`` or ``schema.name``, with ``*`` and ``?`` in either part.  The parts
of an ignored object (its columns, indexes, settings) are hidden with it.  What only uses
it, as a policy that calls its function, is ours where the files or the models have it,
and a stranger where only a live database has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from schema_migrations.schema.model import (
    NO_KEYS,
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Sequence,
    Table,
    owner_of,
    provided_keys_of,
)

DEFAULT_NAMESPACES = ("public", "main")
"""The usual names of the namespace that unqualified names resolve to."""

_TABLE_PARTS = ("column", "constraint")
"""Kinds of keys that name something of a table."""


def hide_ignored(
    schema: Schema,
    patterns: Iterable[str],
    *,
    excluded_tables: Collection[Key] = NO_KEYS,
) -> Schema:
    """Return the schema without the objects that a pattern names; it keeps them aside.

    ``excluded_tables`` exist but are not ours: they are left out too, with all triggers
    and policies on them.
    """
    patterns = tuple(patterns)
    ignored = {obj.key for obj in schema if _matches_any(obj, patterns)}
    left_out = ignored | {key for key in excluded_tables if key in schema.by_key}
    if not left_out:
        return schema
    while more := {
        obj.key
        for obj in schema
        if obj.key not in left_out
        and (
            owner_of(obj) in excluded_tables
            or _is_part_of(obj, schema, ignored, left_out)
        )
    }:
        ignored |= {
            key for key in more if owner_of(schema.by_key[key]) not in excluded_tables
        }
        left_out |= more
    ignored -= set(excluded_tables)
    return with_more_ignored(schema.replace_objects(left_out - ignored, ()), ignored)


def hide_users_of_ignored(live: Schema, other: Schema) -> Schema:
    """Return a live schema without what only uses ignored objects, unless ``other`` has it.

    What also uses something of ours stays: a policy or foreign key on a table of ours, a
    view that reads one.  It changes what that does, or forbids to change it.
    """
    if not live.ignored:
        return live
    ignored = {obj.key for obj in live.ignored}
    strangers = _find_users(live, ignored)
    shared = ("namespace", "extension")
    ours = {key for key in live.by_key if key.kind not in shared} - strangers
    while beside_ours := {
        key for key in strangers if _uses_any(live.by_key[key], ours)
    }:
        strangers -= beside_ours
        ours |= beside_ours
    return with_more_ignored(live, strangers - other.by_key.keys())


def with_more_ignored(schema: Schema, keys: Iterable[Key]) -> Schema:
    """Return the schema with these objects among the ignored ones."""
    keys = schema.by_key.keys() & set(keys)
    aside = frozenset(schema.by_key[key] for key in keys)
    shown = schema.replace_objects(keys, ())
    return replace(shown, ignored=schema.ignored | aside)


def hide_unmade_references(current: Schema, desired: Schema) -> Schema:
    """Return ``desired`` without foreign keys to ignored tables that no file makes."""
    unmade = _find_unmade(current, desired)
    gone = [obj.key for obj in desired.of(ForeignKey) if obj.referenced_table in unmade]
    return desired.replace_objects(gone, ())


def find_unmade_needs(current: Schema, desired: Schema) -> Iterator[tuple[Key, Key]]:
    """Yield the key of each desired object or column, and the ignored object it needs.

    Those that a file makes are left out, and references to tables: see above.
    """
    unmade = _find_unmade(current, desired)
    if current.knows_privileges or not unmade:
        return  # a live database may have it as a part of an extension
    for obj in desired:
        if isinstance(obj, ForeignKey) or obj == current.get(obj.key):
            continue
        columns = obj.columns if isinstance(obj, Table) else ()
        parts = [(obj.key.column(each.name), each.needs) for each in columns]
        for key, needed in (*parts, (obj.key, obj.needs)):
            if missing := (needed | {each.table for each in needed}) & unmade:
                yield key, min(missing)


def _find_unmade(current: Schema, desired: Schema) -> frozenset[Key]:
    made = {obj.key for obj in current.ignored} | current.by_key.keys()
    return frozenset(obj.key for obj in desired.ignored if obj.key not in made)


def with_needed_ignored(schema: Schema) -> Schema:
    """Return the schema with the ignored objects that its other objects need."""
    ignored = {obj.key: obj for obj in schema.ignored}
    by_name = {
        key: obj for obj in schema.ignored for key in (obj.key, *provided_keys_of(obj))
    }
    needed: dict[Key, Object] = {}
    waiting = list(schema)
    while waiting:
        keys = _needs_of(waiting.pop())
        found = [by_name[key] for key in keys if key in by_name]
        tables = {obj.key for obj in found if isinstance(obj, Table)}
        found += [
            obj
            for obj in ignored.values()
            if isinstance(obj, Constraint | Index) and obj.table in tables
        ]
        for obj in found:
            if obj.key not in needed:
                needed[obj.key] = obj
                waiting.append(obj)
    return schema.replace_objects((), needed.values())


def _needs_of(obj: Object) -> frozenset[Key]:
    match obj:
        case Table():
            return obj.needs.union(*(column.needs for column in obj.columns))
        case ForeignKey():
            return obj.needs | {obj.referenced_table}
        case Sequence(owned_by=Key() as column):
            return obj.needs | {column.table}
        case _:
            owner = owner_of(obj)
            return obj.needs | {owner} if owner else obj.needs


def _matches_any(obj: Object, patterns: Iterable[str]) -> bool:
    key = obj.key
    if key.kind == "constraint":  # key.name is the name of its table
        return False
    if isinstance(obj, Opaque):
        if any(_has_same_name(key, other) for other in obj.needs):
            return False  # it is a part or a user of that
        if obj.owner is not None and not _is_dependent(obj):
            # A trigger may be ours although its table, so its schema, is not.
            patterns = (each for each in patterns if not each.endswith(".*"))
    return any(matches_pattern(pattern, key) for pattern in patterns)


def _has_same_name(key: Key, other: Key) -> bool:
    return key != other and (key.namespace, key.name) == (other.namespace, other.name)


def matches_pattern(pattern: str, key: Key) -> bool:
    """Tell whether a pattern names an object; ``jobs.*`` also names the namespace."""
    namespace, dot, name = pattern.rpartition(".")
    if key.kind == "namespace":
        return bool(dot) and name == "*" and fnmatchcase(key.name, namespace)
    if not fnmatchcase(key.name, name):
        return False
    if not key.namespace:
        return not dot or (namespace in DEFAULT_NAMESPACES and name != "*")
    return bool(dot) and fnmatchcase(key.namespace, namespace)


def _is_part_of(
    obj: Object, schema: Schema, ignored: Collection[Key], left_out: Collection[Key]
) -> bool:
    """Tell whether an object is nothing without one that is ignored."""
    match obj:
        case Sequence(owned_by=Key() as column):
            return column.table in left_out
        case Opaque():
            return (
                _is_dependent(obj)
                and _uses_any(obj, ignored)
                and not _is_of_what_stays(obj, schema, left_out)
            )
        case _:
            return owner_of(obj) in ignored


def _is_of_what_stays(obj: Opaque, schema: Schema, left_out: Collection[Key]) -> bool:
    """Tell whether it says something of an object of ours on a table of others.

    Such as the state of a trigger, or the comment of a policy.
    """
    return any(
        isinstance(needed := schema.get(key), Opaque)
        and needed.owner == obj.owner
        and key not in left_out
        for key in obj.needs
    )


def _is_dependent(obj: Opaque) -> bool:
    """Tell whether an object only says something of another one, or is a piece of it."""
    trait = obj.trait
    says = trait.goes_along or trait.is_loose or trait.is_setting or trait.is_privilege
    return says or trait.holds_rows or trait.ties_tables


def _find_users(schema: Schema, ignored: Collection[Key]) -> frozenset[Key]:
    """Return what uses an ignored object, or something that uses one."""
    users: set[Key] = set()
    while more := {
        obj.key
        for obj in schema
        if obj.key not in users and _uses_any(obj, {*ignored, *users})
    }:
        users |= more
    return frozenset(users)


def _uses_any(obj: Object, keys: Collection[Key]) -> bool:
    return any(key in keys for key in _find_used(obj))


def _find_used(obj: Object) -> Iterator[Key]:
    if owner := owner_of(obj):
        yield owner
    if isinstance(obj, ForeignKey):
        yield obj.referenced_table
    if isinstance(obj, Opaque | Definition):
        yield from obj.needs
        yield from (key.table for key in obj.needs if key.kind in _TABLE_PARTS)
