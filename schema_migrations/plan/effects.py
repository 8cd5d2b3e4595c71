"""The effects of a change on keys, which decide its place in the order.

Pure.  ``order`` derives the edges from them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    NO_KEYS,
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Key,
    Object,
    Opaque,
    Schema,
    Sequence,
    Table,
    owner_of,
    provided_keys_of,
    trait_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    made_keys: frozenset[Key] = NO_KEYS
    """Keys (and names) that exist, or have their new form, after this change."""
    freed_keys: frozenset[Key] = NO_KEYS
    """Keys (and names) that no longer exist, or lose their old form, after this change."""
    used_keys: frozenset[Key] = NO_KEYS
    """Keys that must exist in their new form before this change."""
    released_keys: frozenset[Key] = NO_KEYS
    """Keys whose old form this change stops using."""


def effects_of(change: ddl.Change, current: Schema) -> Effects:
    match change:
        case ddl.CreateTable():
            return _effects_of_create(change.table, *change.inline_constraints)
        case ddl.DropTable():
            parts = current.by_table.get(change.table.key, ())
            return _effects_of_drop(change.table, *parts)
        case ddl.Create():
            created = _effects_of_creation(change.object)
            taken = {change.from_index.key} if change.from_index else NO_KEYS
            return replace(
                created,
                made_keys=created.made_keys | change.gone_first,
                used_keys=created.used_keys | taken,
            )
        case ddl.Drop():
            return _effects_of_single_drop(change)
        case ddl.Rename():
            return _effects_of_rename(change)
        case ddl.Alter():
            return _effects_of_alter(change)
        case ddl.Attach():
            return _effects_of_attach(change)
        case ddl.Detach():
            # ``order`` puts it before all that is done to either table.
            return Effects()
        case ddl.AlterTable():
            return Effects(used_keys=change.after.needs)
        case ddl.SetComment():
            return Effects(used_keys=frozenset({change.key}))
        case ddl.RebuildTable():
            return _effects_of_rebuild(change, current)
        case (
            ddl.AddColumn()
            | ddl.DropColumn()
            | ddl.AlterColumn()
            | ddl.DropNumbering()
            | ddl.RenameColumn()
            | ddl.FillColumn()
            | ddl.ForbidNull()
        ):
            return _effects_on_column(change)


def _effects_of_creation(obj: Object) -> Effects:
    created = _effects_of_create(obj)
    match obj:
        case Opaque():
            waits = frozenset(map(_rebuilt_key_of, obj.needs))
        case ForeignKey():
            # The rows that it refers to may come with a partition.
            waits = frozenset({_room_key_of(obj.referenced_table)})
        case _:
            waits = NO_KEYS
    return replace(created, used_keys=created.used_keys | waits)


def _effects_of_create(*objects: Object) -> Effects:
    made = _keys_taken_by(*objects)
    return Effects(made_keys=made, used_keys=_needs_of(*objects) - made)


def _effects_of_drop(*objects: Object) -> Effects:
    freed = _keys_taken_by(*objects)
    return Effects(freed_keys=freed, released_keys=_needs_of(*objects) - freed)


def _effects_of_single_drop(change: ddl.Drop) -> Effects:
    obj = change.object
    if isinstance(obj, Sequence):
        # Its owner may be altered before or after: it only would take it along.
        return _effects_of_drop(replace(obj, owned_by=None))
    # What is made comes after what is freed under the same key.
    return replace(
        _effects_of_drop(obj),
        made_keys=change.gone_first,
        used_keys=change.made_first,
    )


def _effects_of_rename(change: ddl.Rename) -> Effects:
    before, after = change.before, change.after
    freed = _names_of(before) | {before.key}
    if change.aside:  # no other change uses its new name
        return Effects(freed_keys=freed, released_keys=_needs_of(before) | {after.key})
    return Effects(
        made_keys=_names_of(after) | {after.key},
        freed_keys=freed,
        released_keys=_needs_of(before),
    )


def _effects_of_alter(change: ddl.Alter) -> Effects:
    before, after = change.before, change.after
    made, used = frozenset({after.key}), _needs_of(after)
    if isinstance(after, Constraint | ForeignKey):
        used |= {after.key}  # it may be made NOT VALID just before
    if isinstance(before, Sequence) and isinstance(after, Sequence):
        if before.owned_by == after.owned_by:
            # The column that owns it may draw from it, and so wait for it.
            used = after.needs
        elif before.definition == after.definition:
            # No other change waits for a sequence that only gets a new owner.
            made = NO_KEYS
    match before, after:
        case Definition(), Definition() if set(after.clauses) < set(before.clauses):
            # Where clauses only go, nothing else must have its new form.
            used = NO_KEYS
        case _:
            pass
    return Effects(
        made_keys=made,
        used_keys=used,
        released_keys=_needs_of(before) - _needs_of(after),
    )


def _keys_taken_by(*objects: Object) -> frozenset[Key]:
    """Return every key and name that exists as long as the objects do."""
    taken: set[Key] = set()
    for obj in objects:
        taken.add(obj.key)
        taken |= provided_keys_of(obj)
        taken |= _names_of(obj)
        if isinstance(obj, Table):
            taken.update(*(_sequence_names_of(obj.key, c) for c in obj.columns))
        if isinstance(obj, Opaque) and obj.attachment and obj.owner:
            taken.add(_room_key_of(obj.owner))
    return frozenset(taken)


def _effects_of_attach(change: ddl.Attach) -> Effects:
    partition, table = change.partition, change.table
    assert partition.attachment is not None
    assert partition.owner is not None
    parts = {obj.key for obj in partition.attachment.objects} - change.made_later
    columns = {partition.owner.column(column.name) for column in table.columns}
    return Effects(
        made_keys=change.gone_first | {partition.key, _room_key_of(partition.owner)},
        used_keys=_needs_of(partition) | table.provided_keys | parts | columns,
    )


def _room_key_of(table: Key) -> Key:
    """Return a stand-in key for the partitions of a table, whose bounds never overlap."""
    return table._replace(part="partitions")


def _rebuilt_key_of(table: Key) -> Key:
    """Return a stand-in key for the rebuilt form of a table.

    While SQLite rebuilds a table, no view or trigger may name it, so new ones wait for
    this key; other objects that need the table do not wait.
    """
    return table._replace(part="rebuilt")


def _effects_of_rebuild(change: ddl.RebuildTable, current: Schema) -> Effects:
    new = _effects_of_create(
        change.after, *change.inline_constraints, *change.recreated_objects
    )
    old = _effects_of_drop(change.before, *current.by_table.get(change.before.key, ()))
    new_key = change.after.key
    columns = {column.name for column in change.before.columns}
    added = {
        new_key.column(c.name) for c in change.after.columns if c.name not in columns
    }
    fills = (
        c
        for c in change.replaced_changes
        if isinstance(c, ddl.AddColumn | ddl.AlterColumn)
    )
    read = frozenset(key for c in fills for key in c.fill_needs)
    # The table exists before and after: the rebuild makes only its new parts.
    return Effects(
        made_keys=frozenset(added)
        | (new.made_keys - old.freed_keys)
        | {_rebuilt_key_of(new_key)},
        freed_keys=old.freed_keys - new.made_keys,
        used_keys=(new.used_keys - {new_key}) | _select_columns(read),
        released_keys=old.released_keys
        | {key for key in read if key.kind != "constraint"},
    )


def _select_columns(keys: frozenset[Key]) -> frozenset[Key]:
    """Return the columns among the keys that a fill reads, with what fills them.

    A fill does not wait for a table of this key: it may be created anew after the fill.
    """
    columns = frozenset(key for key in keys if key.kind == "column")
    return columns | frozenset(map(ddl.filled_key_of, columns))


def _effects_on_column(
    change: ddl.AddColumn
    | ddl.DropColumn
    | ddl.AlterColumn
    | ddl.DropNumbering
    | ddl.RenameColumn
    | ddl.FillColumn
    | ddl.ForbidNull,
) -> Effects:
    table = change.table
    match change:
        case ddl.FillColumn():
            return Effects(
                made_keys=change.gone_first | {change.filled_key},
                used_keys=_select_columns(change.fill_needs)
                | {ddl.subject_of(change)}
                | change.awaits,
                released_keys=change.fill_needs,
            )
        case ddl.ForbidNull(check=check):
            return Effects(
                made_keys=frozenset({change.forbidden_key}),
                used_keys=frozenset({ddl.subject_of(change), check.key}),
            )
        case ddl.AddColumn():
            column = table.column(change.column.name)
            parts = _effects_of_create(*change.inline_constraints)
            return Effects(
                made_keys=parts.made_keys
                | _sequence_names_of(table, change.column)
                | {column},
                used_keys=(parts.used_keys | change.column.needs | {table}) - {column}
                | _select_columns(change.fill_needs),
                released_keys=change.fill_needs,
            )
        case ddl.DropColumn():
            return Effects(
                made_keys=change.gone_first,
                freed_keys=_sequence_names_of(table, change.column)
                | {table.column(change.column.name)},
                released_keys=change.column.needs | {table},
            )
        case ddl.DropNumbering(column=old_column):
            drawn = frozenset(
                k for k in old_column.needs if k.kind in ("sequence", "opaque")
            )
            return Effects(
                freed_keys=_sequence_names_of(table, old_column),
                released_keys=drawn | {table.column(old_column.name)},
            )
        case ddl.AlterColumn() | ddl.RenameColumn():
            before, after = change.before, change.after
            read = (
                NO_KEYS if isinstance(change, ddl.RenameColumn) else change.fill_needs
            )
            old, new = (_sequence_names_of(table, each) for each in (before, after))
            return Effects(
                made_keys=new - old | {table.column(after.name)},
                freed_keys=old - new | {table.column(before.name)},
                used_keys=after.needs | _select_columns(read),
                released_keys=(before.needs - after.needs) | read,
            )


def _sequence_names_of(table: Key, column: Column) -> frozenset[Key]:
    """Return the relation name that the sequence behind an identity takes."""
    if not (column.identity and column.identity_sequence):
        return NO_KEYS
    return frozenset({Key("index", table.namespace, column.identity_sequence)})


def _needs_of(*objects: Object) -> frozenset[Key]:
    needs: set[Key] = set()
    for obj in objects:
        needs |= obj.needs
        owner = owner_of(obj)
        if owner is not None:
            needs.add(owner)
        if isinstance(obj, Sequence) and obj.owned_by is not None:
            needs.add(obj.owned_by)
    return frozenset(needs)


def _names_of(obj: Object) -> frozenset[Key]:
    """Return the names that an object takes: as an index for a relation, as a domain for a type.

    PostgreSQL has one set of names for tables, indexes, sequences and views, and the
    index of a unique constraint takes one too; another set is for types, and each table
    or view is a type of its rows:
    https://www.postgresql.org/docs/current/catalog-pg-class.html
    https://www.postgresql.org/docs/current/catalog-pg-type.html
    """
    match obj:
        case Constraint(type="check") | Constraint(reserves_relation_name=False):
            return NO_KEYS
        case ForeignKey():
            return NO_KEYS
        case Constraint(key=key):
            name = key.part
        case _:
            name = obj.key.name
    trait = trait_of(obj)
    names = (
        (trait.takes_relation_name, Key("index", obj.key.namespace, name)),
        (trait.takes_type_name, Key("domain", obj.key.namespace, name)),
    )
    return frozenset(key for is_taken, key in names if is_taken)
