"""Which rows refer to others, by the foreign keys of their tables.

Invariant: a row is left out with those that it refers to.  Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from schema_migrations.schema.content import (
    ROWS_IN_STATEMENT,
    Content,
    Row,
    TableRows,
    find_primary_keys,
    order_by_need,
)
from schema_migrations.schema.model import ForeignKey, Key, Schema

NULL = "NULL"
"""The literal of no value."""


def leave_out_rows_of(
    schema: Schema, content: Content, tables: Collection[Key]
) -> tuple[Content, tuple[TableRows, ...]]:
    """Return the content without the rows of some tables, and what was left out.

    A row that refers to these tables, or to a row that is left out, is left out as well;
    so are the counters of all tables that lose rows.
    """
    keys = find_primary_keys(schema)
    references: dict[Key, list[ForeignKey]] = {}
    for foreign_key in schema.of(ForeignKey):
        references.setdefault(foreign_key.table, []).append(foreign_key)
    kept = {rows.table: list(rows.rows) for rows in content.tables}
    columns = {rows.table: rows.columns for rows in content.tables}
    out: dict[Key, list[Row]] = {table: kept.pop(table, []) for table in tables}
    out_keys: dict[Key, set[Row]] = {}
    is_settled = False
    while not is_settled:
        is_settled = True
        for table, rows in kept.items():
            lost = [
                row
                for row in rows
                if any(
                    _refers(row, columns[table], each, tables, out_keys)
                    for each in references.get(table, ())
                )
            ]
            if not lost:
                continue
            is_settled = False
            gone = set(lost)
            kept[table] = [row for row in rows if row not in gone]
            out.setdefault(table, []).extend(lost)
            names = keys.get(table, ())
            out_keys.setdefault(table, set()).update(
                _pick(row, columns[table], names) for row in lost
            )
    losing = {table for table, rows in out.items() if rows} | set(tables)
    return (
        Content(
            tables=tuple(
                replace(each, rows=tuple(kept[each.table]))
                for each in content.tables
                if kept.get(each.table)
            ),
            counters={
                key: count
                for key, count in content.counters.items()
                if key.kind == "sequence" or key.table not in losing
            },
        ),
        tuple(
            replace(each, rows=tuple(out[each.table]))
            for each in content.tables
            if out.get(each.table)
        ),
    )


def order_rows(schema: Schema, content: Content) -> Content:
    """Return the content with each row after the one of its table that it refers to.

    Only where a table's rows are several statements: a foreign key is checked after each,
    unless it waits for the end of the transaction.
    """
    keys = find_primary_keys(schema)
    own: dict[Key, list[ForeignKey]] = {}
    for foreign_key in schema.of(ForeignKey):
        if foreign_key.table == foreign_key.referenced_table:
            own.setdefault(foreign_key.table, []).append(foreign_key)
    return replace(
        content,
        tables=tuple(
            _order_rows_of(rows, keys.get(rows.table, ()), own[rows.table])
            if rows.table in own and len(rows.rows) > ROWS_IN_STATEMENT
            else rows
            for rows in content.tables
        ),
    )


def _order_rows_of(
    rows: TableRows, key: Sequence[str], own: Sequence[ForeignKey]
) -> TableRows:
    """Return the rows in an order that only those in a circle break."""
    by_key = {_pick(row, rows.columns, key): row for row in rows.rows}

    def find_needed(row: Row) -> Iterator[Row]:
        for foreign_key in own:
            needed = by_key.get(_pick(row, rows.columns, foreign_key.columns))
            if needed is not None:
                yield needed

    ordered = order_by_need(by_key.values(), find_needed)
    if len(ordered) < len(rows.rows):  # without a key, rows may be equal
        return rows
    return replace(rows, rows=ordered)


def _refers(
    row: Row,
    columns: Sequence[str],
    foreign_key: ForeignKey,
    tables: Collection[Key],
    out_keys: dict[Key, set[Row]],
) -> bool:
    """Return whether a row refers to one of the tables, or to a row that is left out."""
    values = _pick(row, columns, foreign_key.columns)
    if not values or NULL in values:
        return False
    referenced = foreign_key.referenced_table
    return referenced in tables or values in out_keys.get(referenced, ())


def _pick(row: Row, columns: Sequence[str], names: Sequence[str]) -> Row:
    """Return the values in some columns; none: not all of them are there."""
    if not set(names) <= set(columns):
        return ()
    return tuple(row[columns.index(name)] for name in names)
