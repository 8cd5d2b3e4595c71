"""Render one change as PostgreSQL statements.  Pure.

Definitions are printed by the server and used unchanged; only names are quoted here.
The layout is for reviewers: one column or clause per line.
"""

from __future__ import annotations

import re
from dataclasses import replace

from schema_migrations.engines.postgresql.ddl.alter_table import (
    AlterTableStep,
    render_alter_table,
)
from schema_migrations.engines.postgresql.ddl.continuation import (
    continue_altered_identity,
    continue_altered_sequence,
    continue_new_default,
    continue_new_identity,
)
from schema_migrations.engines.postgresql.ddl.identity_sequences import (
    render_identity_move,
    render_sequence_following,
    render_sequence_rename,
)
from schema_migrations.engines.postgresql.ddl.render_column import (
    render_alter_actions,
    render_column,
)
from schema_migrations.engines.postgresql.ddl.render_index import (
    render_create_index,
    render_drop_index,
)
from schema_migrations.engines.postgresql.ddl.render_object import (
    render_alter,
    render_create,
    render_create_from_index,
    render_drop,
    render_rename,
)
from schema_migrations.engines.postgresql.quote import qualify, quote, quote_literal
from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.errors import UnsupportedChange
from schema_migrations.history.batches import parse_update_or_delete
from schema_migrations.plan.plan import Statement
from schema_migrations.plan.table_action import TableAction
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Column, Constraint, Index, Key, Opaque

Statements = tuple[Statement, ...]


def render(change: ddl.Change) -> Statements:
    """Return the statements of one change, in order.

    Raises ``UnsupportedChange`` if PostgreSQL has no statement for it.
    """
    match change:
        case ddl.CreateTable():
            return _render_create_table(change)
        case ddl.DropTable():
            name = qualify(change.table.key)
            return (Statement(sql=f"DROP TABLE {name}", comment=f"Drop table {name}"),)
        case (
            ddl.AddColumn()
            | ddl.DropColumn()
            | ddl.AlterColumn()
            | ddl.DropNumbering()
            | ddl.FillColumn()
            | ddl.ForbidNull()
            | ddl.RenameColumn()
        ):
            return _render_on_column(change)
        case ddl.Create():
            return _with_unchecked_body(change, _render_create(change))
        case ddl.Drop():
            return _render_drop(change)
        case ddl.Alter():
            return _with_unchecked_body(
                change,
                render_alter(
                    change.before, change.after, outside_transaction=change.needs_commit
                ),
            ) + continue_altered_sequence(change)
        case ddl.Rename():
            return render_rename(change.before, change.after)
        case ddl.SetComment():
            return (_render_comment(change.key, change.after),)
        case ddl.Attach() | ddl.Detach():
            return (_render_move(change),)
        case ddl.AlterTable() | ddl.RebuildTable():
            raise UnsupportedChange(
                problem=f"PostgreSQL has no statement for {ddl.subject_of(change)}."
            )


def _render_on_column(
    change: ddl.AddColumn
    | ddl.DropColumn
    | ddl.AlterColumn
    | ddl.DropNumbering
    | ddl.FillColumn
    | ddl.ForbidNull
    | ddl.RenameColumn,
) -> Statements:
    match change:
        case ddl.AddColumn():
            return _render_add_column(change)
        case ddl.DropColumn():
            return (_render_drop_column(change),)
        case ddl.AlterColumn():
            return _render_alter_column(change)
        case ddl.DropNumbering():
            return (_render_drop_numbering(change),)
        case ddl.FillColumn():
            # No deferred check waits for the end of a statement that runs by itself.
            fill = _render_fill(change.table, change.column.name, change.fill)[0]
            if not change.awaits:
                key = (
                    change.batch_key if parse_update_or_delete(fill.sql, SYNTAX) else ()
                )
                return (replace(fill, batch_key=tuple(map(quote, key))),)
            comment = fill.comment.replace("existing rows", "rows that came meanwhile")
            return (replace(fill, comment=comment),)
        case ddl.ForbidNull():
            return _render_forbid_null(change)
        case ddl.RenameColumn():
            return _render_rename_column(change)


def _render_create(change: ddl.Create) -> Statements:
    match change:
        case ddl.Create(object=Constraint() as key, from_index=Index() as index):
            return render_create_from_index(key, index)
        case ddl.Create(object=Index() as index, concurrently=True):
            return (render_create_index(index, concurrently=True),)
        case _:
            return render_create(change.object)


