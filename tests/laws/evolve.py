"""Changes applied to a schema in memory, as a server would apply them.

``evolve`` refuses what a server refuses (a missing object, an object still needed), so
that property tests can judge an order of changes without a server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from schema_migrations.errors import UnsupportedChange
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Column,
    Key,
    Object,
    Opaque,
    Schema,
    Table,
    owner_of,
    provided_keys_of,
)


def evolve(schema: Schema, changes: Iterable[ddl.Change]) -> Schema:
    """Return the schema after applying ``changes`` one by one.

    Raises ``UnsupportedChange`` for a change that a server would refuse.
    """
    for change in changes:
        schema = _apply_change(schema, change)
    return schema


def _apply_change(schema: Schema, change: ddl.Change) -> Schema:
    match change:
        case ddl.CreateTable():
            return _add_objects(schema, change.table, *change.inline_constraints)
        case ddl.DropTable():
            return _remove_table(schema, change.table.key)
        case ddl.Create():
            return _add_object(schema, change.object)
        case ddl.Drop():
            return _remove_object(schema, change.object.key)
        case ddl.Alter():
            return schema.replace_objects([change.before.key], [change.after])
        case ddl.Rename():
            return _add_object(_remove_object(schema, change.before.key), change.after)
        case ddl.Attach() | ddl.Detach():
            raise UnsupportedChange(problem="no partition is drawn")
        case ddl.AlterTable():
            table = _get_table(schema, change.after.key)
            return schema.replace_objects(
                (), [replace(table, options=change.after.options)]
            )
        case ddl.AddColumn():
            return _add_objects(
                _replace_column(schema, change), *change.inline_constraints
            )
        case ddl.DropColumn() | ddl.AlterColumn() | ddl.RenameColumn():
            return _replace_column(schema, change)
        case ddl.DropNumbering(table=table_, column=column):
            needs = frozenset(key for key in column.needs if key.kind != "sequence")
            bare = replace(column, default=None, identity="", needs=needs)
            return _replace_column(
                schema, ddl.AlterColumn(table=table_, before=column, after=bare)
            )
        case ddl.FillColumn():
            return schema
        case ddl.ForbidNull(table=table_, column=column, check=check):
            nullable = replace(column, nullable=True)
            forbidden = replace(column, nullable=False)
            return _replace_column(
                _remove_object(schema, check.key),
                ddl.AlterColumn(table=table_, before=nullable, after=forbidden),
            )
        case ddl.SetComment():
            return _set_comment(schema, change)
        case ddl.RebuildTable():
            return _rebuild_table(schema, change)


def _add_object(schema: Schema, obj: Object) -> Schema:
    if obj.key in schema.by_key:
        raise UnsupportedChange(problem=f"{obj.key} already exists")
    owner = owner_of(obj)
    needs = obj.needs | ({owner} if owner else set())
    missing = needs - _list_available_keys(schema) - provided_keys_of(obj) - {obj.key}
    if missing:
        raise UnsupportedChange(
            problem=f"{obj.key} needs {min(missing)}, which does not exist"
        )
    return schema.replace_objects((), [obj])


def _add_objects(schema: Schema, *objects: Object) -> Schema:
    for obj in objects:
        schema = _add_object(schema, obj)
    return schema


def _list_available_keys(schema: Schema) -> set[Key]:
    return set(schema.by_key).union(
        *(table.provided_keys for table in schema.of(Table))
    )


def _remove_object(schema: Schema, key: Key) -> Schema:
    _get_object(schema, key)
    _check_unneeded(schema, {key})
    return schema.replace_objects([key], ())


def _remove_table(schema: Schema, key: Key) -> Schema:
    table = _get_table(schema, key)
    parts = {obj.key for obj in schema.by_table.get(key, ())}
    _check_unneeded(schema, {key} | parts | table.provided_keys, ignoring=parts | {key})
    return schema.replace_objects([key, *parts], ())


def _check_unneeded(
    schema: Schema, keys: set[Key], *, ignoring: set[Key] | None = None
) -> None:
    for obj in schema:
        if obj.key in keys or obj.key in (ignoring or ()):
            continue
        if needed := keys & obj.needs:
            raise UnsupportedChange(
                problem=f"{min(needed)} is still needed by {obj.key}"
            )


def _get_object(schema: Schema, key: Key) -> Object:
    obj = schema.get(key)
    if obj is None:
        raise UnsupportedChange(problem=f"{key} does not exist")
    return obj


def _get_table(schema: Schema, key: Key) -> Table:
    table = _get_object(schema, key)
    assert isinstance(table, Table)
    return table


def _replace_column(
    schema: Schema,
    change: ddl.AddColumn | ddl.DropColumn | ddl.AlterColumn | ddl.RenameColumn,
) -> Schema:
    table = _get_table(schema, change.table)
    columns = {column.name: column for column in table.columns}
    match change:
        case ddl.AddColumn():
            if change.column.name in columns:
                raise UnsupportedChange(
                    problem=f"{table.key}.{change.column.name} already exists"
                )
            columns[change.column.name] = change.column
        case ddl.DropColumn():
            _check_unneeded(schema, {table.key.column(change.column.name)})
            del columns[change.column.name]
        case ddl.AlterColumn():
            _check_type_change(schema, table.key, change)
            comment = columns[change.before.name].comment
            columns[change.after.name] = replace(change.after, comment=comment)
        case ddl.RenameColumn():
            _check_unneeded(schema, {table.key.column(change.before.name)})
            del columns[change.before.name]
            columns[change.after.name] = change.after
    return schema.replace_objects((), [_with_columns(table, columns.values())])


def _check_type_change(schema: Schema, table: Key, change: ddl.AlterColumn) -> None:
    if change.before.type == change.after.type:
        return
    key = table.column(change.before.name)
    for obj in schema.of(Opaque):
        if key in obj.needs:
            raise UnsupportedChange(
                problem=f"the type of {key} is still needed by {obj.key}"
            )


def _with_columns(table: Table, columns: Iterable[Column]) -> Table:
    ordered = tuple(sorted(columns, key=lambda column: column.name))
    needs = frozenset[Key]().union(*(column.needs for column in ordered))
    return replace(table, columns=ordered, needs=needs - {table.key})


def _set_comment(schema: Schema, change: ddl.SetComment) -> Schema:
    key = change.key
    if key.kind == "table":
        table = replace(_get_table(schema, key), comment=change.after)
        return schema.replace_objects((), [table])
    table = _get_table(schema, key.table)
    column = replace(table.get_column(key.part), comment=change.after)
    others = [c for c in table.columns if c.name != key.part]
    return schema.replace_objects((), [_with_columns(table, [*others, column])])


def _rebuild_table(schema: Schema, change: ddl.RebuildTable) -> Schema:
    dropped = {obj.key for obj in schema.by_table.get(change.before.key, ())}
    dropped |= {obj.key for obj in change.recreated_objects} & set(schema.by_key)
    return schema.replace_objects(
        dropped, [change.after, *change.inline_constraints, *change.recreated_objects]
    )
