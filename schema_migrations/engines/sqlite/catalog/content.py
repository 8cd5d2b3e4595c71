"""Read the content of a SQLite database: rows as literals of SQL, and counters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count

from schema_migrations.engines.connection import Cursor
from schema_migrations.engines.content import ContentReader
from schema_migrations.engines.sqlite.quote import quote
from schema_migrations.schema.content import CounterPosition, Row
from schema_migrations.schema.model import Key, Table, table_key

# ``quote`` ends a text at its first NUL.
_LITERAL = (
    "CASE WHEN typeof({0}) = 'text' AND instr({0}, char(0))"
    " THEN 'CAST(X''' || hex({0}) || ''' AS TEXT)' ELSE quote({0}) END"
)
# SQLite does not read what it prints.
_INFINITE = {"Inf": "9e999", "-Inf": "-9e999"}


def read_row_counts(cursor: Cursor, tables: Collection[Key]) -> Mapping[Key, int]:
    """Return the numbers of rows of those tables that have some."""
    counts = {}
    for table in tables:
        cursor.execute(f"SELECT count(*) FROM {quote(table.name)}")
        (counts[table],) = cursor.fetchone()
    return {table: count for table, count in counts.items() if count}


def read_rows(
    cursor: Cursor, table: Table, columns: Sequence[str], order: Sequence[str]
) -> tuple[Row, ...]:
    """Return the rows of a table as literals of SQL."""
    texts = ", ".join(_LITERAL.format(quote(name)) for name in columns)
    by = ", ".join(map(quote, order)) if order else texts
    cursor.execute(f"SELECT {texts} FROM {quote(table.key.name)} ORDER BY {by}")
    return tuple(tuple(map(_tidy_literal, row)) for row in cursor.fetchall())


def read_counters(cursor: Cursor) -> Mapping[Key, CounterPosition]:
    """Return the last numbers of the tables whose keys are never given twice.

    https://www.sqlite.org/autoinc.html
    """
    cursor.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'")
    if not cursor.fetchall():
        return {}
    cursor.execute("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")
    return {
        table_key(name): CounterPosition(number=last)
        for name, last in cursor.fetchall()
    }


def _tidy_literal(literal: str) -> str:
    """Return a literal that SQLite reads, without a carriage return.

    Version control may change line endings.
    """
    if literal in _INFINITE:
        return _INFINITE[literal]
    if "\r" not in literal:
        return literal
    mark = next(
        mark
        for mark in chain(["\\r"], map("\\r{}".format, count()))
        if mark not in literal
    )
    return f"replace({literal.replace(chr(13), mark)}, '{mark}', char(13))"


CONTENT_READER = ContentReader(
    read_row_counts=read_row_counts, read_rows=read_rows, read_counters=read_counters
)
