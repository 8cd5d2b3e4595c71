"""Rewrite changes to sequences and to the columns that draw from them.  Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.ddl.sequence_options import LARGEST_INTEGERS
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Column,
    Definition,
    Key,
    Schema,
    Sequence,
    Table,
)

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


def add_numbered_columns(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Let a change of a sequence know the columns whose rows have its numbers."""
    return tuple(
        replace(
            change, numbered_columns=_list_numbered_columns(change, current, desired)
        )
        if isinstance(change, ddl.Alter) and isinstance(change.after, Sequence)
        else change
        for change in changes
    )


def _list_numbered_columns(
    change: ddl.Alter, current: Schema, desired: Schema
) -> tuple[tuple[Key, Column], ...]:
    return tuple(
        (table.key, column)
        for table in current.of(Table)
        for column in table.columns_in_order
        if change.after.key in column.needs
        if is_numbered(column, current)
        if isinstance(after := desired.get(table.key), Table)
        if any(
            each.name == column.name
            and change.after.key in each.needs
            and is_numbered(each, desired)
            for each in after.columns
        )
    )


def drop_numbering_first(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Take the old numbering from a column before it gets the new one.

    In between its sequence goes, whose name the new one has; a sequence that is new to the
    column goes on after the values that are there.
    """
    dropped = {
        c.object.key
        for c in changes
        if isinstance(c, ddl.Drop) and isinstance(c.object, Sequence)
    }
    created = {
        c.object.key
        for c in changes
        if isinstance(c, ddl.Create) and isinstance(c.object, Sequence)
    }
    sequences = {each.key: each for each in desired.of(Sequence)}
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
            before.identity and after.needs & created
        ):
            result.append(ddl.DropNumbering(table=change.table, column=before))
            before = _without_numbering(before)
        new = sequences.keys() & after.needs - before.needs
        can_continue = new and is_numbered(after, desired)
        sequence = sequences[min(new)] if can_continue else None
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


def is_numbered(column: Column, schema: Schema) -> bool:
    """Tell whether a column holds integers and gets the numbers of a sequence as they are."""
    type_ = _find_base_type(column.type, column.needs, schema)
    return type_ in LARGEST_INTEGERS and bool(_NEXTVAL.fullmatch(column.default or ""))


def _find_base_type(type_: str, needs: frozenset[Key], schema: Schema) -> str:
    """Return the type of a column, or the one that its domain is based on."""
    for key in needs:
        domain = schema.get(key) if key.kind == "domain" else None
        if isinstance(domain, Definition):
            return _find_base_type(domain.base_type, domain.needs, schema)
    return type_


_NEXTVAL = re.compile(r"nextval\('(?:[^']|'')*'::regclass\)")


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
