"""Values for existing rows: of new columns, NOT NULL columns and columns of a new type.

A plan only says *which* expression fills or converts a column.  Models' defaults and
answers give the expression; engines render it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Literal

from schema_migrations.errors import UnneededDefault
from schema_migrations.plan.mentions import find_words
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Column, Constraint, Key, Schema

FindConversion = Callable[[Column, Column], str | None]
"""(before, after) → SQL expression over the old column; ``""``: the server converts by
itself; None: no conversion is known."""

ComputedDefault = Literal["uuid4", "now", "today", "time"]
"""A default whose value differs from row to row, or with time."""

NO_VALUE = ""
"""The answer that leaves a column without a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingValue:
    """A column whose change needs an answer: without, it has no plan or fails on rows."""

    column: Key
    reason: Literal["added", "not null", "converted"]
    before: Column | None
    after: Column


def with_fills(
    changes: tuple[ddl.Change, ...],
    defaults: Mapping[Key, str],
    *,
    answers: Mapping[Key, str] | None = None,
    find_conversion: FindConversion = lambda before, after: "",
) -> tuple[ddl.Change, ...]:
    """Return the changes with an SQL expression wherever existing rows get a value.

    ``defaults`` maps column keys to the SQL of the models' defaults, ``answers`` to the
    SQL that a person gave, which takes precedence.  Without either there is no fill.
    """
    return tuple(
        _with_fill(change, defaults, answers or {}, find_conversion)
        for change in changes
    )


def with_fill_sources(
    changes: tuple[ddl.Change, ...], current: Schema
) -> tuple[ddl.Change, ...]:
    """Return the changes with the keys that their fills read.

    An expression over other columns or tables cannot be a default, and runs before they
    are dropped: https://www.postgresql.org/docs/current/ddl-default.html
    """
    dropped = frozenset(_find_dropped_keys(changes))
    added = {
        c.table.column(c.column.name) for c in changes if isinstance(c, ddl.AddColumn)
    }
    return tuple(_with_sources(change, dropped, added, current) for change in changes)


def _find_dropped_keys(changes: Iterable[ddl.Change]) -> Iterator[Key]:
    for change in changes:
        match change:
            case ddl.DropColumn():
                yield change.table.column(change.column.name)
            case ddl.DropTable():
                yield change.table.key
            case ddl.Drop(object=Constraint() as constraint):
                yield constraint.key
            case _:
                pass


def _with_sources(
    change: ddl.Change, dropped_keys: Set[Key], added_columns: Set[Key], current: Schema
) -> ddl.Change:
    match change:
        case ddl.AddColumn(fill=str(value), table=table):
            columns = {column.name for column in current.get_table(table).columns}
        case ddl.AlterColumn(table=table):
            value, columns = f"{change.fill or ''} {change.conversion or ''}", set()
        case _:
            return change
    names = find_words(_LITERAL_PATTERN.sub("", value))
    others = {key for key in added_columns if key.table != table}
    needs = frozenset(
        key for key in dropped_keys | others if _reads_key(names, key, table)
    )
    if isinstance(change, ddl.AlterColumn):
        return replace(change, fill_needs=needs)
    reads = (
        change.fill_reads_columns  # the server says so
        or "select" in names
        or any(_is_named(name, names) for name in columns)
    )
    return replace(change, fill_needs=needs, fill_reads_columns=reads)


_LITERAL_PATTERN = re.compile(r"\b[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'", re.DOTALL)
"""A text; in ``E'…'`` a quote may follow a backslash."""


def _reads_key(names: Set[str], key: Key, table: Key) -> bool:
    """Tell whether an expression for ``table`` that contains ``names`` reads ``key``.

    A constraint counts if it belongs to another table that is read: it finds its rows.
    """
    if key.kind == "constraint":
        return key.table != table and _is_named(key.name, names)
    if key.table == table and _is_named(key.name, names):  # as in to_jsonb(t)
        return True
    return (key.table == table or _is_named(key.name, names)) and (
        not key.part or _is_named(key.part, names)
    )


def _is_named(name: str, names: Set[str]) -> bool:
    return name in names or name.lower() in names


