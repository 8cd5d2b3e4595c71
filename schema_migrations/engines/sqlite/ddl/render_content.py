"""Write content as SQL for SQLite.  Pure.

Triggers fire, since SQLite cannot hold them: the proof says so where they add rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from schema_migrations.engines.sqlite.quote import quote
from schema_migrations.schema.content import (
    CommentedSql,
    Content,
    TableRows,
    describe_counter,
    describe_rows,
    split_rows,
)
from schema_migrations.schema.model import Schema, Table


def render_content(schema: Schema, content: Content) -> tuple[CommentedSql, ...]:
    """Return the statements that give a database with this schema the content."""
    return (
        *(statement for rows in content.tables for statement in _render_rows(rows)),
        *_render_counters(schema, content),
    )


def _render_rows(rows: TableRows) -> Iterator[CommentedSql]:
    names = ", ".join(map(quote, rows.columns))
    for chunk in split_rows(rows):
        values = ",\n".join(f"  ({', '.join(row)})" for row in chunk)
        yield (
            describe_rows(chunk, rows.table),
            f"INSERT INTO {quote(rows.table.name)} ({names}) VALUES\n{values}",
        )


def _render_counters(schema: Schema, content: Content) -> Iterator[CommentedSql]:
    """Yield what sets the counters that the rows do not set by their own numbers.

    None is set back: a database in use may have counted on.
    """
    tables = {rows.table: rows for rows in content.tables}
    for key in sorted(content.counters):
        count = content.counters[key]
        number = count.number
        rows, table = tables.get(key), schema.get(key)
        if rows and isinstance(table, Table) and number == _find_last(table, rows):
            continue
        name = "'" + key.name.replace("'", "''") + "'"
        yield (
            describe_counter(key, count),
            f"UPDATE sqlite_sequence SET seq = {number}"
            f" WHERE name = {name} AND seq < {number}",
        )
        yield (
            "",
            f"INSERT INTO sqlite_sequence (name, seq) SELECT {name}, {number}\n"
            f"WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {name})",
        )


def _find_last(table: Table, rows: TableRows) -> int | None:
    """Return the largest number in the numbered column; None: there is none."""
    numbered = [c.name for c in table.columns if c.identity and c.name in rows.columns]
    if not numbered:
        return None
    place = rows.columns.index(numbered[0])
    return max(int(row[place]) for row in rows.rows)
