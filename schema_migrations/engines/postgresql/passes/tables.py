"""Rewrite changes to tables, their columns and constraints.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from schema_migrations.errors import ObjectInTheWay
from schema_migrations.plan.plan import Changes
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    NO_KEYS,
    Column,
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
    trait_of,
)
from schema_migrations.schema.own_parts import own_key_of
from schema_migrations.schema.partitions import list_moves, with_moves
from schema_migrations.schema.trait import Trait


def recreate_generated_columns(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Drop and add a generated column that must change: its values are computed again.

    Its expression cannot be altered before PostgreSQL 17, and a column that it is
    computed from cannot change its type while it exists.
    https://www.postgresql.org/docs/current/ddl-generated-columns.html
    """
    retyped = {
        c.table.column(c.after.name)
        for c in changes
        if isinstance(c, ddl.AlterColumn) and _is_retyped(c)
    }
    altered = {
        c.table.column(c.after.name) for c in changes if isinstance(c, ddl.AlterColumn)
    }
    result: list[ddl.Change] = []
    for change in changes:
        if isinstance(change, ddl.AlterColumn) and _needs_new_column(change, retyped):
            result += _recreate_column(change.table, change.before, change.after)
        else:
            result.append(change)
    for table in current.of(Table):
        after = desired.get(table.key)
        if not isinstance(after, Table):
            continue
        for column in table.columns:
            key = table.key.column(column.name)
            computed = column.generated is not None and column.needs & retyped
            if computed and key not in altered and key in after.provided_keys:
                result += _recreate_column(
                    table.key, column, after.get_column(column.name)
                )
    return tuple(result)


def _is_retyped(change: ddl.AlterColumn) -> bool:
    before, after = change.before, change.after
    return (before.type, before.collation) != (after.type, after.collation)


def _needs_new_column(change: ddl.AlterColumn, retyped: set[Key]) -> bool:
    before, after = change.before, change.after
    if after.generated is None:
        return before.generated is not None and before.generated_kind == "virtual"
    return (
        (before.generated, before.generated_kind)
        != (after.generated, after.generated_kind)
        or _is_retyped(change)
        or bool(before.needs & retyped)
    )


def _recreate_column(table: Key, before: Column, after: Column) -> list[ddl.Change]:
    return [
        ddl.DropColumn(table=table, column=before),
        ddl.AddColumn(table=table, column=after),
    ]


