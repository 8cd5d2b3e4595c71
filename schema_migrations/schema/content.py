"""The content of a database as a value: its rows, and how far its sequences have counted.

A value in a row is the literal of SQL that gives it again, so that content of any engine
is compared and written alike.  Pure.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from typing import TypeVar

from schema_migrations.schema.model import Constraint, ForeignKey, Key, Schema, Table

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

ROWS_IN_STATEMENT = 500
"""The most rows that one INSERT holds."""

CommentedSql = tuple[str, str]
"""A comment and the statement below it, as in ``history.file.format_file``."""

Row = tuple[str, ...]
"""Literals of SQL, in the order of the columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRows:
    """Rows of one table."""

    table: Key
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterPosition:
    """The last number of a sequence, or of the counter of a table or column."""

    number: int
    is_given: bool = True
    """False: this number comes next, as in a sequence that was just restarted."""
    is_descending: bool = field(default=False, compare=False)

    def is_before(self, other: CounterPosition) -> bool:
        """Return whether this one has yet to give numbers that ``other`` gave."""
        first, last = self.number, other.number
        if self.is_descending:
            first, last = last, first
        return (first, self.is_given) < (last, other.is_given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Rows and counters of some tables."""

    tables: tuple[TableRows, ...] = ()
    """Those that have rows, each after the tables that its foreign keys name."""
    counters: Mapping[Key, CounterPosition] = field(default_factory=dict)
    """A numbered column, a table that numbers its rows, or a sequence → its count; one
    of a table without any is not here."""

    def __bool__(self) -> bool:
        return bool(self.tables or self.counters)


def find_stored_columns(table: Table) -> tuple[str, ...]:
    """Return the columns that hold what was inserted, in their order."""
    return tuple(c.name for c in table.columns_in_order if c.generated is None)


def find_primary_keys(schema: Schema) -> Mapping[Key, tuple[str, ...]]:
    """Return the columns of each table's primary key, if it has one."""
    return {
        each.table: each.columns
        for each in schema.of(Constraint)
        if each.type == "primary key"
    }


def order_tables(schema: Schema) -> tuple[Key, ...]:
    """Return the tables, each after those that its foreign keys name.

    Tables that name one another in a circle stand in some order: their keys are checked
    at the end of the transaction, or refuse the rows.
    """
    needed: dict[Key, set[Key]] = {t.key: set() for t in schema.of(Table)}
    for foreign_key in schema.of(ForeignKey):
        if foreign_key.table in needed and foreign_key.referenced_table in needed:
            needed[foreign_key.table].add(foreign_key.referenced_table)
    return order_by_need(sorted(needed), lambda table: sorted(needed[table]))


def order_by_need(
    values: Iterable[H], find_needed: Callable[[H], Iterable[H]]
) -> tuple[H, ...]:
    """Return the values, each after those that it needs, unless these need it too."""
    ordered: list[H] = []
    begun: set[H] = set()
    for first in values:
        # The values that led to the last one, each with those that it has yet to follow.
        path: list[tuple[H, Iterator[H]]] = []
        if first not in begun:
            begun.add(first)
            path.append((first, iter(find_needed(first))))
        while path:
            value, others = path[-1]
            other = next((each for each in others if each not in begun), None)
            if other is None:
                ordered.append(value)
                path.pop()
            else:
                begun.add(other)
                path.append((other, iter(find_needed(other))))
    return tuple(ordered)


def split_into_parts(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the values in parts, none with more than ``size``."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def split_rows(rows: TableRows) -> Iterator[Sequence[Row]]:
    """Yield the rows in parts of which each goes into one statement."""
    return split_into_parts(rows.rows, ROWS_IN_STATEMENT)


def describe_counter(key: Key, count: CounterPosition) -> str:
    """Return the comment above the statement that sets a counter."""
    if count.is_given:
        return f"Let {key.path} count on after {count.number}."
    return f"Let {key.path} count from {count.number}."


def describe_rows(rows: Sequence[Row], table: Key) -> str:
    """Return the comment above the statement that adds rows."""
    return f"Add {len(rows)} row{'s' * (len(rows) != 1)} to {table.path}."
