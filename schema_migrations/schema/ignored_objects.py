"""What other tools own is not seen: neither compared, nor changed, nor dropped.

A pattern is ``name`` or ``schema.name``, with ``*`` and ``?`` in either part.  What
stands on an ignored table goes with it; so do the objects that cannot be made without
it, but never a table that is not itself ignored.
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
"""How people call the schema that unqualified names resolve to."""


def hide_ignored(
    schema: Schema,
    patterns: Iterable[str],
    *,
    excluded_tables: Collection[Key] = NO_KEYS,
) -> Schema:
    """Return the schema without what a pattern names.

    ``beside`` are tables that are there but not ours: they are left out too, while
    foreign keys to them and views that read them stay.
    """
    patterns = tuple(patterns)
    gone = {
        obj.key
        for obj in schema
        if obj.key in excluded_tables or _matches_any(obj, patterns)
    }
    if not gone:
        return schema
    hidden = gone - set(excluded_tables)
    while more := {
        obj.key
        for obj in schema
        if obj.key not in gone and _is_hidden_with(obj, gone, hidden)
    }:
        gone |= more
        hidden |= more
    return schema.replace_objects(gone, ())


def _matches_any(obj: Object, patterns: Iterable[str]) -> bool:
    key = obj.key
    if key.kind == "constraint":  # its name is its table's
        return False
    return any(matches_pattern(pattern, key) for pattern in patterns)


def matches_pattern(pattern: str, key: Key) -> bool:
    """Tell whether a pattern names an object; ``jobs.*`` names the schema itself, too."""
    space, dot, name = pattern.rpartition(".")
    if key.kind == "namespace":
        return bool(dot) and name == "*" and fnmatchcase(key.name, space)
    if not fnmatchcase(key.name, name):
        return False
    if not key.namespace:
        return not dot or (space in DEFAULT_NAMESPACES and name != "*")
    return bool(dot) and fnmatchcase(key.namespace, space)


def _is_hidden_with(
    obj: Object, gone: Collection[Key], hidden: Collection[Key]
) -> bool:
    """Tell whether an object goes with what is gone already."""
    if owner_of(obj) in gone:
        return True
    match obj:
        case Sequence(owned_by=Key() as column):
            return column.table in gone
        case ForeignKey():
            return obj.referenced_table in hidden
        case Opaque():
            return any(key in hidden or key.table in hidden for key in obj.needs)
        case _:
            return False
