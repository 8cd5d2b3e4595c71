"""Rewrite changes as SQLite requires.  Pure; run in the order of ``PASSES``.

SQLite alters little in place: constraints belong to ``CREATE TABLE``, and most changes
to an existing table turn all its changes into one ``RebuildTable``.
https://www.sqlite.org/lang_altertable.html (SQLite 3.31, the oldest that Django
supports, must suffice: it has no ``DROP COLUMN``).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.sqlite.catalog.tokens import is_literal
from schema_migrations.engines.sqlite.ddl.conversion import find_conversion
from schema_migrations.engines.sqlite.quote import quote
from schema_migrations.errors import ObjectInTheWay
from schema_migrations.schema import changes as ddl
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
    """Create constraints with their table; omit drops of what is dropped with it."""
    created = {c.table.key for c in changes if isinstance(c, ddl.CreateTable)}
    dropped = {c.table.key for c in changes if isinstance(c, ddl.DropTable)}
    parts: defaultdict[Key, list[Part]] = defaultdict(list)
    rest: list[ddl.Change] = []
    for change in changes:
        match change:
            case ddl.Create(object=Constraint() | ForeignKey() as part) if (
                part.table in created
            ):
                parts[part.table].append(part)
            case ddl.Drop(object=obj) if _is_dropped_with_table(obj, dropped):
                pass
            case _:
                rest.append(change)
    return tuple(
        replace(c, inline_constraints=(*c.inline_constraints, *parts[c.table.key]))
        if isinstance(c, ddl.CreateTable)
        else c
        for c in rest
    )


def rebuild_tables(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Merge the changes of a table into one rebuild unless all can be made in place.

    Triggers and views keep their own changes: they are dropped before all rebuilds and
    created after them, since renaming a table fails while one names a missing table.
    """
    remaining = {table.key for table in current.of(Table)} - {
        c.table.key for c in changes if isinstance(c, ddl.DropTable)
    }
    groups: defaultdict[Key, list[ddl.Change]] = defaultdict(list)
    rest: list[ddl.Change] = []
    for change in changes:
        table = _table_of(change)
        (groups[table] if table in remaining else rest).append(change)
    dropped = {c.object.key for c in changes if isinstance(c, ddl.Drop)}
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
    """Recreate the triggers on a view that is recreated: they are dropped with it.

    Raises ``PlanError`` if a trigger should remain although its view is dropped.
    """
    dropped = {c.object.key for c in changes if isinstance(c, ddl.Drop)}
    created = {c.object.key for c in changes if isinstance(c, ddl.Create)}
    result = list(changes)
    for trigger in current.of(Opaque):
        views = trigger.needs & dropped
        after = desired.get(trigger.key)
        on_view = trigger.owner is None and not trigger.trait.takes_relation_name
        if not on_view or not views or trigger.key in dropped or after is None:
            continue
        if dropped_views := views - created:
            raise ObjectInTheWay(
                problem=f"{trigger.noun} {trigger.key.name} needs view"
                f" {min(dropped_views).name}, which would be dropped",
                object=f"the {trigger.noun}",
            )
        assert isinstance(after, Opaque)
        result += [ddl.Drop(object=trigger), ddl.Create(object=after)]
    return tuple(result)


def _is_dropped_with_table(obj: Object, tables: Container[Key]) -> bool:
    """Tell whether an object is dropped with its table, if that is one of ``tables``.

    A trigger that names other tables is dropped earlier, by itself: one of them may be
    rebuilt, and the rename would fail, or be dropped in a cycle with this one.
    """
    owner = owner_of(obj)
    if isinstance(obj, Opaque) and obj.needs != {owner}:
        return False
    return owner in tables


def _table_of(change: ddl.Change) -> Key | None:
    """Return the existing table that a change applies to; None: it changes none."""
    match change:
        case ddl.AddColumn() | ddl.DropColumn() | ddl.AlterColumn():
            return change.table
        case ddl.AlterTable():
            return change.after.key
        case (
            ddl.Create(object=Constraint() | ForeignKey() | Index() as part)
            | ddl.Drop(object=Constraint() | ForeignKey() | Index() as part)
            | ddl.Rename(after=Constraint() | ForeignKey() | Index() as part)
        ):
            return part.table
        case _:
            return None


