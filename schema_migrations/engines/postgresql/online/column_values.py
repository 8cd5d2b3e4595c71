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
from typing import TYPE_CHECKING, cast

from schema_migrations.engines.postgresql.online.busy_tables import (
    choose_free_name,
    find_busy_tables,
    list_names,
)
from schema_migrations.engines.postgresql.online.validation import add_and_validate
from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    NO_KEYS,
    Constraint,
    ForeignKey,
    Index,
    Key,
    Opaque,
    Table,
)
from schema_migrations.schema.own_parts import KEY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from schema_migrations.plan.plan import Changes
    from schema_migrations.schema.model import Column, Object, Schema


OVERLAPS_END = " WITHOUT OVERLAPS)"
"""How the definition of a key ends that is no btree index."""


def set_values_apart(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Fill columns outside of what locks their tables, and forbid NULL after a check."""
    busy = find_busy_tables(changes, current)
    taken = list_names(changes, current, desired)
    # Without a check that is dropped, the server does not know that there is no NULL.
    unchecked = {
        c.object.table
        for c in changes
        if isinstance(c, ddl.Drop) and isinstance(c.object, Constraint)
    }
    keys = _find_batch_keys(changes, current)
    dropped = [c.object for c in changes if isinstance(c, ddl.Drop)]
    with_triggers = {obj.owner for obj in current.of(Opaque) if obj.trait.fires_on_rows}
    result: list[ddl.Change] = []
    for change in changes:
        match change:
            case ddl.AlterColumn(table=table, before=before, after=after) if (
                table in busy
                and before.nullable
                and not after.nullable
                and not (change.has_no_null and table not in unchecked)
                and not after.identity  # it needs NOT NULL at once
            ):
                nullable = replace(after, nullable=True)
                if nullable != before or change.conversion is not None:
                    result.append(replace(change, after=nullable, fill=None))
                gone = _find_restricting(dropped, table.column(after.name))
                result += _fill_and_forbid(change, after, taken, keys, gone)
            case ddl.AddColumn(table=table, column=column) if (
                table in busy
                and _has_values_of_rows(change)
                # An UPDATE runs them, and a default does not.
                and (change.fill_reads_columns or table not in with_triggers)
            ):
                bare = replace(column, nullable=True)
                result.append(
                    replace(change, column=bare, fill=None, has_default_later=True)
                )
                fill = column.default if change.fill is None else change.fill
                filled = replace(change, fill=fill)
                result += _fill_and_forbid(filled, column, taken, keys)
            case _:
                result.append(change)
    return defer_until_filled(tuple(result))


def defer_until_filled(changes: Changes) -> Changes:
    """Let what looks at rows wait for the values of their columns, and what demands that
    there is no NULL for that."""
    filled = {
        ddl.subject_of(c): c.filled_key
        for c in changes
        if isinstance(c, ddl.FillColumn)
    }
    forbidden = {
        ddl.subject_of(c): c.forbidden_key
        for c in changes
        if isinstance(c, ddl.ForbidNull)
    }
    own = {c.check.key for c in changes if isinstance(c, ddl.ForbidNull)}

    def add_needs(change: ddl.Change) -> ddl.Change:
        match change:
            case ddl.Create(object=Constraint() | ForeignKey() | Index() as rule) if (
                rule.key not in own
            ):
                waits = {filled[key] for key in rule.needs & filled.keys()}
                return replace(change, object=replace(rule, needs=rule.needs | waits))
            case ddl.Create(object=Opaque(owner=Key() as owner) as part):
                waits = {
                    key for column, key in forbidden.items() if column.table == owner
                }
                return replace(change, object=replace(part, needs=part.needs | waits))
            case _:
                return change

    return tuple(map(add_needs, changes))


def _find_restricting(dropped: Iterable[Object], column: Key) -> frozenset[Key]:
    """Return the keys of what says which values a column may have."""
    return frozenset(
        obj.key
        for obj in dropped
        if (
            isinstance(obj, Constraint | ForeignKey)
            or (isinstance(obj, Index) and obj.unique)
        )
        and column in obj.needs
    )


def _find_batch_keys(changes: Changes, current: Schema) -> dict[Key, tuple[str, ...]]:
    """Return table → the columns of a key of it that stays as it is, its primary key
    rather than another, without those that may be NULL."""
    changed = {
        ddl.subject_of(c)
        for c in changes
        if isinstance(c, ddl.Drop | ddl.AlterColumn | ddl.DropColumn)
    }
    not_null = {
        table.key.column(column.name)
        for table in current.of(Table)
        for column in table.columns
        if not column.nullable
    }
    found: dict[Key, tuple[str, ...]] = {}
    for key in sorted(current.of(Constraint), key=lambda each: each.type):
        columns = {key.table.column(name) for name in key.columns}
        is_key = key.type in KEY_TYPES and not key.definition.endswith(OVERLAPS_END)
        if is_key and columns <= not_null and not changed & {key.key, *columns}:
            found.setdefault(key.table, key.columns)
    return found


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
_CALL = re.compile(r'([\w".]+)\s*\(')
_STABLE_FUNCTIONS = frozenset(
    (
        *("now", "statement_timestamp", "transaction_timestamp", "lower", "upper"),
        *("array", "row", "coalesce", "concat", "jsonb_build_object", "to_jsonb"),
        *("jsonb_build_array", "make_interval", "make_date", "timezone", "date_trunc"),
    )
)


def _fill_and_forbid(
    change: ddl.AddColumn | ddl.AlterColumn,
    column: Column,
    taken: set[str],
    batch_keys: Mapping[Key, tuple[str, ...]],
    gone_first: frozenset[Key] = NO_KEYS,
) -> Iterator[ddl.Change]:
    table, key = change.table, change.table.column(column.name)
    fill = None
    if change.fill is not None:
        fill = ddl.FillColumn(
            table=table,
            column=column,
            fill=change.fill,
            fill_needs=change.fill_needs,
            gone_first=gone_first,
            batch_key=batch_keys.get(table, ()),
        )
        yield fill
    if column.nullable:
        return
    check = _make_check(table, column, taken)
    steps = add_and_validate(ddl.Create(object=check), check)
    add, validate = cast("tuple[ddl.Create, ddl.Alter]", tuple(steps))
    if fill is not None:
        # Rows that came without a value while the others were filled.
        checked = key._replace(kind="opaque", part=f"checked column {column.name}")
        again = replace(fill, awaits=frozenset({checked}), batch_key=())
        add = replace(add, gone_first=add.gone_first | {checked})
        rule = replace(check, needs=check.needs | {again.filled_key})
        validate = replace(validate, after=rule)
        yield again
    yield add
    yield validate
    yield ddl.ForbidNull(table=table, column=column, check=check)


def _make_check(table: Key, column: Column, taken: set[str]) -> Constraint:
    key = table.column(column.name)
    name = choose_free_name(f"{table.name}_{column.name}", "__not_null", taken)
    return Constraint(
        key=table.constraint(name),
        table=table,
        type="check",
        definition=f"CHECK ({quote(column.name)} IS NOT NULL)",
        columns=(column.name,),
        needs=frozenset({key, ddl.filled_key_of(key)}),
    )
