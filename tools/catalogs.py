"""Read a schema with programs that are not ours, as a set of facts.

A fact is a text; two databases are the same when their sets are.  Invariant: nothing of
``schema_migrations`` is used here, so that a comparison notices what our own inspector
overlooks.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

BOOKKEEPING = ("atlas_schema_revisions", "django_migrations")
"""Tables that this package or Django keeps, and no model describes."""


def read_restored_postgresql_facts(url: str, programs: Path) -> frozenset[str]:
    """Return the facts of a database that is restored from a dump.

    PostgreSQL prints some expressions differently once it has read its own print, and
    does not change them any more afterwards.
    """
    copy = f"{url.partition('?')[0].rpartition('/')[2]}_restored"
    psql = (programs / "psql", "-qX1v", "ON_ERROR_STOP=1")
    restored = re.sub(r"/[^/?]*\?", f"/{copy}?", url, count=1)
    _run_program(programs / "psql", "-qX", "-c", f'CREATE DATABASE "{copy}"', url)
    _run_program(*psql, restored, stdin=_dump_schema(url, programs))
    facts = read_postgresql_facts(restored, programs)
    _run_program(programs / "psql", "-qX", "-c", f'DROP DATABASE "{copy}"', url)
    return facts


def read_postgresql_facts(url: str, programs: Path) -> frozenset[str]:
    """Return the statements of ``pg_dump``; the columns of a table in name order.

    Two databases with the same facts are the same.  If they differ, their restored facts
    may still be the same.
    """
    lines = [
        x for x in _dump_schema(url, programs).splitlines() if x and x[0] not in "-\\"
    ]
    dump = _hide_inherited_names("\n".join(lines))
    statements = re.split(r";$", dump, flags=re.MULTILINE)
    return frozenset(_sort_columns(text.strip()) for text in statements if text.strip())


def _hide_inherited_names(dump: str) -> str:
    """Hide what the indexes are called that partitions have from their parents.

    The server made the names from those that the partition and its columns had then.
    """
    name = r'(?:"[^"]+"|[\w$]+)'
    attached = rf"^ALTER INDEX .+ ATTACH PARTITION {name}\.({name});$"
    for found in set(re.findall(attached, dump, flags=re.MULTILINE)):
        dump = re.sub(rf"(?<![\w$]){re.escape(found)}(?![\w$])", "(inherited)", dump)
    return dump


def _dump_schema(url: str, programs: Path) -> str:
    excluded = [f"--exclude-table={name}*" for name in BOOKKEEPING]
    options = ["--schema-only", "--no-owner", "--no-privileges", *excluded]
    return _run_program(programs / "pg_dump", *options, url)


def _run_program(*command: str | Path, stdin: str = "") -> str:
    done = subprocess.run(
        [*command], input=stdin, check=True, capture_output=True, text=True
    )
    return done.stdout


def _sort_columns(statement: str) -> str:
    if not statement.startswith("CREATE TABLE"):
        return statement
    # PostgreSQL 18 calls each NOT NULL by the table's and column's first names; older
    # servers give it none: https://www.postgresql.org/docs/18/release-18.html
    statement = re.sub(r' CONSTRAINT (?:"[^"]+"|\S+) NOT NULL', " NOT NULL", statement)
    first, *body, last = statement.splitlines()
    return "\n".join([first, *sorted(line.rstrip(",") for line in body), last])


def read_sqlite_facts(path: Path) -> frozenset[str]:
    """Return what the pragmas show, and the parts of definitions that no pragma shows."""
    with closing(sqlite3.connect(path)) as connection:
        return frozenset(_find_sqlite_facts(connection))


def _find_sqlite_facts(connection: sqlite3.Connection) -> Iterator[str]:
    master = "SELECT type, name, tbl_name, sql FROM sqlite_master"
    for type_, name, table, sql in connection.execute(master).fetchall():
        if table in BOOKKEEPING or name == "sqlite_sequence":
            continue
        text = re.sub(r"[\s\"]+", " ", sql or "").lower()
        if type_ == "table":
            yield f"{name}: {_describe_beyond_pragmas(text)}"
            yield from _read_pragmas(connection, name)
        else:
            yield f"{type_} {name} on {table}: {_strip_items(text)}"


def _describe_beyond_pragmas(text: str) -> str:
    """Describe the expressions, and how often each word occurs that no pragma shows."""
    words = ("autoincrement", "collate", "deferrable", "deferred", "generated")
    counts = {word: len(re.findall(rf"\b{word}\b", text)) for word in words}
    starts = re.finditer(r"\b(?:check|generated always as) ?(?=\()", text)
    expressions = sorted(
        _strip_doubled(text[m.end() : _find_closing(text, m.end())]) for m in starts
    )
    return f"{expressions} {counts}"


def _find_closing(text: str, start: int) -> int:
    """Return the position after the parenthesis that closes the one at ``start``."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    raise ValueError(f"unbalanced: {text[start:]}")


def _strip_doubled(text: str) -> str:
    """Return an expression in parentheses without spaces and doubled parentheses."""
    text = text.replace(" ", "")
    while text.startswith("((") and _find_closing(text, 1) == len(text) - 1:
        text = text[1:-1]
    return text


def _strip_items(text: str) -> str:
    """Return ``(lower(a),b)`` for ``((lower(a)), b)``: the same list to SQLite."""
    text = text.replace(" ", "")
    position = 1
    while position < len(text):
        if text[position] == "(" and text[position - 1] in "(,":
            end = _find_closing(text, position)
            if text[end:].startswith((",", ")", "asc", "desc")):
                text = text[:position] + text[position + 1 : end - 1] + text[end:]
                continue
        position += 1
    return text


def _normalize_default(value: object) -> str:
    """Return a default without spaces, in one parenthesis, its words in lower case.

    None and NULL are the same default.
    """
    text = "null" if value is None else str(value)
    parts = re.findall(r"'[^']*'|[^']+", text)
    plain = [p if p[0] == "'" else p.lower().replace(" ", "") for p in parts]
    return _strip_doubled(f"({''.join(plain)})")


def _read_pragmas(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    def rows(pragma: str, of: str) -> list[tuple[object, ...]]:
        return connection.execute(f"SELECT * FROM pragma_{pragma}(?)", [of]).fetchall()

    for _, name, type_, not_null, default, *rest in rows("table_xinfo", table):
        column = [name, type_, not_null, _normalize_default(default), *rest]
        yield f"{table} column {column}"
    for _, _, *key in rows("foreign_key_list", table):
        yield f"{table} foreign key {key}"
    for _, name, *index in rows("index_list", table):
        columns = [part[2:] for part in rows("index_xinfo", str(name))]
        automatic = str(name).startswith("sqlite_autoindex_")
        yield f"{table} index {'' if automatic else name} {index} {columns}"
