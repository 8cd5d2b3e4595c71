"""The one comparison of two schemas: ``diff(current, desired)``.

Pure, and the same for every engine: the same server prints both schemas, so equal
objects have equal texts.  ``diff(s, s) == ()``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.extensions import with_agreed_versions
from schema_migrations.schema.model import (
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
)
from schema_migrations.schema.partitions import (
    find_partition_moves,
    make_move_changes,
    with_moves,
)
from schema_migrations.schema.required_columns import find_required_columns


def diff(current: Schema, desired: Schema) -> tuple[ddl.Change, ...]:
    """Return the changes that lead from ``current`` to ``desired``, sorted by key.

    An index or constraint that differs only by name is a ``Rename``; renames of tables
    and columns are never guessed.  A table that becomes a partition is attached, see
    ``partitions``.
    """
    changes: list[ddl.Change] = []
    current = with_agreed_versions(current, desired)
    moves = find_partition_moves(current, desired)
    if moves:
        current, desired = with_moves(current, desired, moves)
        changes += make_move_changes(moves, current, desired)
    for key in sorted(current.by_key.keys() | desired.by_key.keys()):
        before, after = current.get(key), desired.get(key)
        if before != after:
            changes += _compare_objects(before, after, current)
    return _pair_renames(changes, current)


def _compare_objects(
    before: Object | None, after: Object | None, current: Schema
) -> Iterator[ddl.Change]:
    match before, after:
        case Table(), Table():
            required = find_required_columns(current.by_table.get(before.key, ()))
            yield from _compare_tables(before, after, required)
        case Sequence(), Sequence():
            yield ddl.Alter(before=before, after=after)
        case Definition(), Definition():
            is_used = any(before.key in obj.needs for obj in current)
            yield ddl.Alter(before=before, after=after, is_used=is_used)
        case _:
            if isinstance(before, Table):
                yield ddl.DropTable(table=before)
            elif before is not None:
                yield ddl.Drop(object=before)
            if isinstance(after, Table):
                yield ddl.CreateTable(table=after)
            elif after is not None:
                yield ddl.Create(object=after)


def _compare_tables(
    before: Table, after: Table, required: frozenset[str]
) -> Iterator[ddl.Change]:
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    if before.options != after.options:
        yield ddl.AlterTable(before=before, after=after)
    if before.comment != after.comment:
        yield ddl.SetComment(key=after.key, before=before.comment, after=after.comment)
    for column in before.columns:
        if column.name not in new:
            yield ddl.DropColumn(table=before.key, column=column)
    for column in after.columns_in_order:
        if column.name not in old:
            yield ddl.AddColumn(table=after.key, column=column)
        elif column != old[column.name]:
            yield from _compare_columns(
                after, old[column.name], column, has_no_null=column.name in required
            )


def _compare_columns(
    table: Table, before: Column, after: Column, *, has_no_null: bool
) -> Iterator[ddl.Change]:
    if before != replace(after, comment=before.comment):
        yield ddl.AlterColumn(
            table=table.key, before=before, after=after, has_no_null=has_no_null
        )
    if before.comment != after.comment:
        key = table.key.column(after.name)
        yield ddl.SetComment(key=key, before=before.comment, after=after.comment)


def _pair_renames(changes: list[ddl.Change], current: Schema) -> tuple[ddl.Change, ...]:
    """Pair drops and creations of indexes and constraints that differ only by name.

    The new name must be free in ``current``, so that renames work in any order.
    """
    dropped: dict[Object, list[ddl.Drop]] = {}
    for change in changes:
        if isinstance(change, ddl.Drop) and (signature := _strip_name(change.object)):
            dropped.setdefault(signature, []).append(change)
    if not dropped:
        return tuple(changes)
    paired: set[Key] = set()
    result: list[ddl.Change] = []
    for change in changes:
        if isinstance(change, ddl.Create) and current.get(change.object.key) is None:
            signature = _strip_name(change.object)
            if signature is not None and dropped.get(signature):
                drop = dropped[signature].pop(0)
                paired.add(drop.object.key)
                change = ddl.Rename(before=drop.object, after=change.object)
        result.append(change)
    return tuple(
        change
        for change in result
        if not (isinstance(change, ddl.Drop) and change.object.key in paired)
    )


def _strip_name(obj: Object) -> Object | None:
    match obj:
        case Constraint() | ForeignKey():
            return replace(obj, key=obj.key._replace(part=""))
        case Index():
            return replace(obj, key=obj.key._replace(name=""))
        case Table() | Sequence() | Definition() | Opaque():
            return None
