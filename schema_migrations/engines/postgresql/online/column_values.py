"""Give rows values, and forbid NULL, without a lock that stops others meanwhile.  Pure.

A new column whose value is the same for all rows takes none of it: the server keeps that
value once.  A value of each row's own would rewrite the table.
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES

A valid check that a column is not NULL tells the server that no row has to be looked at.
PostgreSQL 18 can also add NOT NULL itself as NOT VALID; this way works on all versions, so
the file fits a target that is older than the dev database.
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.online.busy_tables import (
    find_busy_tables,
    find_free_name,
    list_names,
)
from schema_migrations.engines.postgresql.online.validation import add_and_validate
from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Constraint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.plan.plan import Changes
    from schema_migrations.schema.model import Column, Key, Schema


def set_values_apart(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Fill columns outside of what locks their tables, and forbid NULL after a check."""
    busy = find_busy_tables(changes, current)
    taken = list_names(current, desired)
    result: list[ddl.Change] = []
    for change in changes:
        match change:
            case ddl.AlterColumn(table=table, before=before, after=after) if (
                table in busy
                and before.nullable
                and not after.nullable
                and not change.has_no_null
                and not after.identity  # it needs NOT NULL at once
            ):
                nullable = replace(after, nullable=True)
                if nullable != before or change.conversion is not None:
                    result.append(replace(change, after=nullable, fill=None))
                result += _fill_and_forbid(change, after, taken)
            case ddl.AddColumn(table=table, column=column) if (
                table in busy and _has_values_of_rows(change)
            ):
                bare = replace(column, nullable=True)
                result.append(
                    replace(change, column=bare, fill=None, has_default_later=True)
                )
                fill = column.default if change.fill is None else change.fill
                filled = replace(change, fill=fill)
                result += _fill_and_forbid(filled, column, taken)
            case _:
                result.append(change)
    return tuple(result)


def _has_values_of_rows(change: ddl.AddColumn) -> bool:
    """Tell whether the rows that exist get a value each."""
    column = change.column
    if column.identity or column.generated is not None:
        return False
    if change.fill is not None and change.fill_reads_columns:
        return True
    value = change.fill if column.default is None else column.default
    return value is not None and not is_one_value(value)


def is_one_value(expression: str) -> bool:
    """Tell whether an expression surely gives all rows of a statement the same value.

    What it calls must be known to do that; ``pg_proc.provolatile`` would tell of others.
    """
    plain = _TYPE.sub("", _TEXT.sub("''", expression))
    return {name.lower() for name in _CALL.findall(plain)} <= _STABLE_FUNCTIONS


_TEXT = re.compile(r"'(?:[^']|'')*'")
_TYPE = re.compile(r'::[\w". ]+(?:\([\d, ]*\))?')
_CALL = re.compile(r'([\w"]+)\s*\(')
_STABLE_FUNCTIONS = frozenset(
    (
        *("now", "statement_timestamp", "transaction_timestamp", "lower", "upper"),
        *("array", "row", "coalesce", "concat", "jsonb_build_object", "to_jsonb"),
        *("jsonb_build_array", "make_interval", "make_date", "timezone", "date_trunc"),
    )
)


def _fill_and_forbid(
    change: ddl.AddColumn | ddl.AlterColumn, column: Column, taken: frozenset[str]
) -> Iterator[ddl.Change]:
    table = change.table
    if change.fill is not None:
        yield ddl.FillColumn(
            table=table,
            column=column,
            fill=change.fill,
            fill_needs=change.fill_needs,
        )
    if column.nullable:
        return
    check = _make_check(table, column, taken)
    yield from add_and_validate(ddl.Create(object=check), check)
    yield ddl.ForbidNull(table=table, column=column, check=check)


def _make_check(table: Key, column: Column, taken: frozenset[str]) -> Constraint:
    key = table.column(column.name)
    name = find_free_name(f"{table.name}_{column.name}", "__not_null", taken)
    return Constraint(
        key=table.constraint(name),
        table=table,
        type="check",
        definition=f"CHECK ({quote(column.name)} IS NOT NULL)",
        columns=(column.name,),
        needs=frozenset({key, ddl.filled_key_of(key)}),
    )
