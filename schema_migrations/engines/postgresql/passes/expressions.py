"""Rewrite changes to functions that defaults and domains call.  Pure.

PostgreSQL drops no function that an expression calls, and cannot give it another result
or other names of arguments in place.
https://www.postgresql.org/docs/current/sql-createfunction.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.errors import UnsupportedChange
from schema_migrations.plan.mentions import find_words
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Column,
    Definition,
    Key,
    Opaque,
    Schema,
    Table,
)
from schema_migrations.schema.partitions import partition_key_needs_of

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes


def recreate_called_routines(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Take defaults and the clauses of domains away while what they call is recreated."""
    dropped = {
        c.object.key
        for c in changes
        if isinstance(c, ddl.Drop)
        and isinstance(c.object, Opaque)
        and not c.object.trait.is_value_type
    }
    recreated = dropped & {c.object.key for c in changes if isinstance(c, ddl.Create)}
    if not recreated:
        return changes
    _refuse_partition_keys(recreated, current, desired)
    result: list[ddl.Change] = []
    for change in changes:
        match change:
            case ddl.AlterColumn(before=before, after=after) if _calls(
                before, recreated
            ) and _calls(after, recreated):
                bare = _without_default(before, recreated)
                result.append(ddl.DropNumbering(table=change.table, column=before))
                result.append(replace(change, before=bare))
            case ddl.Alter(
                before=Definition() as before, after=Definition() as after
            ) if before.needs & after.needs & recreated:
                result += _alter_in_two_steps(before, after, recreated)
            case _:
                result.append(change)
    handled = {ddl.subject_of(c) for c in changes}
    result += _reset_defaults(recreated, handled, current, desired)
    for domain in current.of(Definition):
        if domain.needs & recreated and domain.key not in handled:
            goal = desired.get(domain.key)
            assert isinstance(goal, Definition)
            result += _alter_in_two_steps(domain, goal, recreated)
    return tuple(result)


def _refuse_partition_keys(
    routines: set[Key], current: Schema, desired: Schema
) -> None:
    """Raise ``UnsupportedChange`` if the partition key of a table that stays calls one."""
    for table in current.of(Table):
        called = partition_key_needs_of(table) & routines
        if called and desired.get(table.key) is not None:
            name = min(called).name
            raise UnsupportedChange(
                problem=f"The partition key of table {table.key.path} calls {name}, which"
                " cannot change its arguments or result there. Create it under another"
                f" name beside {name}, or create the table anew and move its rows"
            )


def _calls(column: Column, routines: set[Key]) -> bool:
    return column.default is not None and bool(column.needs & routines)


def _without_default(column: Column, routines: set[Key]) -> Column:
    return replace(column, default=None, needs=column.needs - routines)


def _reset_defaults(
    routines: set[Key], handled: set[Key], current: Schema, desired: Schema
) -> Iterator[ddl.Change]:
    """Yield the changes of all columns whose default calls a routine, and stays."""
    for table in current.of(Table):
        after = desired.get(table.key)
        for column in table.columns:
            key = table.key.column(column.name)
            if (
                _calls(column, routines)
                and isinstance(after, Table)
                and not {key, table.key} & handled
            ):
                bare = _without_default(column, routines)
                yield ddl.DropNumbering(table=table.key, column=column)
                yield ddl.AlterColumn(
                    table=table.key, before=bare, after=after.get_column(column.name)
                )


def _alter_in_two_steps(
    before: Definition, after: Definition, routines: set[Key]
) -> list[ddl.Change]:
    """Alter a domain, without the clauses that call a routine in between."""
    names = {key.name for key in before.needs & routines}
    calling = [c for c in before.clauses if find_words(c) & names]
    # An operator is no word.
    calling = calling or [c for c in before.clauses if c != "NOT NULL"]
    clauses = tuple(c for c in before.clauses if c not in calling)
    bare = replace(
        before,
        definition=" ".join((before.bare_definition, *clauses)),
        clauses=clauses,
        needs=before.needs - routines,
    )
    return [ddl.Alter(before=before, after=bare), ddl.Alter(before=bare, after=after)]
