"""What a database holds, told by programs that are not ours.

Each function returns a set of facts as text; two databases are the same when their sets
are.  Invariant: nothing of ``schema_migrations`` is used here, so that the comparison
would notice an inspector that overlooks something.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

BOOKKEEPING = ("atlas_schema_revisions", "django_migrations")
"""Kept by one of the two tools and not part of any model."""


def of_postgresql(url: str, pg_dump: Path) -> frozenset[str]:
    """Return the statements of ``pg_dump``; the columns of a table in name order."""
    excluded = [f"--exclude-table={name}*" for name in BOOKKEEPING]
    options = ["--schema-only", "--no-owner", "--no-privileges", *excluded]
    dump = subprocess.run(
        [pg_dump, *options, url], check=True, capture_output=True, text=True
    ).stdout
    lines = [line for line in dump.splitlines() if line and line[:1] not in "-\\"]
    statements = re.split(r";$", "\n".join(lines), flags=re.MULTILINE)
    return frozenset(_sorted_body(text.strip()) for text in statements if text.strip())


def _sorted_body(statement: str) -> str:
    if not statement.startswith("CREATE TABLE"):
        return statement
    first, *body, last = statement.splitlines()
    return "\n".join([first, *sorted(line.rstrip(",") for line in body), last])


def of_sqlite(path: Path) -> frozenset[str]:
    """Return what the pragmas say, and the words of every definition in no order."""
    with closing(sqlite3.connect(path)) as connection:
        return frozenset(_sqlite_facts(connection))


def _sqlite_facts(connection: sqlite3.Connection) -> Iterator[str]:
    master = "SELECT type, name, tbl_name, sql FROM sqlite_master"
    for type_, name, table, sql in connection.execute(master).fetchall():
        if table in BOOKKEEPING or name == "sqlite_sequence":
            continue
        words = sorted(re.findall(r"\w+|[^\w\s\"`\[\],]", sql or ""))
        yield f"{type_} {name} on {table}: {' '.join(words).lower()}"
        if type_ == "table":
            yield from _pragmas(connection, name)


def _pragmas(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    def rows(pragma: str, of: str) -> list[tuple[object, ...]]:
        return connection.execute(f"SELECT * FROM pragma_{pragma}(?)", [of]).fetchall()

    for _, *column in rows("table_xinfo", table):
        yield f"{table} column {column}"
    for _, _, *key in rows("foreign_key_list", table):
        yield f"{table} foreign key {key}"
    for _, name, *index in rows("index_list", table):
        columns = [part[2:] for part in rows("index_xinfo", str(name))]
        automatic = str(name).startswith("sqlite_autoindex_")
        yield f"{table} index {'' if automatic else name} {index} {columns}"
