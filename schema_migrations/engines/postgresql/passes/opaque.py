"""Rewrites of changes to what only SQL describes: views, functions, their parts.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.plan.mentions import find_words
from schema_migrations.schema.carried_objects import DEPENDENT_TYPES, NAME_BEARING_TYPES
from schema_migrations.schema.changes import (
    Alter,
    Change,
    Create,
    CreateTable,
    Drop,
    Rename,
)
from schema_migrations.schema.model import Definition, Key, Opaque, Schema, Sequence

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes


def replace_in_place(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """A view or function that others can go on using is replaced, not made anew.

    Dropping it would take its grants along.
    """
    dropped = {c.object.key: c.object for c in changes if isinstance(c, Drop)}
    altered: dict[Key, Alter] = {}
    for change in changes:
        match change:
            case Create(object=Opaque(shape=shape) as after):
                before = dropped.get(after.key)
                if isinstance(before, Opaque) and _can_replace(before.shape, shape):
                    altered[after.key] = Alter(before=before, after=after)
            case _:
                pass
    return tuple(
        altered.get(c.object.key, c) if isinstance(c, Create) else c
        for c in changes
        if not (isinstance(c, Drop) and c.object.key in altered)
    )


def _can_replace(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    return bool(before) and after[: len(before)] == before


def omit_part_drops(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Comments, indexes and the like go with what they belong to, without a statement.

    What names something that is renamed stays with it, and is only said anew.
    """
    dropped = {c.object.key for c in changes if isinstance(c, Drop)}
    renamed = {c.before.key for c in changes if isinstance(c, Rename)}

    def goes_along(change: Change) -> bool:
        match change:
            case Drop(object=Opaque(type=type_) as obj):
                stays = type_ in NAME_BEARING_TYPES and obj.needs & renamed
                goes = type_ in DEPENDENT_TYPES and obj.needs & dropped
                return bool(stays or goes)
            case _:
                return False

    return tuple(change for change in changes if not goes_along(change))


_ROUTINE_TYPES = ("function", "procedure")


def add_mentioned_needs(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """A function is made after the relations, types and functions that its body names.

    A body is text, so the server knows of no need, and yet refuses a function in SQL
    that names what is not there.  Nothing is made to wait in a circle.
    """
    named: dict[str, set[Key]] = {}
    for change in changes:
        match change:
            case (
                Create(object=Opaque() | Definition() | Sequence() as made)
                | Alter(after=made)
                | CreateTable(table=made)
            ):
                named.setdefault(made.key.name, set()).add(made.key)
            case _:
                pass
    result: list[Change] = []
    for change in changes:
        match change:
            case (
                Create(object=Opaque(type=type_) as made)
                | Alter(after=Opaque(type=type_) as made)
            ) if type_ in _ROUTINE_TYPES:
                made = _with_mentioned_needs(made, named, desired)
                desired = desired.replace_objects((), [made])
                result.append(
                    replace(change, object=made)
                    if isinstance(change, Create)
                    else replace(change, after=made)
                )
            case _:
                result.append(change)
    return tuple(result)


def _with_mentioned_needs(
    function: Opaque, keys_by_name: dict[str, set[Key]], desired: Schema
) -> Opaque:
    found = find_words(function.definition)
    mentioned = set[Key]().union(*(keys_by_name.get(word, ()) for word in found))
    mentioned -= {function.key}
    if not mentioned:
        return function
    waiting = mentioned - _find_dependents(function.key, desired)
    return replace(function, needs=function.needs | waiting)


def _find_dependents(key: Key, schema: Schema) -> set[Key]:
    """Return everything that cannot be without an object."""
    found = {key}
    fresh = [obj for obj in schema if obj.needs & found]
    while fresh:
        for obj in fresh:
            found |= {obj.key, *obj.provided_keys}
        fresh = [o for o in schema if o.key not in found and o.needs & found]
    return found
