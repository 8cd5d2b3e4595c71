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
    psql = (programs / "psql", "-qX1v", "ON_ERROR_STOP=1")
    restored = re.sub(r"/[^/?]*\?", f"/{copy}?", url, count=1)
    _output(programs / "psql", "-qX", "-c", f'CREATE DATABASE "{copy}"', url)
    _output(*psql, restored, given=_dump(url, programs))
    printed = first_print(restored, programs)
    _output(programs / "psql", "-qX", "-c", f'DROP DATABASE "{copy}"', url)
    return printed


def first_print(url: str, programs: Path) -> frozenset[str]:
    """Return the same without restoring: sooner, and what is equal is equal so, too."""
    lines = [x for x in _dump(url, programs).splitlines() if x and x[0] not in "-\\"]
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
    # PostgreSQL 18 calls each NOT NULL by the table's and column's first names; older
    # servers give it none: https://www.postgresql.org/docs/18/release-18.html
    statement = re.sub(r' CONSTRAINT (?:"[^"]+"|\S+) NOT NULL', " NOT NULL", statement)
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
            yield f"{type_} {name} on {table}: {_bare_items(text)}"


def _beyond_pragmas(text: str) -> str:
    """Return the expressions, and how often each word stands that no pragma knows."""
    words = ("autoincrement", "collate", "deferrable", "deferred", "generated")
    counts = {word: len(re.findall(rf"\b{word}\b", text)) for word in words}
    starts = re.finditer(r"\b(?:check|generated always as) ?(?=\()", text)
    expressions = sorted(_once(text[m.end() : _closed(text, m.end())]) for m in starts)
    return f"{expressions} {counts}"


def _closed(text: str, start: int) -> int:
    """Return where the parenthesis that opens at ``start`` has just been closed."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    raise ValueError(f"unbalanced: {text[start:]}")


def _once(text: str) -> str:
    """Return a parenthesis without spaces, never doubled."""
    text = text.replace(" ", "")
    while text.startswith("((") and _closed(text, 1) == len(text) - 1:
        text = text[1:-1]
    return text


def _bare_items(text: str) -> str:
    """Return ``(lower(a),b)`` for ``((lower(a)), b)``: the same list to SQLite."""
    text = text.replace(" ", "")
    position = 1
    while position < len(text):
        if text[position] == "(" and text[position - 1] in "(,":
            end = _closed(text, position)
            if text[end:].startswith((",", ")", "asc", "desc")):
                text = text[:position] + text[position + 1 : end - 1] + text[end:]
                continue
        position += 1
    return text


def _default(value: object) -> str:
    """Return a default without spaces, in one parenthesis, names in small letters.

    None and NULL are the same default.
    """
    text = "null" if value is None else str(value)
    parts = re.findall(r"'[^']*'|[^']+", text)
    plain = [p if p[0] == "'" else p.lower().replace(" ", "") for p in parts]
    return _once(f"({''.join(plain)})")


def _pragmas(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    def rows(pragma: str, of: str) -> list[tuple[object, ...]]:
        return connection.execute(f"SELECT * FROM pragma_{pragma}(?)", [of]).fetchall()

    for _, name, type_, not_null, default, *rest in rows("table_xinfo", table):
        column = [name, type_, not_null, _default(default), *rest]
        yield f"{table} column {column}"
    for _, _, *key in rows("foreign_key_list", table):
        yield f"{table} foreign key {key}"
    for _, name, *index in rows("index_list", table):
        columns = [part[2:] for part in rows("index_xinfo", str(name))]
        automatic = str(name).startswith("sqlite_autoindex_")
        yield f"{table} index {'' if automatic else name} {index} {columns}"
