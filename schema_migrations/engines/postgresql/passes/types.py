"""Rewrite changes to types and collations of columns.  Pure.

PostgreSQL can add labels to an enum and checks to a domain, but it can remove no label
and change neither the base type of a domain nor a collation.  Then the old object is
renamed, its columns move to the new one, and the old one is dropped.
https://www.postgresql.org/docs/current/sql-altertype.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.ddl.conversion import find_conversion
from schema_migrations.engines.postgresql.ddl.render import render
from schema_migrations.engines.postgresql.quote import qualify, quote, quote_literal
from schema_migrations.errors import UnsupportedChange
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Attachment,
    Column,
    Definition,
    Key,
    Opaque,
    Schema,
    Table,
)

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes

_NAME_BYTES_LIMIT = 63
"""Maximum bytes of a name: https://www.postgresql.org/docs/current/limits.html"""


def recreate_types(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Replace types and collations that cannot be altered, and move their columns.

    Raises ``UnsupportedChange`` if another type is based on one.
    """
    for change in changes:
        match change:
            case ddl.Alter(before=Definition() as before, after=Definition() as after):
                if not _can_alter(before, after):
                    changes = _recreate_type(changes, change, current, desired)
            case _:
                pass
    return changes


def _can_alter(before: Definition, after: Definition) -> bool:
    match after.key.kind:
        case "enum":
            kept = [label for label in after.labels if label in before.labels]
            return kept == list(before.labels)
        case "domain":
            return before.bare_definition == after.bare_definition
        case "extension":
            return True
        case _:
            return False


def _recreate_type(
    changes: Changes, alter: ddl.Alter, current: Schema, desired: Schema
) -> Changes:
    before, after = alter.before, alter.after
    assert isinstance(before, Definition)
    assert isinstance(after, Definition)
    based_on_it = [o for o in current.of(Definition) if before.key in o.needs]
    if based_on_it:
        raise UnsupportedChange(
            problem=f"{before.key} must be dropped and created again, but "
            f"{based_on_it[0].key} is based on it"
        )
    aside = replace(before, key=_find_free_key(before.key, current))
    altered = {
        c.table.column(c.after.name): c
        for c in changes
        if isinstance(c, ddl.AlterColumn)
    }
    result: list[ddl.Change] = []
    for change in changes:
        if change is alter:
            result += [
                ddl.Rename(before=before, after=aside, aside=True),
                ddl.Create(object=after),
                ddl.Drop(object=aside),
            ]
        else:
            result.append(_redirect_change(change, before, after, aside.key))
    for table in current.of(Table):
        for column in table.columns:
            unaltered = table.key.column(column.name) not in altered
            new_column = _find_column(desired, table.key, column.name)
            if before.key in column.needs and unaltered and new_column is not None:
                change = ddl.AlterColumn(
                    table=table.key, before=column, after=new_column
                )
                result.append(_redirect_change(change, before, after, aside.key))
    return tuple(result)


def _find_free_key(key: Key, schema: Schema) -> Key:
    """Return the key with a suffix that makes its name a free one."""
    suffix = "__old"
    while True:
        short = key.name.encode()[: _NAME_BYTES_LIMIT - len(suffix)].decode(
            errors="ignore"
        )
        candidate = key._replace(name=f"{short}{suffix}")
        if candidate not in schema.by_key:
            return candidate
        suffix += "_"


def _find_column(schema: Schema, table: Key, name: str) -> Column | None:
    owner = schema.get(table)
    columns = owner.columns if isinstance(owner, Table) else ()
    return next((column for column in columns if column.name == name), None)


def _redirect_change(
    change: ddl.Change, old: Definition, new: Definition, aside: Key
) -> ddl.Change:
    """Return a change that starts from the ``old`` object under its new name."""
    key = old.key
    match change:
        case ddl.AlterColumn(before=before, after=after) if key in before.needs:
            redirected = _redirect_column(before, key, aside)
            using = change.conversion
            if key in after.needs and key.kind == "enum":
                using = _render_text_cast(before, after)
            elif key in after.needs and key.kind == "domain":
                using = _render_domain_cast(before, after, old, new)
            return replace(change, before=redirected, conversion=using)
        case ddl.DropColumn(column=column) if key in column.needs:
            return replace(change, column=_redirect_column(column, key, aside))
        case ddl.DropTable(table=table) if key in table.needs:
            needs = table.needs - {key} | {aside}
            return replace(change, table=replace(table, needs=needs))
        case _:
            return change


def _render_domain_cast(
    before: Column, after: Column, old: Definition, new: Definition
) -> str:
    """Return a cast to a domain of another base type; empty: the server has its own.

    That one refuses a text which is too long, where an explicit cast cuts it off.
    """
    bases = (replace(before, type=old.base_type), replace(after, type=new.base_type))
    return f"{quote(before.name)}::{after.type}" if find_conversion(*bases) else ""


def _redirect_column(column: Column, key: Key, aside: Key) -> Column:
    redirected = replace(column, needs=column.needs - {key} | {aside})
    if key.kind == "collation":
        return replace(redirected, collation=qualify(aside))
    array = "[]" if column.type.endswith("[]") else ""
    return replace(redirected, type=qualify(aside) + array)


def cast_enums(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Convert one enum to another by its labels' text: there is no cast between enums."""

    def is_enum(column: Column) -> bool:
        return any(key.kind == "enum" for key in column.needs)

    return tuple(
        replace(change, conversion=_render_text_cast(change.before, change.after))
        if isinstance(change, ddl.AlterColumn)
        and change.conversion is None
        and change.before.type != change.after.type
        and is_enum(change.before)
        and is_enum(change.after)
        else change
        for change in changes
    )


def _render_text_cast(before: Column, after: Column) -> str:
    array = "[]" if before.type.endswith("[]") else ""
    return f"{quote(before.name)}::text{array}::{after.type}"


def commit_new_labels(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Commit a new enum label before the other statements of the file that use it.

    https://www.postgresql.org/docs/current/sql-altertype.html#id-1.9.3.42.7
    """
    return tuple(
        replace(change, needs_commit=True)
        if isinstance(change, ddl.Alter) and _has_used_labels(change, changes)
        else change
        for change in changes
    )


def _has_used_labels(alter: ddl.Alter, changes: Changes) -> bool:
    before, after = alter.before, alter.after
    if not (isinstance(before, Definition) and isinstance(after, Definition)):
        return False
    new = [label for label in after.labels if label not in before.labels]
    return bool(new) and any(
        _uses_label(change, sql, after.key, label)
        for change in changes
        if change is not alter
        for sql in ["\n".join(statement.sql for statement in render(change))]
        for label in new
    )


def _uses_label(change: ddl.Change, sql: str, enum: Key, label: str) -> bool:
    """Tell whether a change uses a label as a value of the enum, not just as a text.

    The server prints such a value with its type; what a person wrote need not have it,
    and nor do the bounds of a partition.
    """
    literal = quote_literal(label)
    if literal[1:-1] not in sql:
        return False
    if _compile_typed(enum, literal[1:-1]).search(sql):
        return True
    match change:
        case ddl.AddColumn(column=column, fill=fill):
            return enum in column.needs and literal in (fill or "")
        case ddl.AlterColumn(after=column, fill=fill, conversion=conversion):
            return enum in column.needs and literal in f"{fill} {conversion}"
        case ddl.Create(object=Opaque() as obj) | ddl.Alter(after=Opaque() as obj):
            is_printed = obj.trait.is_reprinted and not obj.trait.is_routine
            is_text = is_printed or obj.trait.is_setting
            return not is_text and literal in obj.definition
        case ddl.Attach(partition=Opaque(attachment=Attachment(bounds=bounds))):
            return literal in bounds
        case _:
            return False


def _compile_typed(enum: Key, label: str) -> re.Pattern[str]:
    """Return the pattern of a literal of the enum, or of its array, that holds a label."""
    names = {enum.name, quote(enum.name)}
    type_ = "|".join(map(re.escape, sorted(names)))
    value = rf"'{re.escape(label)}'::"
    array = rf"'\{{[^']*{re.escape(label)}(?:''|[^'])*'::"
    return re.compile(rf"(?:{value}|{array})(?:[^\s:()\[\]]+\.)?(?:{type_})(?![\w$])")
