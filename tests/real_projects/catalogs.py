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


def of_postgresql(url: str, programs: Path) -> frozenset[str]:
    """Return the statements of ``pg_dump``; the columns of a table in name order.

    The dump is of a restored dump: PostgreSQL prints some expressions differently once
    it has read its own print, and only then stays with it.
    """
    copy = f"{url.partition('?')[0].rpartition('/')[2]}_restored"
    _output(programs / "psql", "-qX", "-c", f'CREATE DATABASE "{copy}"', url)
    restored = re.sub(r"/[^/?]*\?", f"/{copy}?", url, count=1)
    _output(
        programs / "psql",
        "-qX1v",
        "ON_ERROR_STOP=1",
        restored,
        given=_dump(url, programs),
    )
    lines = [
        x for x in _dump(restored, programs).splitlines() if x and x[0] not in "-\\"
    ]
    statements = re.split(r";$", "\n".join(lines), flags=re.MULTILINE)
    return frozenset(_sorted_body(text.strip()) for text in statements if text.strip())


def _dump(url: str, programs: Path) -> str:
    excluded = [f"--exclude-table={name}*" for name in BOOKKEEPING]
    options = ["--schema-only", "--no-owner", "--no-privileges", *excluded]
    return _output(programs / "pg_dump", *options, url)


def _output(*command: str | Path, given: str = "") -> str:
    done = subprocess.run(
        [*command], input=given, check=True, capture_output=True, text=True
    )
    return done.stdout


def _sorted_body(statement: str) -> str:
    if not statement.startswith("CREATE TABLE"):
        return statement
    first, *body, last = statement.splitlines()
    return "\n".join([first, *sorted(line.rstrip(",") for line in body), last])


def of_sqlite(path: Path) -> frozenset[str]:
    """Return what the pragmas say, and of each definition what they leave out."""
    with closing(sqlite3.connect(path)) as connection:
        return frozenset(_sqlite_facts(connection))


def _sqlite_facts(connection: sqlite3.Connection) -> Iterator[str]:
    master = "SELECT type, name, tbl_name, sql FROM sqlite_master"
    for type_, name, table, sql in connection.execute(master).fetchall():
        if table in BOOKKEEPING or name == "sqlite_sequence":
            continue
        text = re.sub(r"[\s\"]+", " ", sql or "").lower()
        if type_ == "table":
            yield f"{name}: {_beyond_pragmas(text)}"
            yield from _pragmas(connection, name)
        else:
            yield f"{type_} {name} on {table}: {re.sub(' ', '', text)}"


def _beyond_pragmas(text: str) -> str:
    """Return the checks, and how often each word stands there that no pragma knows."""
    checks = sorted(
        _parenthesis(text, m.end()) for m in re.finditer(r"\bcheck ?", text)
    )
    words = ("autoincrement", "collate", "deferrable", "deferred", "generated")
    counts = {word: len(re.findall(rf"\b{word}\b", text)) for word in words}
    return f"{checks} {counts}"


def _parenthesis(text: str, start: int) -> str:
    """Return the parenthesis that opens at ``start``, without spaces, never doubled."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return _once(text[start : position + 1].replace(" ", ""))
    raise ValueError(f"unbalanced: {text[start:]}")


def _once(text: str) -> str:
    if text.startswith("((") and _parenthesis(text, 1) == _once(text[1:-1]):
        return _once(text[1:-1])
    return text


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