def _rewrite_in_place(group: Sequence[ddl.Change]) -> list[ddl.Change] | None:
    """Return the changes in a form that SQLite makes in place; None: it cannot make all."""
    added = {c.column.name: c for c in group if isinstance(c, ddl.AddColumn)}
    result: list[ddl.Change] = []
    for change in group:
        match change:
            case ddl.AddColumn():
                pass
            case ddl.Create(object=Constraint() | ForeignKey() as part):
                carrier = _find_inline_column(part, added)
                if carrier is None:
                    return None
                added[carrier.column.name] = replace(
                    carrier, inline_constraints=(*carrier.inline_constraints, part)
                )
            case ddl.Create(object=Index()) | ddl.Drop(object=Index()):
                result.append(change)
            case ddl.Rename(before=Index() as before, after=Index() as after):
                result += [ddl.Drop(object=before), ddl.Create(object=after)]
            case _:
                return None
    if not all(map(_can_add_in_place, added.values())):
        return None
    return [*result, *added.values()]


def _find_inline_column(
    part: Part, added: dict[str, ddl.AddColumn]
) -> ddl.AddColumn | None:
    """Return the added column that a constraint can be written on, or None."""
    new = [name for name in part.columns if name in added]
    if len(new) != 1:
        return None
    match part:
        case Constraint(type="check") | ForeignKey(columns=(_,)):
            return added[new[0]]
        case _:
            return None


def _can_add_in_place(change: ddl.AddColumn) -> bool:
    """Tell whether ``ADD COLUMN`` can add the column to a table with rows.

    https://www.sqlite.org/lang_altertable.html#alter_table_add_column
    """
    column = change.column
    if change.fill is not None:
        return False
    if column.generated is not None:
        return column.generated_kind == "virtual" and column.nullable
    if column.default is None:
        return column.nullable
    # A new reference must start as NULL, or each row could refer to a missing row.
    refers = any(isinstance(part, ForeignKey) for part in change.inline_constraints)
    return is_literal(column.default) and not refers


def _compose_rebuild(
    key: Key,
    changes: Changes,
    current: Schema,
    desired: Schema,
    dropped: Container[Key],
) -> ddl.RebuildTable:
    before, after = current.get_table(key), desired.get_table(key)
    table_objects = desired.by_table.get(key, ())
    return ddl.RebuildTable(
        before=before,
        after=after,
        inline_constraints=tuple(
            p for p in table_objects if isinstance(p, Constraint | ForeignKey)
        ),
        copied_columns=_pair_copied_values(before, after, changes),
        recreated_objects=(
            *(index for index in table_objects if isinstance(index, Index)),
            *(
                obj
                for dependent in _find_dependents(key, current)
                if dependent.key not in dropped
                and isinstance(obj := desired.get(dependent.key), Opaque)
            ),
        ),
        replaced_changes=changes,
    )


def _pair_copied_values(
    before: Table, after: Table, changes: Changes
) -> tuple[tuple[str, str], ...]:
    """Return pairs of a column and the expression over the old row that fills it.

    A new NOT NULL column without default and fill has no pair, so copying fails if there
    are rows: no value is made up.
    """
    values = {column.name: quote(column.name) for column in before.columns}
    for change in changes:
        match change:
            case ddl.AddColumn(fill=str(fill)):
                values[change.column.name] = fill
            case ddl.AlterColumn(before=old, after=new):
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
    """Return the views and triggers that name a table, directly or through a view.

    A view comes before the triggers on it.
    """
    affected = {key}
    opaque = [obj for obj in current.of(Opaque) if obj.trait.is_stored_as_text]
    dependents: set[Opaque] = set()
    while added := [o for o in opaque if o not in dependents and o.needs & affected]:
        dependents.update(added)
        affected.update(obj.key for obj in added)
    return sorted(
        dependents, key=lambda obj: (not obj.trait.takes_relation_name, obj.key)
    )