def recreate_dependents(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Drop and create what depends on something that is dropped and created again.

    For example a foreign key to a primary key that changes, an index on a replaced
    column, a view on a column that changes its type.
    """
    current, desired = with_moves(current, desired, list_moves(changes))
    disturbed = {key for change in changes for key in _disturbed_keys_of(change)}
    altered = [c for c in changes if isinstance(c, ddl.AlterColumn)]
    altered_keys = {c.table.column(c.after.name) for c in altered}
    incomparable = {
        c.table.column(c.after.name)
        for c in altered
        if _comparison_type_of(c.before.type) != _comparison_type_of(c.after.type)
    }
    # By whether the object is a foreign key: that cannot follow a column to a type that
    # does not compare with the other side's.
    followed = {True: altered_keys - incomparable, False: altered_keys}
    result = [
        step
        for change in changes
        for step in _expand_rename(change, disturbed, followed)
    ]
    own_parts = _find_own_parts(current)
    handled = {c.object.key for c in result if isinstance(c, ddl.Drop | ddl.Create)} | {
        c.before.key for c in result if isinstance(c, ddl.Rename)
    }
    # An object that is replaced in place needs only what it needs before and after.
    replaced = {
        c.before.key: replace(c.before, needs=c.before.needs & c.after.needs)
        for c in result
        if isinstance(c, ddl.Alter) and isinstance(c.before, Opaque)
    }
    objects = tuple(replaced.get(obj.key, obj) for obj in current)
    reshaped = {c.after.key for c in result if _is_reshaped(c)}
    recreated: set[Key] = set()
    while True:
        disturbed |= _recreate_computed(result, disturbed | reshaped, current, desired)
        dependents = [
            obj
            for obj in objects
            if obj.key not in handled
            and isinstance(obj, Constraint | ForeignKey | Index | Opaque)
            and not (isinstance(obj, Constraint) and not obj.is_local)
            and (
                _needs_recreating(
                    obj, disturbed, _select_followed(obj, followed, own_parts)
                )
                or (obj.needs & reshaped and _reads_attributes(obj))
            )
        ]
        if not dependents:
            return tuple(
                c
                for c in result
                if not (isinstance(c, ddl.Alter) and c.after.key in recreated)
            )
        for obj in dependents:
            handled.add(obj.key)
            disturbed.add(obj.key)
            recreated.add(obj.key)
            before, after = current.by_key[obj.key], desired.get(obj.key)
            assert not isinstance(before, Table)
            result.append(ddl.Drop(object=before))
            if isinstance(after, Constraint | ForeignKey | Index | Opaque):
                result.append(ddl.Create(object=after))


def _is_reshaped(change: ddl.Change) -> TypeGuard[ddl.Alter]:
    """Tell whether a composite type loses what its dependents may read."""
    match change:
        case ddl.Alter(before=Opaque() as before, after=Opaque() as after):
            shape = before.shape
            return before.trait.is_composite and after.shape[: len(shape)] != shape
        case _:
            return False


def _reads_attributes(obj: Object) -> bool:
    """Tell whether an object may read single attributes of a type that it needs."""
    if not isinstance(obj, Opaque):
        return True
    is_text = obj.trait.is_routine and "\nAS " in obj.definition
    return obj.trait.is_reprinted and not is_text


def _recreate_computed(
    result: list[ddl.Change], disturbed: set[Key], current: Schema, desired: Schema
) -> set[Key]:
    """Drop and add the generated columns that need something disturbed; return their keys.

    The ``result`` gets the changes.  A column that it drops already is left alone.
    """
    gone = {c.table.key for c in result if isinstance(c, ddl.DropTable)}
    gone |= {ddl.subject_of(c) for c in result if isinstance(c, ddl.DropColumn)}
    found: set[Key] = set()
    for table in current.of(Table):
        after = desired.get(table.key)
        if table.key in gone or not isinstance(after, Table):
            continue
        for column in table.columns:
            key = table.key.column(column.name)
            needed = {k for k in column.needs & disturbed if k.kind == "opaque"}
            if column.generated is None or not needed or key in gone:
                continue
            result[:] = [c for c in result if not _alters(c, key)]
            result += _recreate_column(table.key, column, after.get_column(column.name))
            found.add(key)
    return found


def _alters(change: ddl.Change, column: Key) -> bool:
    return isinstance(change, ddl.AlterColumn) and ddl.subject_of(change) == column


def _expand_rename(
    change: ddl.Change, disturbed: set[Key], followed: dict[bool, set[Key]]
) -> tuple[ddl.Change, ...]:
    """Turn the rename of what must be recreated into a drop and a create."""
    match change:
        case ddl.Rename(
            before=Constraint() | ForeignKey() | Index() as before,
            after=Constraint() | ForeignKey() | Index() as after,
        ) if _needs_recreating(
            before, disturbed, _select_followed(before, followed, set())
        ):
            return ddl.Drop(object=before), ddl.Create(object=after)
        case _:
            return (change,)


def _disturbed_keys_of(change: ddl.Change) -> tuple[Key, ...]:
    match change:
        case ddl.Drop():
            return (change.object.key,)
        case ddl.DropTable():
            return (change.table.key, *change.table.provided_keys)
        case ddl.DropColumn():
            return (change.table.column(change.column.name),)
        case ddl.AlterColumn() if _is_retyped(change):
            return (change.table.column(change.after.name),)
        case ddl.Rename(before=Definition() as before):
            return (before.key,)
        case _:
            return ()


def _comparison_type_of(type_: str) -> str:
    """Return the type that a foreign key compares values of a type as.

    https://www.postgresql.org/docs/current/btree.html#BTREE-SUPPORT-FUNCS
    """
    base = type_.partition("(")[0]
    if base in ("smallint", "integer", "bigint"):
        return "integer"
    return "text" if base == "character varying" else base


def _needs_recreating(obj: Object, disturbed: set[Key], followed: set[Key]) -> bool:
    """Tell whether an object must be recreated because what it needs is disturbed.

    ``followed`` are columns whose new type an index or a constraint adopts by itself.
    """
    needed = obj.needs & disturbed
    if isinstance(obj, Opaque):
        # Without SQL to drop it, it stays, and the server reports what is in the way.
        recreatable = bool(obj.drop_sql) and not obj.trait.holds_rows
        return bool(needed - followed) and recreatable
    return bool(needed - followed)


def _find_own_parts(schema: Schema) -> set[Key]:
    """Return the keys of the indexes, keys and checks that partitions have for themselves."""
    return {
        own_key_of(obj)
        for partition in schema.of(Opaque)
        for obj in (partition.attachment.objects if partition.attachment else ())
        if isinstance(obj, Index | Constraint)
    }


def _select_followed(
    obj: Object, followed: dict[bool, set[Key]], own_parts: set[Key]
) -> set[Key]:
    """Return the columns whose new type an object adopts by itself.

    While a foreign key refers to a single partition, no key of that can be made anew.
    """
    if isinstance(obj, Opaque):
        return followed[False] if obj.key in own_parts else set()
    if isinstance(obj, ForeignKey) and obj.referenced_table.kind == "opaque":
        return set()
    return followed[isinstance(obj, ForeignKey)]


def omit_owned_drops(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Omit drops of objects that are dropped with their table or column.

    A foreign key to another dropped table keeps its own drop: otherwise tables that
    refer to one another in a cycle could not be dropped.
    """
    tables = {c.table.key for c in changes if isinstance(c, ddl.DropTable)}
    columns = {
        c.table.column(c.column.name) for c in changes if isinstance(c, ddl.DropColumn)
    }
    drops = {c.object.key for c in changes if isinstance(c, ddl.Drop)}
    partitions = {
        obj.key: obj.owner
        for obj in current.of(Opaque)
        if obj.attachment and (obj.key in drops or obj.owner in tables)
    }
    sequences = {
        key
        for obj in current.of(Opaque)
        if obj.trait.takes_along and obj.needs & partitions.keys()
        for key in obj.needs
    }

    def goes_along(obj: Object) -> bool:
        match obj:
            case ForeignKey():
                return obj.table in tables and (
                    obj.referenced_table not in tables
                    or obj.referenced_table == obj.table
                )
            case Sequence():
                owner = obj.owned_by
                return obj.key in sequences or (
                    owner is not None and (owner in columns or owner.table in tables)
                )
            case Opaque(trait=Trait(is_constraint=True), owner=owner):
                # The foreign key of a partition.
                needed = {partitions.get(key, key.table) for key in obj.needs} & tables
                return owner in tables and needed <= {owner}
            case _:
                return owner_of(obj) in tables

    return tuple(
        change
        for change in changes
        if not (isinstance(change, ddl.Drop) and goes_along(change.object))
    )


def refuse_dangling_needs(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Raise ``PlanError`` if a remaining object needs a dropped one (view on a column).

    PostgreSQL would refuse too, but its message would quote a generated statement.
    """
    dropped = {
        c.table.column(c.column.name) for c in changes if isinstance(c, ddl.DropColumn)
    }
    for change in changes:
        if isinstance(change, ddl.DropTable):
            dropped |= {change.table.key, *change.table.provided_keys}
    for table in desired.of(Table):
        dropped -= table.provided_keys
    created = {c.object.key for c in changes if isinstance(c, ddl.Create)}
    dropped_objects = {
        c.object.key
        for c in changes
        if isinstance(c, ddl.Drop)
        and isinstance(c.object, Opaque | Definition | Sequence)
    }
    for obj in desired:
        trait = trait_of(obj)
        needed = obj.needs & dropped if trait.survives else NO_KEYS
        if not trait.goes_along:
            needed |= obj.needs & (dropped_objects - created)
        if needed:
            raise ObjectInTheWay(
                problem=f"{trait.noun} {_name_of(obj)} needs"
                f" {_describe_dropped(min(needed), changes)}, which would be dropped",
                object=f"the {trait.noun}",
            )
    return changes


def _name_of(obj: Object) -> str:
    return obj.key.part if obj.key.kind == "constraint" else obj.key.name


def _describe_dropped(key: Key, changes: Changes) -> str:
    table = key.table
    if any(isinstance(c, ddl.DropTable) and c.table.key == table for c in changes):
        return str(table)
    return f"{key.part} {key.name}" if key.kind == "opaque" else str(key)
