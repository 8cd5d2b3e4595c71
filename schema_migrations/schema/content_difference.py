"""What one content has and another lacks, row by row.

Invariant: equal rows are counted, since a table without a key may hold two.  Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from schema_migrations.schema.content import (
    Content,
    Row,
    TableRows,
    find_primary_keys,
)
from schema_migrations.schema.model import Key, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentDifference:
    """Rows and counters in which a content differs from the one before it."""

    new: Content
    """Rows whose key no row before has, and counters that are further on."""
    altered: tuple[TableRows, ...]
    """Rows whose key a row before has, with other values."""
    missing: tuple[TableRows, ...]
    """Rows before whose key no row has any more."""


def compare_content(
    schema: Schema, before: Content, after: Content
) -> ContentDifference:
    """Return what ``after`` has and lacks.  Both have the same columns."""
    keys = find_primary_keys(schema)
    new: list[TableRows] = []
    altered: list[TableRows] = []
    missing: list[TableRows] = []
    known = {rows.table: rows for rows in before.tables}
    found = {rows.table: rows for rows in after.tables}
    for table in dict.fromkeys((*found, *known)):
        rows = found.get(table) or replace(known[table], rows=())
        earlier = known.get(table) or replace(rows, rows=())
        places = _find_places(rows.columns, keys.get(table, ()))
        lacking = find_lacking_rows(rows.rows, earlier.rows)
        gone = find_lacking_rows(earlier.rows, rows.rows)
        taken = _map_keys(earlier.rows, places)
        kept = _map_keys(rows.rows, places)
        for part, values in (
            (new, [row for row in lacking if _key_of(row, places) not in taken]),
            (altered, [row for row in lacking if _key_of(row, places) in taken]),
            (missing, [row for row in gone if _key_of(row, places) not in kept]),
        ):
            if values:
                part.append(replace(rows, rows=tuple(values)))
    counters = {
        key: count
        for key, count in after.counters.items()
        if key not in before.counters or before.counters[key].is_before(count)
    }
    return ContentDifference(
        new=Content(tables=tuple(new), counters=counters),
        altered=tuple(altered),
        missing=tuple(missing),
    )


def find_lacking_rows(rows: Iterable[Row], others: Iterable[Row]) -> list[Row]:
    """Return the rows without as many equal ones as there are among the others."""
    left = Counter(others)
    lacking = []
    for row in rows:
        if left[row] > 0:
            left[row] -= 1
        else:
            lacking.append(row)
    return lacking


def find_row_counts(tables: Iterable[TableRows]) -> dict[Key, int]:
    """Return how many rows each table has here."""
    return {rows.table: len(rows.rows) for rows in tables}


def _find_places(columns: Sequence[str], key: Collection[str]) -> tuple[int, ...]:
    """Return where the key's columns stand; none: it is not among them."""
    if not set(key) <= set(columns):
        return ()
    return tuple(columns.index(name) for name in key)


def _map_keys(rows: Iterable[Row], places: Sequence[int]) -> frozenset[Row]:
    """Return the keys of the rows; none: the table has no key."""
    return frozenset(_key_of(row, places) for row in rows if places)


def _key_of(row: Row, places: Sequence[int]) -> Row:
    return tuple(row[place] for place in places)
