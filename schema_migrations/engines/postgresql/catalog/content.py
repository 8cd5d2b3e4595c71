"""Read the content of a PostgreSQL database: rows as literals of SQL, and counters.

Invariant: a literal is the server's own text of a value, so it gives that value again in
a column of the same type.  Nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from schema_migrations.engines.connection import Cursor
from schema_migrations.engines.content import ContentReader
from schema_migrations.engines.postgresql.catalog.rollback import roll_back_at_end
from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.engines.postgresql.session_values import (
    PRINT_VALUES,
    render_set_values,
)
from schema_migrations.schema.content import CounterPosition, Row, split_into_parts
from schema_migrations.schema.model import Key, Kind, Table

_NUMBER_TYPES = re.compile(
    r"(?:smallint|integer|bigint|real|double precision|numeric)\b(?!.*\[)"
)
# Not -0, which is 0 unless it is read as a number with a point.
_NUMBER_LITERAL = re.compile(r"'((?!-0+(?:\.0+)?')-?\d+(?:\.\d+)?)'")

RELATIONS_IN_QUERY = 500
"""The most that one query names: the server's stack is limited."""

_PARTITIONED_QUERY = """
SELECT name
  FROM pg_catalog.unnest(%s::pg_catalog.text[]) AS name
  JOIN pg_catalog.pg_class AS c ON c.oid = name::pg_catalog.regclass
 WHERE c.relkind = 'p'
"""

# A table without a page has no rows, and one query on hundreds of tables is slow.
_NOT_EMPTY_QUERY = """
SELECT name
  FROM pg_catalog.unnest(%s::pg_catalog.text[]) AS name
  JOIN pg_catalog.pg_class AS c ON c.oid = name::pg_catalog.regclass
 WHERE c.relkind <> 'r' OR pg_catalog.pg_relation_size(c.oid) > 0
"""

# A sequence that a column owns is known by the column, whatever its own name is.
_COUNTERS_QUERY = """
SELECT CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname END,
       coalesce(t.relname, c.relname),
       coalesce(a.attname, ''),
       n.nspname,
       c.relname,
       s.increment_by < 0
  FROM pg_catalog.pg_sequences AS s
  JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.schemaname
  JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.sequencename
  LEFT JOIN pg_catalog.pg_depend AS o
    ON o.classid = 'pg_catalog.pg_class'::regclass
   AND o.objid = c.oid
   AND o.refclassid = 'pg_catalog.pg_class'::regclass
   AND o.deptype IN ('a', 'i')
  LEFT JOIN pg_catalog.pg_class AS t ON t.oid = o.refobjid
  LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
 WHERE n.oid <> pg_catalog.pg_my_temp_schema()
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_class'::regclass
            AND e.objid = c.oid
            AND e.deptype = 'e')
"""


def read_row_counts(cursor: Cursor, tables: Collection[Key]) -> Mapping[Key, int]:
    """Return the numbers of rows of those tables that have some."""
    counts: dict[Key, int] = {}
    with _hold_print_values(cursor):
        cursor.execute(_NOT_EMPTY_QUERY, [list(map(qualify, tables))])
        names = {name for (name,) in cursor.fetchall()}
        filled = sorted(table for table in tables if qualify(table) in names)
        for part in split_into_parts(filled, RELATIONS_IN_QUERY):
            cursor.execute(
                " UNION ALL ".join(
                    f"SELECT {place}, count(*) FROM {source}"
                    for place, source in enumerate(_find_sources(cursor, part))
                )
            )
            counts |= {part[place]: rows for place, rows in cursor.fetchall() if rows}
    return counts


def read_rows(
    cursor: Cursor, table: Table, columns: Sequence[str], order: Sequence[str]
) -> tuple[Row, ...]:
    """Return the rows of a table as literals of SQL."""
    texts = ", ".join(f"quote_nullable({quote(name)}::text)" for name in columns)
    by = ", ".join(map(quote, order)) if order else texts
    types = [table.get_column(name).type for name in columns]
    with _hold_print_values(cursor):
        (source,) = _find_sources(cursor, [table.key])
        cursor.execute(f"SELECT {texts} FROM {source} ORDER BY {by}")
        found = cursor.fetchall()
    return tuple(tuple(map(_tidy_literal, row, types)) for row in found)


def read_counters(cursor: Cursor) -> Mapping[Key, CounterPosition]:
    """Return how far each sequence has counted.

    The sequence itself is asked: ``pg_sequences`` does not know one that was restarted.
    """
    counters: dict[Key, CounterPosition] = {}
    with _hold_print_values(cursor):
        cursor.execute(_COUNTERS_QUERY)
        for part in split_into_parts(cursor.fetchall(), RELATIONS_IN_QUERY):
            found = " UNION ALL ".join(
                f"SELECT {place}, last_value, is_called FROM {quote(schema)}.{quote(name)}"
                for place, (_, _, _, schema, name, _) in enumerate(part)
            )
            cursor.execute(found)
            for place, number, is_given in cursor.fetchall():
                namespace, name, column, _, _, is_descending = part[place]
                kind: Kind = "column" if column else "sequence"
                counters[Key(kind, namespace, name, column)] = CounterPosition(
                    number=number, is_given=is_given, is_descending=is_descending
                )
    return counters


def _find_sources(cursor: Cursor, tables: Sequence[Key]) -> list[str]:
    """Return what to read each table's own rows from.

    Those of a partitioned table are in its partitions, while the rows of tables that
    inherit from another are theirs.
    https://www.postgresql.org/docs/current/ddl-inherit.html
    """
    names = [qualify(table) for table in tables]
    cursor.execute(_PARTITIONED_QUERY, [names])
    partitioned = {name for (name,) in cursor.fetchall()}
    return [name if name in partitioned else f"ONLY {name}" for name in names]


@contextmanager
def _hold_print_values(cursor: Cursor) -> Iterator[None]:
    with roll_back_at_end(cursor):
        cursor.execute(*render_set_values(PRINT_VALUES, in_transaction=True))
        yield


def _tidy_literal(literal: str, type_: str) -> str:
    """Return a literal as a person would write it, on as many lines as its text has.

    A carriage return is escaped: version control may change line endings.
    """
    if type_ == "boolean":
        return literal.strip("'")
    if _NUMBER_TYPES.match(type_) and (number := _NUMBER_LITERAL.fullmatch(literal)):
        return number[1]
    if "\r" in literal:
        marked = literal if literal.startswith("E") else f"E{literal}"
        return marked.replace("\r", "\\r")
    return literal


CONTENT_READER = ContentReader(
    read_row_counts=read_row_counts, read_rows=read_rows, read_counters=read_counters
)
