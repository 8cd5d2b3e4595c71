"""Run a statement for a part of the rows of its table: those between two keys.

Keys are compared as rows, ``("a", "b") > ('1', '2')``, which an index on these columns
finds: https://www.postgresql.org/docs/current/functions-comparisons.html#ROW-WISE-COMPARISON
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql as psycopg_sql

from schema_migrations.engines.postgresql.session.execution import (
    execute,
    fetch_row,
    fetch_rows,
)
from schema_migrations.errors import StatementFailed

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection
    from schema_migrations.history.batches import BatchedStatement, RowKey

TABLE_QUERY = """
SELECT c.reltuples,
       ARRAY(SELECT coalesce((SELECT a.attnum FROM pg_attribute a
                               WHERE a.attrelid = c.oid AND a.attnotnull
                                 AND a.attnum > 0 AND NOT a.attisdropped
                                 AND a.attname = wanted.name), 0)
               FROM unnest(%(columns)s::text[]) WITH ORDINALITY AS wanted (name, place)
              ORDER BY place)
  FROM pg_class c
 WHERE c.oid = %(table)s::regclass
"""

INDEX_QUERY = """
SELECT EXISTS (SELECT FROM pg_index
                WHERE indrelid = %s::regclass AND indisvalid AND indpred IS NULL
                  AND (indkey::int2[])[0:%s] = %s::int2[])
"""

OTHER_KEY_ADVICE = (
    "Name the columns of the primary key after -- batches:, or remove the line: then the"
    " statement runs for all rows at once."
)


def read_row_estimate(
    connection: Connection, statement: BatchedStatement
) -> int | None:
    """Return about how many rows the table has; None: the server does not know.

    Raises ``StatementFailed`` when the columns cannot give an order: a row without a
    value would be left out, and without an index each batch would read the whole table.
    """
    name, columns = statement.table_name, statement.columns
    given = {"table": name, "columns": [_unquote(column) for column in columns]}
    with connection.cursor() as cursor:
        cursor.execute(TABLE_QUERY, given)
        rows, numbers = cursor.fetchone()
    for column, number in zip(columns, numbers, strict=True):
        if not number:
            raise StatementFailed(
                problem=f"-- batches: names {column}, which is no column of {name} that"
                " is NOT NULL.",
                advice=OTHER_KEY_ADVICE,
            )
    if not fetch_row(connection, INDEX_QUERY, name, len(columns) - 1, numbers)[0]:
        raise StatementFailed(
            problem=f"No index of {name} begins with {', '.join(columns)}, as -- batches:"
            " needs it.",
            advice=OTHER_KEY_ADVICE,
        )
    return round(rows) if rows > 0 else None


def find_last_key(connection: Connection, statement: BatchedStatement) -> RowKey | None:
    """Return the key of the last row; None: there is no row."""
    columns = ", ".join(f"{column} DESC" for column in _qualify(statement))
    rows = fetch_rows(
        connection, f"{_select_key(statement)} ORDER BY {columns} LIMIT 1"
    )
    return tuple(rows[0]) if rows else None


def find_end(
    connection: Connection,
    statement: BatchedStatement,
    after: RowKey | None,
    last: RowKey,
    size: int,
) -> RowKey | None:
    """Return the key of the last row of a batch; None: it goes on to the last row."""
    query = (
        f"{_select_key(statement)} WHERE {_lie_between(connection, statement, after, last)}"
        f" ORDER BY {', '.join(_qualify(statement))} OFFSET {size - 1} LIMIT 1"
    )
    rows = fetch_rows(connection, query)
    return tuple(rows[0]) if rows else None


def run_batch(
    connection: Connection,
    statement: BatchedStatement,
    after: RowKey | None,
    end: RowKey,
) -> None:
    """Run the statement for the rows after a key, up to another."""
    condition = _lie_between(connection, statement, after, end)
    execute(connection, statement.with_condition(condition))


def _select_key(statement: BatchedStatement) -> str:
    texts = ", ".join(f"{column}::text" for column in _qualify(statement))
    return f"SELECT {texts} FROM {statement.table} {statement.alias}".rstrip()


def _lie_between(
    connection: Connection,
    statement: BatchedStatement,
    after: RowKey | None,
    end: RowKey,
) -> str:
    columns = ", ".join(_qualify(statement))
    parts = [] if after is None else [f"({columns}) > {_write(connection, after)}"]
    return " AND ".join([*parts, f"({columns}) <= {_write(connection, end)}"])


def _write(connection: Connection, key: RowKey) -> str:
    values = (psycopg_sql.Literal(value) for value in key)
    return f"({', '.join(v.as_string(connection.connection) for v in values)})"


def _qualify(statement: BatchedStatement) -> list[str]:
    return [f"{statement.called}.{column}" for column in statement.columns]


def _unquote(name: str) -> str:
    """Return the name of a column as the catalog has it."""
    if name.startswith('"'):
        return name[1:-1].replace('""', '"')
    return name.lower()