def _with_fill(
    change: ddl.Change,
    defaults: Mapping[Key, str],
    answers: Mapping[Key, str],
    find_conversion: FindConversion,
) -> ddl.Change:
    match change:
        case ddl.AddColumn(fill=None) if not _has_own_value(change.column):
            # Django gives existing rows the default even if the column allows NULL.
            key = change.table.column(change.column.name)
            value = answers.get(key, defaults.get(key))
            if value is not None and value.upper() == "NULL":
                value = NO_VALUE
            return replace(change, fill=value or None)
        case ddl.AlterColumn(fill=None):
            return _with_conversion_or_fill(change, defaults, answers, find_conversion)
        case _:
            return change


def _with_conversion_or_fill(
    change: ddl.AlterColumn,
    defaults: Mapping[Key, str],
    answers: Mapping[Key, str],
    find_conversion: FindConversion,
) -> ddl.AlterColumn:
    before, after = change.before, change.after
    key = change.table.column(after.name)
    answer = answers.get(key)
    conversion = None
    converted = before.type != after.type and after.generated is None
    if converted and (
        not _becomes_not_null(change) or find_conversion(before, after) is None
    ):
        conversion, answer = answer or None, None
    fill = None
    if _becomes_not_null(change) and answer != NO_VALUE:
        fill = answer or after.default or defaults.get(key)
    return replace(change, conversion=conversion, fill=fill)


def _becomes_not_null(change: ddl.AlterColumn) -> bool:
    return (
        change.before.nullable > change.after.nullable
        and not change.has_no_null
        and change.after.generated is None
        and not change.after.identity
    )


def needs_value(column: Column) -> bool:
    """Tell whether a new column needs a value for existing rows."""
    return not (column.nullable or _has_own_value(column))


def _has_own_value(column: Column) -> bool:
    return bool(column.default or column.identity or column.generated)


def find_missing_values(
    changes: Iterable[ddl.Change],
    find_conversion: FindConversion,
    *,
    answers: Mapping[Key, str],
) -> tuple[MissingValue, ...]:
    """Return the columns that still need an answer, in the order of the changes.

    A new type needs an expression: that there is no value says nothing about it.
    """
    missing = (_find_missing_value(change, find_conversion) for change in changes)
    return tuple(
        m
        for m in missing
        if m
        and (
            m.column not in answers
            or (m.reason == "converted" and answers[m.column] == NO_VALUE)
        )
    )


def _find_missing_value(
    change: ddl.Change, find_conversion: FindConversion
) -> MissingValue | None:
    match change:
        case ddl.AddColumn(fill=None) if needs_value(change.column):
            return MissingValue(
                column=change.table.column(change.column.name),
                reason="added",
                before=None,
                after=change.column,
            )
        case ddl.AlterColumn(conversion=None, before=before, after=after) if (
            before.type != after.type
            and after.generated is None
            and find_conversion(before, after) is None
        ):
            return _make_missing_value(change, "converted")
        case ddl.AlterColumn(fill=None) if _becomes_not_null(change):
            return _make_missing_value(change, "not null")
        case _:
            return None


def _make_missing_value(
    change: ddl.AlterColumn, reason: Literal["not null", "converted"]
) -> MissingValue:
    return MissingValue(
        column=change.table.column(change.after.name),
        reason=reason,
        before=change.before,
        after=change.after,
    )


def resolve_defaults(
    defaults: Mapping[str, str], changes: Iterable[ddl.Change]
) -> dict[Key, str]:
    """Return the defaults by the key of the column that they are for.

    Raises ``ConfigError`` for a column to which no change gives a value.
    """
    keys = {
        name: key
        for change in changes
        if isinstance(change, ddl.AddColumn | ddl.AlterColumn)
        for key in [ddl.subject_of(change)]
        for name in (f"{key.name}.{key.part}", f"{key.namespace}.{key.name}.{key.part}")
    }
    if unknown := [name for name in defaults if name not in keys]:
        raise UnneededDefault(column=unknown[0])
    return {keys[name]: sql for name, sql in defaults.items()}