def _with_unchecked_body(
    change: ddl.Create | ddl.Alter, statements: Statements
) -> Statements:
    """Let the server accept a body in SQL that names what does not exist yet.

    https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-CHECK-FUNCTION-BODIES
    """
    obj = change.object if isinstance(change, ddl.Create) else change.after
    if not (change.names_later and re.search(r"\n LANGUAGE sql\b", obj.definition)):
        return statements
    return (
        Statement(
            sql="SET check_function_bodies = off",
            comment="Do not check the body of the next function: it names a later one",
        ),
        *statements,
        Statement(
            sql="RESET check_function_bodies",
            comment="Check the bodies of functions again",
        ),
    )


def _render_drop_column(change: ddl.DropColumn) -> Statement:
    action = TableAction(
        sql=f"DROP COLUMN {quote(change.column.name)}",
        verb="Drop",
        noun="column",
        subject=change.table.column(change.column.name),
        step=AlterTableStep.DROP,
        reads=change.column.needs,
    )
    return render_alter_table(change.table, action, only=change.only)


def _render_drop_numbering(change: ddl.DropNumbering) -> Statement:
    what = "identity" if change.column.identity else "default"
    action = TableAction(
        sql=f"ALTER COLUMN {quote(change.column.name)} DROP {what.upper()}",
        verb=f"Drop the {what} of",
        noun="column",
        subject=change.table.column(change.column.name),
        # A type that no identity has must wait for the end of the statement.
        step=None if change.column.identity else AlterTableStep.DROP,
        reads=change.column.needs,
        is_for_new_rows=not change.column.identity,
    )
    return render_alter_table(change.table, action)


def _render_rename_column(change: ddl.RenameColumn) -> Statements:
    table = qualify(change.table)
    old, new = quote(change.before.name), quote(change.after.name)
    rename = Statement(
        sql=f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}",
        comment=f"Rename column {old} to {new} of table {table}",
    )
    keys = (change.table.column(c.name) for c in (change.before, change.after))
    return (rename, *render_sequence_following(change.before, *keys))


def _render_move(change: ddl.Attach | ddl.Detach) -> Statement:
    partition = change.partition
    assert partition.attachment is not None
    if isinstance(change, ddl.Detach):
        return Statement(
            sql=partition.attachment.detach_sql,
            comment=f"Detach {_describe_partition(partition)}",
        )
    return Statement(
        sql=partition.attachment.attach_sql,
        comment=f"Attach {_describe_partition(partition)}",
    )


def _render_drop(change: ddl.Drop) -> Statements:
    partition = change.object
    if isinstance(partition, Index):
        return (render_drop_index(partition, concurrently=change.concurrently),)
    if not change.detached_first or not isinstance(partition, Opaque):
        return render_drop(change.object)
    assert partition.attachment is not None
    table = qualify(partition.attachment.table.key)
    detach = Statement(
        sql=partition.attachment.detach_sql,
        comment=f"Detach {_describe_partition(partition)}, to which foreign keys refer",
    )
    drop = Statement(sql=f"DROP TABLE {table}", comment=f"Drop table {table}")
    return detach, drop


def _describe_partition(partition: Opaque) -> str:
    assert partition.attachment is not None
    assert partition.owner is not None
    name = qualify(partition.attachment.table.key)
    return f"{partition.noun} {name} of table {qualify(partition.owner)}"


def _render_create_table(change: ddl.CreateTable) -> Statements:
    table = change.table
    name = qualify(table.key)
    lines = [render_column(column) for column in table.columns_in_order]
    lines += [
        f"CONSTRAINT {quote(part.key.part)} {part.definition}"
        for part in change.inline_constraints
    ]
    body = ",\n    ".join(lines)
    sql = (
        f"CREATE TABLE {name} (\n    {body}\n)" if lines else f"CREATE TABLE {name} ()"
    )
    sql = " ".join((sql, *change.clauses))
    create = Statement(sql=sql, comment=f"Create table {name}")
    comments = [_render_comment(table.key, table.comment)] if table.comment else []
    comments += _render_column_comments(table.key, *table.columns_in_order)
    return (create, *comments)


def _render_column_comments(table: Key, *columns: Column) -> list[Statement]:
    return [
        _render_comment(table.column(column.name), column.comment)
        for column in columns
        if column.comment
    ]


