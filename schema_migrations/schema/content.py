"""The content of a database as a value: its rows, and how far its sequences have counted.

A value in a row is the literal of SQL that gives it again, so that content of any engine
is compared and written alike.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

from schema_migrations.schema.model import Constraint, ForeignKey, Key, Schema, Table

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
class Content:
    """Rows and counters of some tables."""

    tables: tuple[TableRows, ...] = ()
    """Those that have rows, each after the tables that its foreign keys name."""
    counters: Mapping[Key, int] = field(default_factory=dict)
    """A numbered column, a table that numbers its rows, or a sequence → the last number
    that it gave."""

    def get_rows(self, table: Key) -> TableRows | None:
        return next((each for each in self.tables if each.table == table), None)

    def __bool__(self) -> bool:
        return bool(self.tables or self.counters)


def find_stored_columns(table: Table) -> tuple[str, ...]:
    """Return the columns that hold what was inserted, in their order."""
    return tuple(c.name for c in table.columns_in_order if c.generated is None)


def find_primary_key(schema: Schema, table: Key) -> tuple[str, ...]:
    """Return the columns of a table's primary key; none: it has none."""
    return next(
        (
            each.columns
            for each in schema.of(Constraint)
            if each.table == table and each.type == "primary key"
        ),
        (),
    )


def order_tables(schema: Schema) -> tuple[Key, ...]:
    """Return the tables, each after those that its foreign keys name.

    Tables that name one another in a circle stand together, by name: their keys are
    checked at the end of the transaction, or refuse the rows.
    """
    graph: dict[Key, set[Key]] = {t.key: set() for t in schema.of(Table)}
    for foreign_key in schema.of(ForeignKey):
        if foreign_key.table in graph and foreign_key.referenced_table in graph:
            graph[foreign_key.table].add(foreign_key.referenced_table)
    for table, needed in graph.items():
        needed.discard(table)
    while True:
        sorter = TopologicalSorter({key: sorted(graph[key]) for key in sorted(graph)})
        try:
            return tuple(sorter.static_order())
        except CycleError as error:
            # The circle as [a, b, …, a], each needed by the one after it.
            first, second, *_ = error.args[1]
            graph[second].discard(first)


def find_new_content(before: Content, after: Content) -> Content:
    """Return the rows and counters of ``after`` that ``before`` lacks.

    A row with another value counts as another row.  Both have the same columns.
    """
    tables = []
    for rows in after.tables:
        known = before.get_rows(rows.table)
        known_rows = set(known.rows) if known else set()
        new = tuple(row for row in rows.rows if row not in known_rows)
        if new:
            tables.append(replace(rows, rows=new))
    return Content(
        tables=tuple(tables),
        counters={
            key: number
            for key, number in after.counters.items()
            if before.counters.get(key, 0) < number
        },
    )


def split_rows(rows: TableRows) -> Iterator[Sequence[Row]]:
    """Yield the rows in parts of which each goes into one statement."""
    for start in range(0, len(rows.rows), ROWS_IN_STATEMENT):
        yield rows.rows[start : start + ROWS_IN_STATEMENT]


def describe_rows(rows: Sequence[Row], table: Key) -> str:
    """Return the comment above the statement that adds rows."""
    return f"Add {len(rows)} row{'s' * (len(rows) != 1)} to {table.path}."
