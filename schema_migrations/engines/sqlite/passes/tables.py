"""Rewrites of changes that SQLite asks for.  Pure; run in the order of ``PASSES``.

SQLite alters little in place: constraints belong to ``CREATE TABLE``, and whatever
else touches an existing table makes one ``RebuildTable`` of all its changes.
https://www.sqlite.org/lang_altertable.html (nothing newer than SQLite 3.31, Django's
oldest, is relied on: there is no ``DROP COLUMN``).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.sqlite.catalog.tokens import is_literal, quote
from schema_migrations.engines.sqlite.ddl.conversion import find_conversion
from schema_migrations.errors import PlanError
from schema_migrations.schema.changes import (
    AddColumn,
    AlterColumn,
    AlterTable,
    Change,
    Create,
    CreateTable,
    Drop,
    DropColumn,
    DropTable,
    RebuildTable,
    Rename,
)
from schema_migrations.schema.model import (
    Constraint,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Table,
    owner_of,
)

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from schema_migrations.plan.plan import Changes

Part = Constraint | ForeignKey


def absorb_table_parts(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Constraints are created with their table; what stands on it goes with it."""
    created = {c.table.key for c in changes if isinstance(c, CreateTable)}
    dropped = {c.table.key for c in changes if isinstance(c, DropTable)}
    parts: defaultdict[Key, list[Part]] = defaultdict(list)
    rest: list[Change] = []
    for change in changes:
        match change:
            case Create(object=Constraint() | ForeignKey() as part) if (
                part.table in created
            ):
                parts[part.table].append(part)
            case Drop(object=obj) if _is_dropped_with_table(obj, dropped):
                pass
            case _:
                rest.append(change)
    return tuple(
        replace(c, inline_constraints=(*c.inline_constraints, *parts[c.table.key]))
        if isinstance(c, CreateTable)
        else c
        for c in rest
    )


