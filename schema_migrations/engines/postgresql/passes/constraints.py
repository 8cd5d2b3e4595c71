"""Rewrite changes to constraints: those of new tables, and those altered in place.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import ONLY_MARK
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.constraint_states import (
    NOT_ENFORCED,
    NOT_VALID,
    is_only_validated,
    read_key_state,
)
from schema_migrations.schema.model import (
    Constraint,
    ForeignKey,
    Index,
    Key,
    Schema,
)

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes


def fold_constraints(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Put the constraints of a new table into its ``CREATE TABLE``.

    Foreign keys stay separate: tables may refer to one another in a cycle.  So does what
    is NOT VALID: ``CREATE TABLE`` would take it and hold it for valid; and a key that the
    partitions do not have, which is made after them.
    """
    created = {c.table.key for c in changes if isinstance(c, ddl.CreateTable)}
    parts: dict[Key, list[Constraint]] = {}
    rest: list[ddl.Change] = []
    for change in changes:
        if (
            isinstance(change, ddl.Create)
            and isinstance(change.object, Constraint)
            and change.object.table in created
            and not change.object.definition.endswith((NOT_VALID, ONLY_MARK))
        ):
            parts.setdefault(change.object.table, []).append(change.object)
        else:
            rest.append(change)
    folded = {key: _select_inline(parts[key]) for key in parts}
    rest += [
        ddl.Create(object=part)
        for key, group in parts.items()
        for part in group
        if part not in folded[key]
    ]
    return tuple(
        replace(c, inline_constraints=folded.get(c.table.key, ()))
        if isinstance(c, ddl.CreateTable)
        else c
        for c in rest
    )


def _select_inline(parts: list[Constraint]) -> tuple[Constraint, ...]:
    """Return the constraints that one ``CREATE TABLE`` makes; the others need their own.

    Of those that would have equal indexes it silently makes only the first:
    https://github.com/postgres/postgres/blob/master/src/backend/parser/parse_utilcmd.c
    (``transformIndexConstraints``)
    """
    indexed: set[tuple[str, ...]] = set()
    chosen = []
    for part in sorted(parts, key=_sort_key_of):
        if part.type == "check":
            chosen.append(part)
        elif part.columns not in indexed:
            indexed.add(part.columns)
            chosen.append(part)
    return tuple(chosen)


def _sort_key_of(part: Constraint) -> tuple[int, str]:
    ranks = {"primary key": 0, "unique": 1, "check": 2, "exclusion": 3}
    return ranks[part.type], part.key.part


def defer_foreign_keys(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Add a foreign key only after the drop of a key that it would rest on instead.

    It names columns, and the server takes any unique index on them.
    """
    dropped = [
        c.object
        for c in changes
        if isinstance(c, ddl.Drop) and isinstance(c.object, Constraint | Index)
    ]
    result: list[ddl.Change] = []
    for change in changes:
        match change:
            case ddl.Create(object=ForeignKey() as key):
                rivals = frozenset(
                    each.key for each in dropped if _can_rest_on(key, each)
                )
                result.append(replace(change, gone_first=rivals - key.needs))
            case _:
                result.append(change)
    return tuple(result)


def _can_rest_on(key: ForeignKey, rival: Constraint | Index) -> bool:
    if rival.table != key.referenced_table or len(rival.columns) != len(key.columns):
        return False
    referred = {k for k in key.needs if k.kind == "column" and k.table == rival.table}
    return all(rival.table.column(name) in referred for name in rival.columns)


def change_constraints_in_place(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Alter a constraint that has the same rule, instead of dropping and adding it.

    What only lacks being validated is validated, and a foreign key becomes deferrable or
    not, enforced or not.  There is no way back to NOT VALID.
    https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ALTER-CONSTRAINT
    """
    gone = {c.object.key: c.object for c in changes if isinstance(c, ddl.Drop)}
    disturbed = gone.keys() | {
        c.table.column(c.column.name) for c in changes if isinstance(c, ddl.DropColumn)
    }
    reshaped = frozenset(key for c in changes for key in _find_reshaped(c))
    altered: dict[Key, ddl.Alter] = {}
    for change in changes:
        match change:
            case ddl.Create(object=Constraint() | ForeignKey() as after):
                before = gone.get(after.key)
                if (
                    isinstance(before, Constraint | ForeignKey)
                    and not before.needs & disturbed
                    and (
                        is_only_validated(before, after)
                        or _is_alterable(before, after, reshaped)
                    )
                ):
                    # What it needs has at most another name, which it follows.
                    unmoved = replace(before, needs=after.needs)
                    altered[after.key] = ddl.Alter(before=unmoved, after=after)
            case _:
                pass
    return tuple(
        altered.get(c.object.key, c) if isinstance(c, ddl.Create) else c
        for c in changes
        if not (isinstance(c, ddl.Drop) and c.object.key in altered)
    )


def _find_reshaped(change: ddl.Change) -> tuple[Key, ...]:
    """Return what a foreign key must be dropped for before it changes."""
    match change:
        case ddl.AlterColumn(before=before, after=after) if (
            before.type,
            before.collation,
        ) != (after.type, after.collation):
            return (change.table.column(after.name),)
        case ddl.Attach() | ddl.Detach():
            top = change.partition.owner
            return (change.table.key, *((top,) if top else ()))
        case _:
            return ()


def _is_alterable(
    before: Constraint | ForeignKey,
    after: Constraint | ForeignKey,
    reshaped: frozenset[Key],
) -> bool:
    """Tell whether a foreign key only becomes deferrable, or enforced, or the reverse."""
    if not (isinstance(before, ForeignKey) and isinstance(after, ForeignKey)):
        return False
    old, new = read_key_state(before), read_key_state(after)
    rows = (old.rows, new.rows)
    can_change_rows = NOT_ENFORCED in rows and new.rows != NOT_VALID
    return (
        old != new
        and old.clause == new.clause
        and (old.rows == new.rows or can_change_rows)
        and not (before.needs | {before.table, before.referenced_table}) & reshaped
    )