def _render_comment(key: Key, text: str) -> Statement:
    table = qualify(key.table)
    is_column = key.kind == "column"
    name = f"{table}.{quote(key.part)}" if is_column else table
    kind = "column" if is_column else "table"
    return Statement(
        sql=f"COMMENT ON {kind.upper()} {name} IS {quote_literal(text) if text else 'NULL'}",
        comment=f"{'Set' if text else 'Remove'} the comment of {kind} {name}",
    )


def _render_add_column(change: ddl.AddColumn) -> Statements:
    column = change.column
    name = quote(column.name)
    if change.fill is not None and change.fill_reads_columns:
        nullable_column = replace(column, nullable=True)
        unfilled = replace(change, column=nullable_column, fill=None)
        return (
            *_render_add_column(unfilled),
            *_render_fill(change.table, column.name, change.fill),
            *_render_alter_without_fill(
                ddl.AlterColumn(
                    table=change.table, before=nullable_column, after=column
                )
            ),
        )
    default = change.fill if column.default is None else None
    added = replace(column, default=None) if change.has_default_later else column
    action = TableAction(
        sql=f"ADD COLUMN {render_column(added, default=default)}",
        verb="Add",
        noun="column",
        subject=change.table.column(column.name),
        step=AlterTableStep.ADD_COLUMN,
        reads=column.needs | change.fill_needs,
    )
    statements: Statements = (render_alter_table(change.table, action),)
    if default is not None:
        drop = replace(
            action,
            sql=f"ALTER COLUMN {name} DROP DEFAULT",
            verb="Drop the default that only filled existing rows of",
            step=AlterTableStep.DROP,
            is_for_new_rows=True,
        )
        statements += (render_alter_table(change.table, drop),)
    if change.has_default_later:
        key = change.table.column(column.name)
        actions = render_alter_actions(key, added, column)
        statements += (render_alter_table(change.table, *actions),) if actions else ()
    return (*statements, *_render_column_comments(change.table, column))


def _render_alter_column(change: ddl.AlterColumn) -> Statements:
    continuation = continue_new_default(change)
    if change.fill is None:
        return (*_render_alter_without_fill(change), *continuation)
    # The fill has the new type, so the order is: type, fill, NOT NULL.
    nullable_column = replace(change.after, nullable=True)
    return (
        *_render_alter_without_fill(replace(change, after=nullable_column)),
        *continuation,
        *_render_fill(change.table, change.after.name, change.fill),
        *_render_alter_without_fill(
            ddl.AlterColumn(
                table=change.table, before=nullable_column, after=change.after
            )
        ),
    )


def _render_alter_without_fill(change: ddl.AlterColumn) -> Statements:
    table, before, after = change.table, change.before, change.after
    key = table.column(after.name)
    if before.identity and not after.identity and before.type != after.type:
        # The column must keep an integer type until the identity is dropped on its own.
        plain = replace(before, identity="", identity_options="", custom_sequence="")
        drop = _render_drop_numbering(ddl.DropNumbering(table=table, column=before))
        return (drop, *_render_alter_without_fill(replace(change, before=plain)))
    actions = render_alter_actions(key, before, after, using=change.conversion)
    statements = (render_alter_table(table, *actions),) if actions else ()
    return (
        render_identity_move(before, after, key)
        + statements
        + continue_altered_identity(change)
        + render_sequence_rename(before, after, key)
        + continue_new_identity(change)
    )


def _render_forbid_null(change: ddl.ForbidNull) -> Statements:
    """Set NOT NULL, which a valid check proves, and drop the check.

    In one statement the drop would come first, and the server would read all rows.
    https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL
    """
    after = replace(change.column, nullable=False)
    before = replace(after, nullable=True)
    return (
        *_render_alter_without_fill(
            ddl.AlterColumn(table=change.table, before=before, after=after)
        ),
        *render_drop(change.check),
    )


def _render_fill(table: Key, column_name: str, fill: str) -> Statements:
    """Return the statements that fill the rows without a value.

    A table cannot be altered while checks of its rows are deferred to the commit:
    https://www.postgresql.org/docs/current/sql-set-constraints.html
    """
    name, column = qualify(table), quote(column_name)
    return (
        Statement(
            sql=f"UPDATE {name} SET {column} = {fill} WHERE {column} IS NULL",
            comment=f"Give existing rows a value for column {column} of table {name}",
        ),
        Statement(
            sql="SET CONSTRAINTS ALL IMMEDIATE",
            comment="Run deferred checks now: a table cannot be altered while they wait for the commit",
        ),
    )