def rebuild_tables(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Changes of a table that cannot all be made in place become one rebuild.

    Triggers and views keep their own changes: they are dropped before all rebuilds and
    created after them, since renaming a table fails while one names a missing table.
    """
    standing = {table.key for table in current.of(Table)} - {
        c.table.key for c in changes if isinstance(c, DropTable)
    }
    groups: defaultdict[Key, list[Change]] = defaultdict(list)
    rest: list[Change] = []
    for change in changes:
        table = _table_of(change)
        (groups[table] if table in standing else rest).append(change)
    dropped = {c.object.key for c in changes if isinstance(c, Drop)}
    for table, group in groups.items():
        in_place = _rewrite_in_place(group)
        if in_place is None:
            rest.append(
                _compose_rebuild(table, tuple(group), current, desired, dropped)
            )
        else:
            rest += in_place
    return tuple(rest)


def recreate_view_triggers(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """The triggers on a view that is made anew are, too: they go with it.

    Raises ``PlanError`` for one that is to stay although its view is dropped.
    """
    dropped = {c.object.key for c in changes if isinstance(c, Drop)}
    made = {c.object.key for c in changes if isinstance(c, Create)}
    result = list(changes)
    for trigger in current.of(Opaque):
        views = trigger.needs & dropped
        after = desired.get(trigger.key)
        on_view = trigger.type == "trigger" and trigger.owner is None
        if not on_view or not views or trigger.key in dropped or after is None:
            continue
        if gone := views - made:
            raise PlanError(
                f"trigger {trigger.key.name} needs view {min(gone).name}, which would be "
                "dropped",
                hint="Change the trigger or drop it in a file of its own first: "
                "manage.py schemadiff --empty NAME",
            )
        assert isinstance(after, Opaque)
        result += [Drop(object=trigger), Create(object=after)]
    return tuple(result)


def _is_dropped_with_table(obj: Object, tables: Container[Key]) -> bool:
    """Tell whether an object disappears with its table, if that is one of ``tables``.

    A trigger that names other tables goes earlier, by itself: one of them may be
    rebuilt, and the renaming would fail, or be dropped in a circle with this one.
    """
    owner = owner_of(obj)
    if isinstance(obj, Opaque) and obj.needs != {owner}:
        return False
    return owner in tables


def _table_of(change: Change) -> Key | None:
    """Return the table that a change is to be made to, if it is a table's change."""
    match change:
        case AddColumn() | DropColumn() | AlterColumn():
            return change.table
        case AlterTable():
            return change.after.key
        case (
            Create(object=Constraint() | ForeignKey() | Index() as part)
            | Drop(object=Constraint() | ForeignKey() | Index() as part)
            | Rename(after=Constraint() | ForeignKey() | Index() as part)
        ):
            return part.table
        case _:
            return None


def _rewrite_in_place(group: Sequence[Change]) -> list[Change] | None:
    """Return the changes as SQLite can make them in place, if it can make them all."""
    added = {c.column.name: c for c in group if isinstance(c, AddColumn)}
    result: list[Change] = []
    for change in group:
        match change:
            case AddColumn():
                pass
            case Create(object=Constraint() | ForeignKey() as part):
                carrier = _find_inline_column(part, added)
                if carrier is None:
                    return None
                added[carrier.column.name] = replace(
                    carrier, inline_constraints=(*carrier.inline_constraints, part)
                )
            case Create(object=Index()) | Drop(object=Index()):
                result.append(change)
            case Rename(before=Index() as before, after=Index() as after):
                result += [Drop(object=before), Create(object=after)]
            case _:
                return None
    if not all(map(_can_add_in_place, added.values())):
        return None
    return [*result, *added.values()]


def _find_inline_column(part: Part, added: dict[str, AddColumn]) -> AddColumn | None:
    """Return the added column that a constraint can be written on."""
    new = [name for name in part.columns if name in added]
    if len(new) != 1:
        return None
    match part:
        case Constraint(type="check") | ForeignKey(columns=(_,)):
            return added[new[0]]
        case _:
            return None


def _can_add_in_place(change: AddColumn) -> bool:
    """Tell whether ``ADD COLUMN`` can do it on a table with rows.

    https://www.sqlite.org/lang_altertable.html#alter_table_add_column
    """
    column = change.column
    if change.fill is not None:
        return False
    if column.generated is not None:
        return column.generated_kind == "virtual" and column.nullable
    if column.default is None:
        return column.nullable
    # A reference must start as NULL, or it would point nowhere in every row.
    refers = any(isinstance(part, ForeignKey) for part in change.inline_constraints)
    return is_literal(column.default) and not refers


def _compose_rebuild(
    key: Key,
    changes: Changes,
    current: Schema,
    desired: Schema,
    dropped: Container[Key],
) -> RebuildTable:
    before, after = current.get_table(key), desired.get_table(key)
    on_it = desired.by_table.get(key, ())
    return RebuildTable(
        before=before,
        after=after,
        inline_constraints=tuple(
            p for p in on_it if isinstance(p, Constraint | ForeignKey)
        ),
        copied_columns=_pair_copied_values(before, after, changes),
        recreated_objects=(
            *(index for index in on_it if isinstance(index, Index)),
            *(
                obj
                for gone in _find_dependents(key, current)
                if gone.key not in dropped
                and isinstance(obj := desired.get(gone.key), Opaque)
            ),
        ),
        replaced_changes=changes,
    )


def _pair_copied_values(
    before: Table, after: Table, changes: Changes
) -> tuple[tuple[str, str], ...]:
    """Pair each column that gets a value with an expression over the old row.

    A new NOT NULL column without default and fill gets none, so that copying fails
    where there are rows: there is no value to invent.
    """
    values = {column.name: quote(column.name) for column in before.columns}
    for change in changes:
        match change:
            case AddColumn(fill=str(fill)):
                values[change.column.name] = fill
            case AlterColumn(before=old, after=new):
                value = (
                    find_conversion(old, new)
                    if change.conversion is None
                    else change.conversion
                )
                value = value or quote(new.name)
                values[new.name] = (
                    value
                    if change.fill is None
                    else f"coalesce({value}, {change.fill})"
                )
            case _:
                pass
    return tuple(
        (column.name, values[column.name])
        for column in after.columns_in_order
        if column.name in values and column.generated is None
    )


def _find_dependents(key: Key, current: Schema) -> list[Opaque]:
    """Return the views and triggers that name a table, or a view that does.

    Sorted so that a view stands before the triggers on it.
    """
    affected = {key}
    opaque = [obj for obj in current.of(Opaque) if obj.type in ("view", "trigger")]
    found: set[Opaque] = set()
    while more := [o for o in opaque if o not in found and o.needs & affected]:
        found.update(more)
        affected.update(obj.key for obj in more)
    return sorted(found, key=lambda obj: (obj.type != "view", obj.key))
