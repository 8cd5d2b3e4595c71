"""Run a statement for a part of the rows of its table: those between two keys.

Keys are compared as rows, ``("a", "b") > ('1', '2')``, which an index on these columns
finds: https://www.postgresql.org/docs/current/functions-comparisons.html#ROW-WISE-COMPARISON
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from psycopg import sql as psycopg_sql

from schema_migrations.engines.postgresql.session.execution import (
    execute,
    fetch_row,
    fetch_rows,
)
from schema_migrations.errors import StatementFailed
from schema_migrations.history.batches import fold_name

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection
    from schema_migrations.history.batches import (
        BatchedStatement,
        BatchProgress,
        RowKey,
    )

COLUMNS_QUERY = """
SELECT coalesce(a.attnum, 0), format_type(a.atttypid, a.atttypmod), a.atttypid
  FROM unnest(%s::text[]) WITH ORDINALITY AS wanted (name, place)
  LEFT JOIN pg_attribute a ON a.attrelid = %s::regclass AND a.attname = wanted.name
   AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY wanted.place
"""

FLOATS = (700, 701)
"""The types whose text may be shorter than the value: float4, float8."""

INDEX_QUERY = """
SELECT EXISTS (
    SELECT FROM pg_index i
      JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree',
           cardinality(%s::int2[]) AS wanted (count)
     WHERE i.indrelid = %s::regclass AND i.indisvalid AND i.indpred IS NULL
       AND i.indnkeyatts >= wanted.count
       AND (i.indkey::int2[])[0:wanted.count - 1] = %s::int2[]
       -- In the order of the comparison of rows, or all of it backwards.
       AND NOT EXISTS (
           SELECT FROM generate_series(0, wanted.count - 1) AS place
             JOIN pg_opclass o ON o.oid = i.indclass[place]
             JOIN pg_attribute a
               ON a.attrelid = i.indrelid AND a.attnum = i.indkey[place]
            WHERE NOT o.opcdefault OR i.indcollation[place] <> a.attcollation
               OR i.indoption[place] & 1 <> i.indoption[0] & 1))
"""

ROWS_QUERY = "SELECT reltuples FROM pg_class WHERE oid = %s::regclass"

OTHER_KEY_ADVICE = (
    "Name the columns of the primary key after -- batches:, or remove the line: then the"
    " statement runs for all rows at once."
)


def read_key_types(
    connection: Connection, statement: BatchedStatement
) -> tuple[str, ...]:
    """Return the types of the columns that a statement goes by.

    Raises ``StatementFailed`` when they cannot give an order of the rows: a row without
    a value would be left out, and without an index each batch would read the whole table.
    """
    name, columns = statement.table_name, statement.columns
    names = [fold_name(column) for column in columns]
    found = fetch_rows(connection, COLUMNS_QUERY, names, name)
    for column, (number, _, type_oid) in zip(columns, found, strict=True):
        if not number:
            _refuse(f"-- batches: names {column}, which is no column of {name}.")
        if type_oid in FLOATS:
            _refuse(f"-- batches: names {column}, whose values are not exact.")
    numbers = [number for number, _, _ in found]
    if not fetch_row(connection, INDEX_QUERY, numbers, name, numbers)[0]:
        listed = ", ".join(columns)
        _refuse(
            f"No btree index of {name} is in the order of {listed}, as -- batches: needs it."
        )
    # NOT NULL is not enough: it may be not valid, and tables that inherit may not have it.
    empty = " OR ".join(f"{column} IS NULL" for column in _qualify(statement))
    query = f"SELECT EXISTS (SELECT {_from(statement)} WHERE {empty})"
    if fetch_row(connection, query)[0]:
        _refuse(f"A row of {name} is NULL in a column that -- batches: names.")
    return tuple(type_name for _, type_name, _ in found)


def _refuse(problem: str) -> NoReturn:
    raise StatementFailed(problem=problem, advice=OTHER_KEY_ADVICE)


def read_row_estimate(
    connection: Connection, statement: BatchedStatement
) -> int | None:
    """Return about how many rows the table has; None: the server does not know."""
    (rows,) = fetch_row(connection, ROWS_QUERY, statement.table_name)
    return round(rows) if rows > 0 else None


def find_last_key(connection: Connection, statement: BatchedStatement) -> RowKey | None:
    """Return the key of the last row; None: there is no row."""
    columns = ", ".join(f"{column} DESC" for column in _qualify(statement))
    rows = fetch_rows(
        connection, f"{_select_key(statement)} ORDER BY {columns} LIMIT 1"
    )
    return tuple(rows[0]) if rows else None


def find_batch_end(
    connection: Connection,
    statement: BatchedStatement,
    progress: BatchProgress,
    size: int,
) -> RowKey | None:
    """Return the key of the last row of a batch; None: it goes on to the last row."""
    query = (
        f"{_select_key(statement)}"
        f" WHERE {_lie_between(connection, statement, progress, progress.last)}"
        f" ORDER BY {', '.join(_qualify(statement))} OFFSET {size - 1} LIMIT 1"
    )
    rows = fetch_rows(connection, query)
    return tuple(rows[0]) if rows else None


def run_batch(
    connection: Connection,
    statement: BatchedStatement,
    progress: BatchProgress | None,
    end: RowKey,
) -> None:
    """Run the statement for the rows after those that are done, up to a key.

    Without a progress there is no row; the server looks at the statement all the same.
    """
    condition = (
        _lie_between(connection, statement, progress, end) if progress else "false"
    )
    execute(connection, statement.with_condition(condition))


def _select_key(statement: BatchedStatement) -> str:
    texts = ", ".join(f"{column}::text" for column in _qualify(statement))
    return f"SELECT {texts} {_from(statement)}"


def _from(statement: BatchedStatement) -> str:
    return f"FROM {statement.table} {statement.alias}".rstrip()


def _lie_between(
    connection: Connection,
    statement: BatchedStatement,
    progress: BatchProgress,
    end: RowKey,
) -> str:
    columns = f"({', '.join(_qualify(statement))})"

    def write(key: RowKey) -> str:
        values = (
            f"{psycopg_sql.Literal(value).as_string(connection.connection)}::{type_name}"
            for value, type_name in zip(key, progress.types, strict=True)
        )
        return f"({', '.join(values)})"

    after = f"{columns} > {write(progress.after)} AND " if progress.after else ""
    return f"{after}{columns} <= {write(end)}"


def _qualify(statement: BatchedStatement) -> list[str]:
    return [f"{statement.table_reference}.{column}" for column in statement.columns]
