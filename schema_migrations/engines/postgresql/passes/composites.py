"""Rewrite changes to composite types whose values are stored.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from schema_migrations.errors import UnsupportedChange
from schema_migrations.plan.attributes import compare_attributes
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Definition,
    Key,
    Opaque,
    Schema,
    Table,
    trait_of,
)

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes


def replace_attributes(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Change the attributes of a composite type in place, where columns have values of it.

    Raises ``UnsupportedChange`` for what PostgreSQL cannot do while a column has the type.
    """
    dropped = {c.object.key: c.object for c in changes if isinstance(c, ddl.Drop)}
    altered: dict[Key, ddl.Alter] = {}
    for change in changes:
        match change:
            case ddl.Create(object=Opaque() as after) if after.trait.is_value_type:
                before = dropped.get(after.key)
                if isinstance(before, Opaque) and (
                    column := _find_column(before.key, changes, current, desired)
                ):
                    _refuse_what_is_stored(before, after, column)
                    altered[after.key] = ddl.Alter(before=before, after=after)
            case _:
                pass
    _refuse_row_types(changes, current)
    _refuse_other_kinds(changes, current)
    return tuple(
        altered.get(c.object.key, c) if isinstance(c, ddl.Create) else c
        for c in changes
        if not (isinstance(c, ddl.Drop) and c.object.key in altered)
    )


def _find_column(
    type_: Key, changes: Changes, current: Schema, desired: Schema
) -> Key | None:
    """Return a column that keeps values of a type, also within other types."""
    types = {type_}
    while added := {
        obj.key
        for obj in current
        if obj.key not in types and obj.needs & types and trait_of(obj).is_value_type
    }:
        types |= added
    gone = {c.table.key for c in changes if isinstance(c, ddl.DropTable)}
    gone |= {ddl.subject_of(c) for c in changes if isinstance(c, ddl.DropColumn)}
    gone |= {
        ddl.subject_of(c)
        for c in changes
        if isinstance(c, ddl.AlterColumn) and not c.after.needs & types
    }
    keys = (
        table.key.column(column.name)
        for table in current.of(Table)
        if table.key not in gone
        for column in table.columns
        if column.needs & types and column.generated is None
    )
    return next((key for key in sorted(keys) if key not in gone), None)


def _refuse_row_types(changes: Changes, current: Schema) -> None:
    """Raise ``UnsupportedChange`` for a composite type that a table is made of."""
    types = {
        c.object.key
        for c in changes
        if isinstance(c, ddl.Create)
        and isinstance(c.object, Opaque)
        and c.object.trait.is_composite
    } | {c.after.key for c in changes if isinstance(c, ddl.Alter)}
    for setting in current.of(Opaque):
        made_of = setting.trait.shapes_rows and setting.owner and setting.needs & types
        if made_of and setting.owner:
            key = min(setting.needs & types)
            raise UnsupportedChange(
                problem=f"Table {setting.owner.path} is made of type {_name_of(key)}, which"
                " changes: both must change in one statement, as ALTER TYPE …"
                " ADD ATTRIBUTE … CASCADE"
            )


def _refuse_other_kinds(changes: Changes, current: Schema) -> None:
    """Raise ``UnsupportedChange`` for a type that becomes one of another kind in use."""
    changed = {ddl.subject_of(c) for c in changes}
    created = {
        (c.object.key.namespace, c.object.key.name): c.object.key
        for c in changes
        if isinstance(c, ddl.Create) and trait_of(c.object).is_value_type
    }
    for change in changes:
        match change:
            case ddl.Drop(object=Definition() | Opaque() as old) if (
                trait_of(old).is_value_type
                and created.get((old.key.namespace, old.key.name), old.key) != old.key
            ):
                column = next(
                    (
                        key
                        for table in current.of(Table)
                        for column in table.columns
                        for key in [table.key.column(column.name)]
                        if old.key in column.needs and not {key, table.key} & changed
                    ),
                    None,
                )
                if column:
                    _refuse_type(old, column, "cannot become a type of another kind")
            case _:
                pass


def _name_of(key: Key) -> str:
    return key._replace(part="").path


def _refuse_what_is_stored(before: Opaque, after: Opaque, column: Key) -> None:
    compared = compare_attributes(before, after)
    if not after.trait.is_composite:
        what = "cannot change: PostgreSQL has no statement for that"
    elif compared.misplaced:
        what = (
            f"would have attribute {compared.misplaced[0]} at another place: PostgreSQL"
            " adds attributes at the end and cannot move them"
        )
    elif compared.retyped:
        attribute, type_ = compared.retyped[0]
        what = (
            f"cannot change the type of attribute {attribute} to {type_}: PostgreSQL"
            " refuses that while columns have values of it"
        )
    else:
        return
    _refuse_type(after, column, what)


def _refuse_type(type_: Definition | Opaque, column: Key, what: str) -> NoReturn:
    is_composite = isinstance(type_, Opaque) and type_.trait.is_composite
    row = "ROW(…)" if is_composite else "…"
    raise UnsupportedChange(
        problem=f"Type {_name_of(type_.key)} of column {column.path} {what}. Create a type"
        " under another name, convert the column (ALTER TABLE … ALTER COLUMN"
        f" {column.part} TYPE … USING {row}), and drop the old type"
    )
