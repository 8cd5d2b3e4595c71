"""Rewrite changes to sequences and to the columns that draw from them.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Column, Key, Schema, Sequence

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes


def defer_sequence_ownership(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Create or alter a sequence before the column that draws from it; set its owner after."""
    result: list[ddl.Change] = []
    for change in changes:
        match change:
            case ddl.Create(object=Sequence() as sequence):
                bare = replace(sequence, owned_by=None)
                result.append(ddl.Create(object=bare))
                if sequence.owned_by is not None:
                    result.append(ddl.Alter(before=bare, after=sequence))
            case ddl.Alter(before=Sequence() as before, after=Sequence() as after) if (
                before.owned_by != after.owned_by
                and before.definition != after.definition
            ):
                altered = replace(after, owned_by=before.owned_by)
                result.append(ddl.Alter(before=before, after=altered))
                result.append(ddl.Alter(before=altered, after=after))
            case _:
                result.append(change)
    return tuple(result)


def drop_numbering_first(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Take the old numbering from a column before it gets the new one.

    In between its sequence goes, whose name the new one has; a new sequence goes on after
    the values that are there.
    """
    dropped = {
        c.object.key
        for c in changes
        if isinstance(c, ddl.Drop) and isinstance(c.object, Sequence)
    }
    created = {
        c.object.key: c.object
        for c in changes
        if isinstance(c, ddl.Create) and isinstance(c.object, Sequence)
    }
    owned = {
        (each.owned_by, each.key.name)
        for schema in (current, desired)
        for each in schema.of(Sequence)
    }
    result: list[ddl.Change] = []
    for change in changes:
        if not isinstance(change, ddl.AlterColumn):
            result.append(change)
            continue
        before, after = change.before, change.after
        if (after.identity and before.needs & dropped) or (
            before.identity and after.needs & created.keys()
        ):
            result.append(ddl.DropNumbering(table=change.table, column=before))
            before = _without_numbering(before)
        new = created.keys() & after.needs - before.needs
        sequence = created[min(new)] if new else None
        result.append(
            replace(
                change,
                before=before,
                continued_sequence=sequence,
                owns_other_sequence=any(
                    owner == change.table.column(after.name)
                    and name != after.identity_sequence  # that one goes before
                    for owner, name in owned
                ),
            )
        )
    return tuple(result)


def _without_numbering(column: Column) -> Column:
    sequences = frozenset(key for key in column.needs if _is_sequence(key))
    return replace(
        column,
        default=None,
        identity="",
        identity_options="",
        custom_sequence="",
        identity_sequence="",
        needs=column.needs - sequences,
    )


def _is_sequence(key: Key) -> bool:
    return key.kind == "sequence"
