"""Render one change as SQLite statements.  Pure.

Definitions are canonical SQL already and used unchanged; only names are quoted here.
The layout is for reviewers: one column or clause per line.
"""

from __future__ import annotations

from schema_migrations.engines.sqlite.ddl.render_table import (
    render_add_column,
    render_create_table,
    render_rename_column,
)
from schema_migrations.engines.sqlite.quote import quote
from schema_migrations.errors import UnsupportedChange
from schema_migrations.plan.plan import Statement
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Constraint,
    ForeignKey,
    Index,
    Opaque,
    Table,
)

Statements = tuple[Statement, ...]


def render(change: ddl.Change) -> Statements:
    """Return the statements of one change, in order.

    Raises ``UnsupportedChange`` if SQLite has no statement for it.
    """
    match change:
        case ddl.CreateTable():
            name = quote(change.table.key.name)
            sql = render_create_table(name, change.table, change.inline_constraints)
            return (Statement(sql=sql, comment=f"Create table {name}"),)
        case ddl.DropTable():
            name = quote(change.table.key.name)
            return (Statement(sql=f"DROP TABLE {name}", comment=f"Drop table {name}"),)
        case ddl.AddColumn():
            return (render_add_column(change),)
        case ddl.RenameColumn():
            return (render_rename_column(change),)
        case ddl.Create(object=Index() | Opaque() as obj):
            return (_render_create(obj),)
        case ddl.Drop(object=Index() as index):
            name = quote(index.key.name)
            return (Statement(sql=f"DROP INDEX {name}", comment=f"Drop index {name}"),)
        case ddl.Drop(object=Opaque() as obj):
            return (_render_drop(obj),)
        case ddl.Rename(before=Table() as before, after=Table() as after):
            return (_render_rename_table(before.key.name, after.key.name),)
        case ddl.RebuildTable():
            return _render_rebuild(change)
        case (
            ddl.DropColumn()
            | ddl.AlterColumn()
            | ddl.DropNumbering()
            | ddl.AlterTable()
            | ddl.Create()
            | ddl.Drop()
            | ddl.Alter()
            | ddl.Rename()
            | ddl.FillColumn()
            | ddl.ForbidNull()
            | ddl.Attach()
            | ddl.Detach()
            | ddl.SetComment()
        ):
            raise UnsupportedChange(
                problem=f"SQLite has no statement for {ddl.subject_of(change)}."
            )


def _render_create(obj: Index | Opaque) -> Statement:
    name = quote(obj.key.name)
    match obj:
        case Index():
            table = quote(obj.table.name)
            unique = "UNIQUE " if obj.unique else ""
            return Statement(
                sql=f"CREATE {unique}INDEX {name} ON {table} {obj.definition}",
                comment=f"Create {unique.lower()}index {name} on table {table}",
            )
        case Opaque():
            return Statement(sql=obj.definition, comment=f"Create {obj.noun} {name}")


def _render_drop(obj: Opaque) -> Statement:
    return Statement(sql=obj.drop_sql, comment=f"Drop {obj.noun} {quote(obj.key.name)}")


def _render_rename_table(before: str, after: str) -> Statement:
    return Statement(
        sql=f"ALTER TABLE {quote(before)} RENAME TO {quote(after)}",
        comment=f"Rename table {quote(before)} to {quote(after)}",
    )


def _render_rebuild(change: ddl.RebuildTable) -> Statements:
    """Return statements that create a new table, copy the rows and swap the tables.

    https://www.sqlite.org/lang_altertable.html#making_other_kinds_of_table_schema_changes
    Foreign keys must be off meanwhile, or dropping the old table would delete the rows
    that refer to it, or fail because of them.  References from other tables, and from the
    table to itself, are by name, so they apply to the new table.  Views and triggers of
    other tables that name this one are dropped meanwhile: with them the rename fails.
    """
    name = change.after.key.name
    new = f"new__{name}"
    outside = [
        obj
        for obj in reversed(change.recreated_objects)
        if isinstance(obj, Opaque) and obj.owner != change.after.key
    ]
    create = Statement(
        sql=render_create_table(quote(new), change.after, change.inline_constraints),
        comment=f"Rebuild table {quote(name)}: {_describe_rebuild(change)}",
    )
    drop = Statement(
        sql=f"DROP TABLE {quote(change.before.key.name)}",
        comment=f"Drop the old table {quote(name)}; its rows are in the new one",
    )
    return (
        *(_render_drop(obj) for obj in outside),
        create,
        *_render_sequence_copy(change, new),
        _render_copy(change, new),
        drop,
        _render_rename_table(new, name),
        *(_render_create(obj) for obj in change.recreated_objects),
    )


def _render_sequence_copy(change: ddl.RebuildTable, new: str) -> Statements:
    """Return a statement that copies the largest key ever used; its row may be deleted.

    https://www.sqlite.org/autoinc.html; renaming the table renames this row too.
    """
    autoincrement = [
        any(column.identity for column in table.columns)
        for table in (change.before, change.after)
    ]
    if not all(autoincrement):
        return ()
    literals = [
        "'" + name.replace("'", "''") + "'" for name in (new, change.before.key.name)
    ]
    return (
        Statement(
            sql=(
                "INSERT INTO sqlite_sequence (name, seq)\n"
                f"SELECT {literals[0]}, seq FROM sqlite_sequence WHERE name = {literals[1]}"
            ),
            comment=f"Keep the AUTOINCREMENT counter of table {quote(change.after.key.name)}",
        ),
    )


def _render_copy(change: ddl.RebuildTable, new: str) -> Statement:
    columns = [quote(name) for name, _ in change.copied_columns]
    values = [value for _, value in change.copied_columns]
    if not columns:
        # No value is kept: as many rows, all with the defaults.
        first = next(c for c in change.after.columns_in_order if c.generated is None)
        columns, values = [quote(first.name)], [first.default or "NULL"]
    old = quote(change.before.key.name)
    separator = ",\n    "
    return Statement(
        sql=(
            f"INSERT INTO {quote(new)} (\n    {separator.join(columns)}\n)\n"
            f"SELECT\n    {separator.join(values)}\nFROM {old}"
        ),
        comment=f"Copy the rows of table {old}",
    )


def _describe_rebuild(change: ddl.RebuildTable) -> str:
    """Return a list of the changes that a rebuild makes."""
    return ", ".join(dict.fromkeys(map(_describe_change, change.replaced_changes)))


def _describe_change(change: ddl.Change) -> str:
    match change:
        case ddl.AddColumn():
            return f"add column {quote(change.column.name)}"
        case ddl.DropColumn():
            return f"drop column {quote(change.column.name)}"
        case ddl.AlterColumn():
            return f"alter column {quote(change.after.name)}"
        case ddl.Create(object=Constraint() | ForeignKey() | Index() as part):
            return f"add {_describe_part(part)}"
        case ddl.Drop(object=Constraint() | ForeignKey() | Index() as part):
            return f"drop {_describe_part(part)}"
        case ddl.Rename(
            before=Constraint() | ForeignKey() | Index() as before, after=after
        ):
            name = quote(after.key.part or after.key.name)
            return f"rename {_describe_part(before)} to {name}"
        case _:
            return "change its options"


def _describe_part(part: Constraint | ForeignKey | Index) -> str:
    if isinstance(part, Index):
        return f"index {quote(part.key.name)}"
    if part.key.part == part.definition:
        return part.definition
    kind = part.type if isinstance(part, Constraint) else "foreign key"
    return f"{kind} {quote(part.key.part)}"
