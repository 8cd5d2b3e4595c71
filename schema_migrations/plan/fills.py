"""Values for existing rows: where a column becomes NOT NULL or gets another type.

The seam for backfills: a plan only says *which* expression fills or converts a column;
engines render it, and batches or questions are other ways of coming to an expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Literal

from schema_migrations.errors import ConfigError
from schema_migrations.plan.mentions import find_words
from schema_migrations.schema.changes import (
    AddColumn,
    AlterColumn,
    Change,
    Drop,
    DropColumn,
    DropTable,
    subject_of,
)
from schema_migrations.schema.model import Column, Constraint, Key, Schema

FindConversion = Callable[[Column, Column], str | None]
"""(before, after) → SQL expression over the old column, ``""`` where the server converts
by itself, None where there is no way that can be known."""

NO_VALUE = "NULL"
"""The answer that leaves a column without a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingValue:
    """A change that cannot be planned, or only fails on rows, without an answer."""

    column: Key
    reason: Literal["added", "not null", "converted"]
    before: Column | None
    after: Column


def with_fills(
    changes: tuple[Change, ...],
    defaults: Mapping[Key, str],
    *,
    answers: Mapping[Key, str] | None = None,
    find_conversion: FindConversion = lambda before, after: "",
) -> tuple[Change, ...]:
    """Return the changes with an SQL expression wherever existing rows get a value.

    ``defaults`` maps column keys to the SQL of the models' defaults, ``answers`` to what
    a person gave, which goes first.  A column with neither stays bare.
    """
    return tuple(
        _with_fill(change, defaults, answers or {}, find_conversion)
        for change in changes
    )


def with_fill_sources(
    changes: tuple[Change, ...], current: Schema
) -> tuple[Change, ...]:
    """Return the changes with what their fills read.

    A value taken from other columns or tables is no default, and is set before they go:
    https://www.postgresql.org/docs/current/ddl-default.html
    """
    gone = frozenset(_find_dropped_keys(changes))
    come = {c.table.column(c.column.name) for c in changes if isinstance(c, AddColumn)}
    return tuple(_with_sources(change, gone, come, current) for change in changes)


def _find_dropped_keys(changes: Iterable[Change]) -> Iterator[Key]:
    for change in changes:
        match change:
            case DropColumn():
                yield change.table.column(change.column.name)
            case DropTable():
                yield change.table.key
            case Drop(object=Constraint() as constraint):
                yield constraint.key
            case _:
                pass


def _with_sources(
    change: Change, dropped_keys: Set[Key], added_columns: Set[Key], current: Schema
) -> Change:
    match change:
        case AddColumn(fill=str(value), table=table):
            own = {column.name for column in current.get_table(table).columns}
        case AlterColumn(table=table):
            value, own = f"{change.fill or ''} {change.conversion or ''}", set()
        case _:
            return change
    names = find_words(_LITERAL_PATTERN.sub("", value))
    others = {key for key in added_columns if key.table != table}
    needs = frozenset(
        key for key in dropped_keys | others if _reads_key(names, key, table)
    )
    if isinstance(change, AlterColumn):
        return replace(change, fill_needs=needs)
    refers = "select" in names or any(_is_named(name, names) for name in own)
    return replace(change, fill_needs=needs, fill_reads_columns=refers)


_LITERAL_PATTERN = re.compile(r"'(?:[^']|'')*'")


def _reads_key(names: Set[str], key: Key, table: Key) -> bool:
    """Tell whether a value for ``table`` that holds some names reads a table or column.

    The key of another table that it reads finds its rows.
    """
    if key.kind == "constraint":
        return key.table != table and _is_named(key.name, names)
    return (key.table == table or _is_named(key.name, names)) and (
        not key.part or _is_named(key.part, names)
    )


def _is_named(name: str, names: Set[str]) -> bool:
    return name in names or name.lower() in names


def _with_fill(
    change: Change,
    defaults: Mapping[Key, str],
    answers: Mapping[Key, str],
    find_conversion: FindConversion,
) -> Change:
    match change:
        case AddColumn(fill=None) if not _has_own_value(change.column):
            # Django gives the default to existing rows where NULL is allowed, too.
            key = change.table.column(change.column.name)
            value = answers.get(key, defaults.get(key))
            return replace(change, fill=None if value == NO_VALUE else value)
        case AlterColumn(fill=None):
            return _with_conversion_or_fill(change, defaults, answers, find_conversion)
        case _:
            return change


def _with_conversion_or_fill(
    change: AlterColumn,
    defaults: Mapping[Key, str],
    answers: Mapping[Key, str],
    find_conversion: FindConversion,
) -> AlterColumn:
    before, after = change.before, change.after
    key = change.table.column(after.name)
    answer = answers.get(key)
    using = None
    converted = before.type != after.type and after.generated is None
    if converted and (
        not _becomes_not_null(change) or find_conversion(before, after) is None
    ):
        using, answer = answer, None
    value = None
    if _becomes_not_null(change):
        value = answer or after.default or defaults.get(key)
    return replace(change, conversion=using, fill=None if value == NO_VALUE else value)


def _becomes_not_null(change: AlterColumn) -> bool:
    return (
        change.before.nullable > change.after.nullable
        and change.after.generated is None
        and not change.after.identity
    )


def needs_value(column: Column) -> bool:
    """Tell whether a new column refuses existing rows unless they get a value."""
    return not (column.nullable or _has_own_value(column))


def _has_own_value(column: Column) -> bool:
    return bool(column.default or column.identity or column.generated)


def find_missing_values(
    changes: Iterable[Change],
    find_conversion: FindConversion,
    *,
    answered_columns: Container[Key],
) -> tuple[MissingValue, ...]:
    """Return what must still be answered, in the order of the changes."""
    found = (_find_missing_value(change, find_conversion) for change in changes)
    return tuple(need for need in found if need and need.column not in answered_columns)


def _find_missing_value(
    change: Change, find_conversion: FindConversion
) -> MissingValue | None:
    match change:
        case AddColumn(fill=None) if needs_value(change.column):
            return MissingValue(
                column=change.table.column(change.column.name),
                reason="added",
                before=None,
                after=change.column,
            )
        case AlterColumn(conversion=None, before=before, after=after) if (
            before.type != after.type
            and after.generated is None
            and find_conversion(before, after) is None
        ):
            return _make_missing_value(change, "converted")
        case AlterColumn(fill=None) if _becomes_not_null(change):
            return _make_missing_value(change, "not null")
        case _:
            return None


def _make_missing_value(
    change: AlterColumn, reason: Literal["not null", "converted"]
) -> MissingValue:
    return MissingValue(
        column=change.table.column(change.after.name),
        reason=reason,
        before=change.before,
        after=change.after,
    )


def resolve_defaults(
    defaults: Mapping[str, str], changes: Iterable[Change]
) -> dict[Key, str]:
    """Return ``table.column`` texts as keys of the changes that they answer.

    Raises ``ConfigError`` for a column that no change gives a value to.
    """
    takers = {
        name: key
        for change in changes
        if isinstance(change, AddColumn | AlterColumn)
        for key in [subject_of(change)]
        for name in (f"{key.name}.{key.part}", f"{key.namespace}.{key.name}.{key.part}")
    }
    if unknown := [name for name in defaults if name not in takers]:
        raise ConfigError(
            f"--default {unknown[0]}: this change gives no value to such a column.",
            hint="It takes table.column=SQL, by their names in the database, for a column "
            "that is added, becomes NOT NULL or changes its type; schemadiff --check "
            "shows them.",
        )
    return {takers[name]: sql for name, sql in defaults.items()}
