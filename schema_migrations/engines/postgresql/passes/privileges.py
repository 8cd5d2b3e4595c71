"""Give the privileges again of what is dropped and made anew, or say that they go.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from schema_migrations.plan.restriction import Restriction
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Key, Opaque, Privilege, Schema, trait_of
from schema_migrations.schema.privileges import find_made_anew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.plan.plan import Changes

_Fate = Literal["given again", "by hand", "gone"]


def restore_privileges(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Give the known privileges again on what is made anew."""
    return changes + tuple(
        ddl.Create(object=privilege.setting)
        for privilege, fate in _find_fates(changes, current)
        if fate == "given again"
    )


def _find_fates(changes: Changes, current: Schema) -> Iterator[tuple[Privilege, _Fate]]:
    """Yield what becomes of each privilege on what is made anew."""
    anew = set(find_made_anew(changes, current))
    created = {c.object.key: c.object for c in changes if isinstance(c, ddl.Create)}
    for privilege in current.privileges:
        subject = privilege.subject
        if subject is None or subject not in anew:
            continue
        after = created.get(subject)
        is_changed = isinstance(after, Opaque) and after != current.get(subject)
        if privilege.column and isinstance(after, Opaque) and is_changed:
            yield privilege, _find_fate_on_column(privilege.column, after)
        else:
            yield privilege, "given again" if privilege.is_provable else "by hand"


def _find_fate_on_column(column: str, after: Opaque) -> _Fate:
    """Return what becomes of a privilege on a column of a view that is another one now."""
    if any(each.startswith(f"{column} ") for each in after.shape):
        return "given again"
    return "gone" if after.shape else "by hand"


def set_default_privileges_last(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Set the privileges of objects to come after all others are made.

    Those of the new objects are granted one by one, and must not be added to.
    """
    made = frozenset(
        ddl.subject_of(change)
        for change in changes
        if isinstance(change, ddl.CreateTable)
        or (isinstance(change, ddl.Create) and not _is_default(change))
    )

    def defer(change: ddl.Change) -> ddl.Change:
        if isinstance(change, ddl.Create) and _is_default(change):
            obj = change.object
            return replace(change, object=replace(obj, needs=obj.needs | made))
        return change

    return tuple(map(defer, changes))


def _is_default(change: ddl.Create) -> bool:
    return trait_of(change.object).is_for_new_objects


def find_lost_privileges(changes: Changes, current: Schema) -> tuple[Restriction, ...]:
    """Return what must be given again by hand after the changes.

    What a live database tells is complete; what files grant may be less than what was
    granted on the databases that they are applied to.
    """
    anew = find_made_anew(changes, current)
    messages = [
        f"makes {_describe(privilege.subject)} anew, and this must be given again by hand:"
        f" {privilege.setting.definition}"
        for privilege, fate in _find_fates(changes, current)
        if fate == "by hand" and privilege.subject
    ]
    if current.knows_privileges:
        # Of another function or relation of the same name nothing is known.
        anew = tuple(key for key in anew if _is_other(key, current))
    if anew:
        is_known = any(_gives_again(change, anew) for change in changes)
        messages.insert(0, _describe_unknown(anew, is_known=is_known))
    return tuple(Restriction(code="made-anew", message=each) for each in messages)


def _describe_unknown(anew: tuple[Key, ...], *, is_known: bool) -> str:
    """Return what to do where not all privileges are known, or none of them."""
    makes = f"makes {', '.join(map(_describe, anew))} anew"
    are_columns = all(key.kind == "column" for key in anew)
    rights = f"{'' if are_columns else 'owner, '}grants and security labels"
    if is_known:
        return (
            f"{makes}: what these files grant is granted again, all else ({rights}) must"
            " be given again"
        )
    return (
        f"{makes}: {'its' if len(anew) == 1 else 'their'} {rights} must be given again"
    )


def _is_other(key: Key, current: Schema) -> bool:
    return key.kind != "column" and key not in current.by_key


def _gives_again(change: ddl.Change, anew: tuple[Key, ...]) -> bool:
    match change:
        case ddl.Create(object=Opaque() as obj):
            return obj.trait.is_privilege and not obj.needs.isdisjoint(anew)
        case _:
            return False


def _describe(key: Key) -> str:
    if key.kind != "opaque":
        return str(key)
    noun, bracket, arguments = key.part.partition("(")
    return f"{noun} {key._replace(part='').path}{bracket}{arguments}"
