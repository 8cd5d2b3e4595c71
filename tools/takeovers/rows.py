"""Compare the rows of two databases, table by table and column by column.

Invariant: only what a list leaves out, with a reason, is not compared.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql

Row = Mapping[str, Any]
Rows = Mapping[str, tuple[Row, ...]]
"""A table → its rows, column by column."""

OURS_ALONE = "atlas_schema_revisions"
"""The table that a database which migrate made does not have."""
VARIABLE_VALUES = {
    "django_migrations.id": "in the order in which they were noted",
    "django_migrations.applied": "the time",
    "django_content_type.id": "in the order in which the signals of apps were sent",
    "auth_permission.id": "in the order in which the signals of apps were sent",
    "auth_permission.content_type_id": "as the id of the content type",
}
"""``TABLE.COLUMN`` → why two databases differ in it, in any project."""
APP_OF_OURS = "schema_migrations"
"""The app whose content type and permission only a database with this package has."""
USER_TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
  AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT EXISTS (
    SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""


def read_rows(url: str) -> Rows:
    """Return the rows of all tables but the one that only this package keeps."""
    found = {}
    with psycopg.connect(url) as connection:
        for (table,) in connection.execute(USER_TABLES).fetchall():
            query = sql.SQL("SELECT to_jsonb(r) FROM {} r").format(
                sql.Identifier(table)
            )
            found[table] = tuple(row for (row,) in connection.execute(query))
    found.pop(OURS_ALONE, None)
    return found


def without_rows_of_ours(rows: Rows) -> Rows:
    """Return the rows without the content types of this package and their permissions."""
    types = rows["django_content_type"]
    ours = {row["id"] for row in types if row["app_label"] == APP_OF_OURS}
    permissions = rows["auth_permission"]
    return {
        **rows,
        "django_content_type": tuple(row for row in types if row["id"] not in ours),
        "auth_permission": tuple(
            row for row in permissions if row["content_type_id"] not in ours
        ),
    }


def count_rows(rows: Rows) -> dict[str, int]:
    """Return the counts of the tables that have rows."""
    return {table: len(each) for table, each in sorted(rows.items()) if each}


def find_different_rows(
    theirs: Rows, ours: Rows, *, left_out: Collection[str] = ()
) -> Iterator[str]:
    """Describe each table whose rows differ in columns that are not left out."""
    for table in sorted({*theirs, *ours}):
        mine, its = ours.get(table, ()), theirs.get(table, ())
        lack = Counter(_compared(table, its, left_out))
        surplus = Counter(_compared(table, mine, left_out))
        if lack != surplus:
            columns = ", ".join(_find_different_columns(table, its, mine, left_out))
            yield (
                f"{table}: {len(its)} and {len(mine)} rows,"
                f" {(lack - surplus).total()} and {(surplus - lack).total()} of them"
                f" alone; columns: {columns or 'none by itself'}"
            )


def find_unknown_columns(rows: Rows, left_out: Iterable[str]) -> Iterator[str]:
    """Yield what the list leaves out although no row has it."""
    known = {
        f"{table}.{column}"
        for table, each in rows.items()
        for row in each
        for column in row
    }
    yield from sorted(set(left_out) - known)


def _compared(
    table: str, rows: Iterable[Row], left_out: Collection[str]
) -> Iterator[str]:
    for row in rows:
        kept = {c: v for c, v in row.items() if f"{table}.{c}" not in left_out}
        yield json.dumps(kept, sort_keys=True)


def _find_different_columns(
    table: str, theirs: Iterable[Row], ours: Iterable[Row], left_out: Collection[str]
) -> Iterator[str]:
    """Yield the columns whose values, taken alone, are not the same."""
    columns = {column for row in (*theirs, *ours) for column in row}
    for column in sorted(columns):
        if f"{table}.{column}" not in left_out:
            both = [
                Counter(json.dumps(row.get(column), sort_keys=True) for row in rows)
                for rows in (theirs, ours)
            ]
            if both[0] != both[1]:
                yield column
