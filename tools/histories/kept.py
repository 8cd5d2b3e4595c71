"""That rows and values survive a step: what was there before, and what is there after.

A row is known by its primary key.  Values of columns that a step does not change must be
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
from tools.histories.mapping import Pair

NULL = "NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A table's rows: column → SQL literal."""

    rows: tuple[Mapping[str, str], ...]
    key: tuple[str, ...]
    """The columns of the primary key."""


Snapshot = dict[Key, Content]


def snapshot(db: Database, schema: Schema) -> Snapshot:
    found = {}
    for table in schema.of(Table):
        names = [column.name for column in table.columns_in_order]
        shown = ", ".join(db.literal(db.name(name)) for name in names)
        rows = db.rows(f"SELECT {shown} FROM {db.name(table.key)}") if names else []
        found[table.key] = Content(
            rows=tuple(dict(zip(names, row, strict=True)) for row in rows),
            key=_primary_key(schema, table.key),
        )
    return found


def _primary_key(schema: Schema, table: Key) -> tuple[str, ...]:
    for obj in schema.by_table.get(table, ()):
        if isinstance(obj, Constraint) and obj.type == "primary key":
            return obj.columns
    return ()


def differences(
    before: Snapshot,
    after: Snapshot,
    pairs: Iterable[Pair],
    expected: Mapping[tuple[str, str], str],
) -> Iterator[str]:
    """Say what was lost or changed; ``expected`` maps (table, column) to the literal
    that existing rows must have got."""
    for pair in pairs:
        old, new = before[pair.before.key], after[pair.after.key]
        name = pair.after.key.name
        if len(old.rows) != len(new.rows):
            yield f"{name}: {len(old.rows)} rows before, {len(new.rows)} after"
        elif old.rows:
            yield from _in_table(pair, old, new)
            yield from _in_new_columns(pair, new, expected)


def _in_table(pair: Pair, old: Content, new: Content) -> Iterator[str]:
    name = pair.after.key.name
    named = {b.name: a.name for b, a in pair.columns}
    retyped = {b.name for b, a in pair.columns if b.type != a.type}
    if not old.key or any(c not in named or c in retyped for c in old.key):
        yield from _as_bags(pair, old, new)
        return
    found = {tuple(row[named[c]] for c in old.key): row for row in new.rows}
    for row in old.rows:
        key = tuple(row[c] for c in old.key)
        if key not in found:
            yield f"{name}: the row {', '.join(key)} is gone"
            continue
        for b, a in pair.columns:
            was, now = row[b.name], found[key][a.name]
            if not _survives(b, a, was, now):
                yield f"{name}.{a.name}: {was} became {now} in the row {', '.join(key)}"


def _as_bags(pair: Pair, old: Content, new: Content) -> Iterator[str]:
    """Compare rows that no key tells apart, by the columns that stay as they are."""
    same = [(b.name, a.name) for b, a in pair.columns if _untouched(b, a)]
    was = Counter(tuple(row[b] for b, _ in same) for row in old.rows)
    now = Counter(tuple(row[a] for _, a in same) for row in new.rows)
    if was != now:
        yield f"{pair.after.key.name}: rows differ: {was - now} became {now - was}"


def _untouched(before: Column, after: Column) -> bool:
    shape = (before.type, before.nullable, before.generated)
    return shape == (after.type, after.nullable, after.generated)


def _survives(before: Column, after: Column, was: str, now: str) -> bool:
    if was == now or after.generated is not None or before.generated is not None:
        return True
    if was == NULL:
        return before.nullable and not after.nullable
    if before.type == after.type or now == NULL:
        return False
    if before.type in _WHOLE and after.type in _UUID:
        return int(now.strip("'").replace("-", ""), 16) == int(was.strip("'"))
    if before.type in _UUID and after.type in _WHOLE:
        return True  # there is no such conversion but what somebody answered
    return _plain(was) == _plain(now) or before.type.split("(")[0] not in _COMPARABLE


_WHOLE = ("smallint", "integer", "bigint")
_UUID = ("uuid", "char(32)")
_COMPARABLE = (
    *("smallint", "integer", "bigint", "numeric", "decimal", "real"),
    *("character varying", "varchar", "character", "char", "text", "citext"),
    *("uuid", "inet", "boolean", "bool"),
)
"""Types whose values must read the same after a change to another type."""


def _plain(literal: str) -> str:
    bare = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal
    try:
        return str(Decimal(bare).normalize())
    except InvalidOperation:
        return bare.rstrip()


def _in_new_columns(
    pair: Pair, new: Content, expected: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    table = pair.after.key.name
    for column in pair.added:
        wanted = expected.get((table, column.name))
        if wanted is None:
            continue
        held = {row[column.name] for row in new.rows}
        if held != {wanted}:
            yield f"{table}.{column.name}: {wanted} expected, rows hold {sorted(held)}"


def as_stored(db: Database, column: Column, literal: str) -> str:
    """Return how the database prints a literal that became a value of a column."""
    table = "CREATE TEMPORARY TABLE printed"
    db.run(f"{table} (c {column.type})", f"INSERT INTO printed VALUES ({literal})")
    try:
        return str(db.value(f"SELECT {db.literal('c')} FROM printed"))
    finally:
        db.run("DROP TABLE printed")


def behind(db: Database, schema: Schema) -> Iterator[str]:
    """Name the columns whose counter would give a key that a row has already."""
    for table in schema.of(Table):
        for column in table.columns:
            counts = column.identity or "nextval(" in (column.default or "")
            if not counts:
                continue
            top = db.value(
                f"SELECT max({db.name(column.name)}) FROM {db.name(table.key)}"
            )
            if top is None:
                continue
            last = _counter(db, table, column)
            if last is None or last < top:
                yield f"{table.key.name}.{column.name}: counts from {last}, a row has {top}"


def _counter(db: Database, table: Table, column: Column) -> int | None:
    if not db.on_postgresql:
        name = table.key.name.replace("'", "''")
        found = db.rows(f"SELECT seq FROM sqlite_sequence WHERE name = '{name}'")
        return found[0][0] if found else None
    name = db.name(table.key).replace("'", "''")
    column_name = column.name.replace("'", "''")
    sequence = db.value(f"SELECT pg_get_serial_sequence('{name}', '{column_name}')")
    if sequence is None:
        return None
    last, called = db.rows(f"SELECT last_value, is_called FROM {sequence}")[0]
    return int(last) if called else int(last) - 1


def dangling(db: Database) -> Iterator[str]:
    """Name rows that refer to nothing, where the server does not watch by itself."""
    if db.on_postgresql:
        return
    for table, _, parent, _ in db.rows("PRAGMA foreign_key_check"):
        yield f"{table}: a row refers to no row of {parent}"
