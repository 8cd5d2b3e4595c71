"""Objects that other tools own: neither compared, nor changed, nor dropped.

A pattern is ``name`` or ``schema.name``, with ``*`` and ``?`` in either part.  The
objects of an ignored table are hidden with it, and so are those that cannot be made
without it; but a table is hidden only if it is itself ignored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from schema_migrations.schema.model import (
    NO_KEYS,
    ForeignKey,
    Key,
    Object,
    Opaque,
    Schema,
    Sequence,
    owner_of,
)

DEFAULT_NAMESPACES = ("public", "main")
"""The usual names of the namespace that unqualified names resolve to."""


def hide_ignored(
    schema: Schema,
    patterns: Iterable[str],
    *,
    excluded_tables: Collection[Key] = NO_KEYS,
) -> Schema:
    """Return the schema without the objects that a pattern names.

    ``excluded_tables`` exist but are not ours: they are left out too, while foreign
    keys to them and views that read them stay.
    """
    patterns = tuple(patterns)
    left_out = {
        obj.key
        for obj in schema
        if obj.key in excluded_tables or _matches_any(obj, patterns)
    }
    if not left_out:
        return schema
    hidden = left_out - set(excluded_tables)
    while more := {
        obj.key
        for obj in schema
        if obj.key not in left_out and _is_hidden_with(obj, left_out, hidden)
    }:
        left_out |= more
        hidden |= more
    return schema.replace_objects(left_out, ())


def _matches_any(obj: Object, patterns: Iterable[str]) -> bool:
    key = obj.key
    if key.kind == "constraint":  # key.name is the name of its table
        return False
    return any(matches_pattern(pattern, key) for pattern in patterns)


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


def _is_hidden_with(
    obj: Object, left_out: Collection[Key], hidden: Collection[Key]
) -> bool:
    """Tell whether an object depends on one that is already left out or hidden."""
    if owner_of(obj) in left_out:
        return True
    match obj:
        case Sequence(owned_by=Key() as column):
            return column.table in left_out
        case ForeignKey():
            return obj.referenced_table in hidden
        case Opaque():
            return any(key in hidden or key.table in hidden for key in obj.needs)
        case _:
            return False
