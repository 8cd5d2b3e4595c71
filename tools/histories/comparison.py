"""Compare rows and values before a step with those after it.

A row is identified by its primary key.  Values of columns that a step does not change must be
the same text; of a column that changes its type, the same number, moment or text; and
NULL may only become a value where the column may not hold NULL any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from schema_migrations.schema.model import Column, Constraint, Key, Schema, Table
from tools.histories.database import Database
from tools.histories.pairs import Pair

NULL = "NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A table's rows: column → SQL literal."""

    rows: tuple[Mapping[str, str], ...]
    key: tuple[str, ...]
    """The columns of the primary key."""


Snapshot = dict[Key, Content]


def take_snapshot(db: Database, schema: Schema) -> Snapshot:
    found = {}
    for table in schema.of(Table):
        names = [column.name for column in table.columns_in_order]
        shown = ", ".join(db.render_literal(db.quote_name(name)) for name in names)
        rows = (
            db.query_rows(f"SELECT {shown} FROM {db.quote_name(table.key)}")
            if names
            else []
        )
        found[table.key] = Content(
            rows=tuple(dict(zip(names, row, strict=True)) for row in rows),
            key=_find_primary_key(schema, table.key),
        )
    return found


def _find_primary_key(schema: Schema, table: Key) -> tuple[str, ...]:
    for obj in schema.by_table.get(table, ()):
        if isinstance(obj, Constraint) and obj.type == "primary key":
            return obj.columns
    return ()


def find_differences(
    before: Snapshot,
    after: Snapshot,
    pairs: Iterable[Pair],
    expected: Mapping[tuple[str, str], str],
) -> Iterator[str]:
    """Describe what was lost or changed.

    ``expected`` maps (table, column) to the literal that existing rows must have now.
    """
    for pair in pairs:
        old, new = before[pair.before.key], after[pair.after.key]
        name = pair.after.key.name
        if len(old.rows) != len(new.rows):
            yield f"{name}: {len(old.rows)} rows before, {len(new.rows)} after"
        elif old.rows:
            yield from _compare_rows(pair, old, new)
            yield from _compare_new_columns(pair, new, expected)


def _compare_rows(pair: Pair, old: Content, new: Content) -> Iterator[str]:
    name = pair.after.key.name
    named = {b.name: a.name for b, a in pair.columns}
    retyped = {b.name for b, a in pair.columns if b.type != a.type}
    if not old.key or any(c not in named or c in retyped for c in old.key):
        yield from _compare_without_key(pair, old, new)
        return
    found = {tuple(row[named[c]] for c in old.key): row for row in new.rows}
    for row in old.rows:
        key = tuple(row[c] for c in old.key)
        if key not in found:
            yield f"{name}: the row {', '.join(key)} is gone"
            continue
        for b, a in pair.columns:
            was, now = row[b.name], found[key][a.name]
            if not _is_kept(b, a, was, now):
                yield f"{name}.{a.name}: {was} became {now} in the row {', '.join(key)}"


def _compare_without_key(pair: Pair, old: Content, new: Content) -> Iterator[str]:
    """Compare rows that no key identifies, by the columns that do not change."""
    same = [(b.name, a.name) for b, a in pair.columns if _is_unchanged(b, a)]
    was = Counter(tuple(row[b] for b, _ in same) for row in old.rows)
    now = Counter(tuple(row[a] for _, a in same) for row in new.rows)
    if was != now:
        yield f"{pair.after.key.name}: rows differ: {was - now} became {now - was}"


def _is_unchanged(before: Column, after: Column) -> bool:
    shape = (before.type, before.nullable, before.generated)
    return shape == (after.type, after.nullable, after.generated)


def _is_kept(before: Column, after: Column, was: str, now: str) -> bool:
    if was == now or after.generated is not None or before.generated is not None:
        return True
    if was == NULL:
        return before.nullable and not after.nullable
    if before.type == after.type or now == NULL:
        return False
    if before.type in _INTEGERS and after.type in _UUIDS:
        return int(now.strip("'").replace("-", ""), 16) == int(was.strip("'"))
    if before.type in _UUIDS and after.type in _INTEGERS:
        return True  # there is no conversion but what somebody answered
    return (
        _normalize_literal(was) == _normalize_literal(now)
        or before.type.split("(")[0] not in _COMPARABLE
    )


_INTEGERS = ("smallint", "integer", "bigint")
_UUIDS = ("uuid", "char(32)")
_COMPARABLE = (
    *("smallint", "integer", "bigint", "numeric", "decimal", "real"),
    *("character varying", "varchar", "character", "char", "text", "citext"),
    *("uuid", "inet", "boolean", "bool"),
)
"""Types whose values must read the same after a change to another type."""


def _normalize_literal(literal: str) -> str:
    bare = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal
    try:
        return str(Decimal(bare).normalize())
    except InvalidOperation:
        return bare.rstrip()


def _compare_new_columns(
    pair: Pair, new: Content, expected: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    table = pair.after.key.name
    for column in pair.added_columns:
        wanted = expected.get((table, column.name))
        if wanted is None:
            continue
        held = {row[column.name] for row in new.rows}
        if held != {wanted}:
            yield f"{table}.{column.name}: {wanted} expected, rows hold {sorted(held)}"


def read_stored_literal(db: Database, column: Column, literal: str) -> str:
    """Read back how the database prints a literal that is stored in a column."""
    table = "CREATE TEMPORARY TABLE printed"
    db.run(f"{table} (c {column.type})", f"INSERT INTO printed VALUES ({literal})")
    try:
        return str(db.query_value(f"SELECT {db.render_literal('c')} FROM printed"))
    finally:
        db.run("DROP TABLE printed")


def find_late_counters(db: Database, schema: Schema) -> Iterator[str]:
    """Find the columns whose counter would give a key that a row has already."""
    for table in schema.of(Table):
        for column in table.columns:
            counts = column.identity or "nextval(" in (column.default or "")
            if not counts:
                continue
            top = db.query_value(
                f"SELECT max({db.quote_name(column.name)}) FROM {db.quote_name(table.key)}"
            )
            if top is None:
                continue
            last = _read_counter(db, table, column)
            if last is None or last < top:
                yield f"{table.key.name}.{column.name}: counts from {last}, a row has {top}"


def _read_counter(db: Database, table: Table, column: Column) -> int | None:
    if not db.is_postgresql:
        name = table.key.name.replace("'", "''")
        found = db.query_rows(f"SELECT seq FROM sqlite_sequence WHERE name = '{name}'")
        return found[0][0] if found else None
    name = db.quote_name(table.key).replace("'", "''")
    column_name = column.name.replace("'", "''")
    sequence = db.query_value(
        f"SELECT pg_get_serial_sequence('{name}', '{column_name}')"
    )
    if sequence is None:
        return None
    last, called = db.query_rows(f"SELECT last_value, is_called FROM {sequence}")[0]
    return int(last) if called else int(last) - 1


def find_dangling_references(db: Database) -> Iterator[str]:
    """Find rows that refer to nothing, where the server does not check it by itself."""
    if db.is_postgresql:
        return
    for table, _, parent, _ in db.query_rows("PRAGMA foreign_key_check"):
        yield f"{table}: a row refers to no row of {parent}"
