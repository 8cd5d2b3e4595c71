"""Rows made fit for the next state, as the project's data migrations would make them.

``RunPython`` is not run in a walk, and the rows are not a project's own.  So where the
next state asks what these rows do not fulfil, and Django's own operations would fail on
them as well, they are changed before: a NULL where no default was given, a duplicate
under a new unique constraint, a value that the new type cannot hold, a reference to
nothing.  Each change is counted; nothing is done for the plan's sake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from schema_migrations.schema.model import (
    Column,
    Constraint,
    ForeignKey,
    Index,
    Key,
    Schema,
    Table,
)
from tools.histories.database import Database, Refused
from tools.histories.mapping import Pair, origin
from tools.histories.rows import candidates, checks, foreign_keys, target_column, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """What is known when rows are made fit."""

    db: Database
    current: Schema
    desired: Schema
    filled: frozenset[tuple[str, str]]
    """(table, column), new names: the plan has a value for NULL or missing values."""
    one_value: frozenset[tuple[str, str]]
    """Of these, those whose value is the same for every row."""
    values: Mapping[tuple[str, str], str]
    """What new columns get."""
    pairs: tuple[Pair, ...]
    """The tables that stay."""


def fit(task: Fitting) -> list[str]:
    """Change rows of the current tables; return what was done, in words."""
    return [said for pair in task.pairs for said in _fit(task, pair)]


def _fit(task: Fitting, pair: Pair) -> Iterator[str]:
    if not task.db.value(f"SELECT count(*) FROM {task.db.name(pair.before.key)}"):
        return
    for before, after in pair.columns:
        if before.type != after.type:
            castable = _castable if task.db.on_postgresql else _countable
            yield from castable(task, pair, before, after)
        if before.nullable and not after.nullable:
            yield from _filled(task, pair, before, after)
    for reference in foreign_keys(task.desired, pair.after.key).values():
        yield from _referring(task, pair, reference)
    for check in _new_checks(task, pair):
        yield from _passing(task, pair, check)
    for columns in _new_uniques(task, pair):
        yield from _distinct(task, pair, columns)


def _castable(
    task: Fitting, pair: Pair, before: Column, after: Column
) -> Iterator[str]:
    """Give other values to a column whose own do not fit its new type."""
    table = pair.before
    db, name = task.db, task.db.name(before.name)
    length = f"length({name}::text) <= length({name}::{after.type}::text)"
    try:
        if (
            db.value(f"SELECT count(*) FROM {db.name(table.key)} WHERE NOT ({length})")
            == 0
        ):
            return
    except Exception as error:
        if db.engine.executor.read_driver_error(error) is None:
            raise
    count = _renew(task, table, before, after)
    yield f"{table.key.name}.{before.name}: {count} values of another type"


def _countable(
    task: Fitting, pair: Pair, before: Column, after: Column
) -> Iterator[str]:
    """Delete rows whose key is no number where SQLite takes it as the row's number."""
    table = pair.before
    name = task.db.name(before.name)
    if after.type.lower() == "integer" and any(
        obj.columns == (after.name,) and obj.type == "primary key"
        for obj in task.desired.of(Constraint)
        if obj.table == pair.after.key
    ):
        lost = f"CAST(CAST({name} AS integer) AS text) <> {name}"
        if count := delete(task.db, task.current, table.key, lost):
            yield f"{table.key.name}.{before.name}: {count} keys that are no numbers"


def _renew(task: Fitting, table: Table, before: Column, after: Column) -> int:
    """Give every row a value that both types hold, else NULL, else delete the rows."""
    db, name = task.db, task.db.name(before.name)
    count = 0
    for number, row in enumerate(_row_ids(db, table), start=1):
        literal = value(db, task.desired, table.key, after, number) or "NULL"
        for new in (f"CAST({literal} AS {after.type})::text::{before.type}", "NULL"):
            try:
                count += db.run(
                    f"UPDATE {db.name(table.key)} SET {name} = {new} WHERE {row}"
                )
                break
            except Refused:
                continue
        else:
            count += delete(task.db, task.current, table.key, row)
    return count


def _filled(task: Fitting, pair: Pair, before: Column, after: Column) -> Iterator[str]:
    """Fill NULLs of a column that becomes NOT NULL without a value for them."""
    if (pair.after.key.name, after.name) in task.filled:
        return
    db, count = task.db, 0
    column, table = db.name(before.name), db.name(pair.before.key)
    references = foreign_keys(task.desired, pair.after.key) | foreign_keys(
        task.current, pair.before.key
    )
    reference = references.get(before.name) or references.get(after.name)
    for row in _row_ids(db, pair.before, f"{column} IS NULL"):
        count += _fill_one(task, pair.before, before, reference, row)
    if count:
        yield f"{table}.{before.name}: {count} NULLs filled"


def _fill_one(
    task: Fitting, table: Table, column: Column, reference: ForeignKey | None, row: str
) -> int:
    literals = _candidates(task, table.key, column, reference)
    return _first_accepted(task, table, column, literals, row)


def _first_accepted(
    task: Fitting, table: Table, column: Column, literals: Iterable[str], row: str
) -> int:
    """Try values until one is accepted; else delete the row."""
    db = task.db
    for literal in literals:
        set_ = f"SET {db.name(column.name)} = {literal}"
        try:
            return db.run(f"UPDATE {db.name(table.key)} {set_} WHERE {row}")
        except Refused:
            continue
    return delete(task.db, task.current, table.key, row)


def _candidates(
    task: Fitting, table: Key, column: Column, reference: ForeignKey | None
) -> Iterator[str]:
    if reference is not None:
        target = reference.referenced_table
        if isinstance(task.current.get(target), Table):
            yield from task.db.literals(
                target_column(task.desired, reference), of=target
            )
        return
    for number in range(50, 70):
        literal = value(task.db, task.current, table, column, number)
        if literal is not None:
            yield literal
    yield from ("'{}'", "'[]'", "0", "''")


def _referring(task: Fitting, pair: Pair, reference: ForeignKey) -> Iterator[str]:
    """Give a new foreign key, or one to another column, values that its target has."""
    db, name = task.db, pair.old_name(reference.columns[0])
    if name is None:
        return
    old = foreign_keys(task.current, pair.before.key).get(name)
    column, count = pair.before.get_column(name), 0
    after = pair.after.get_column(reference.columns[0])
    lost, literals = f"{db.name(name)} IS NOT NULL", list[str]()
    target = target_column(task.desired, reference)
    if found := origin(task.pairs, reference.referenced_table, target):
        there, known, _ = found
        if old and (old.referenced_table, target_column(task.current, old)) == (
            there.before.key,
            known.name,
        ):
            return
        lost = _not_in(db, name, known.name, there.before.key)
        # SQLite would take a value of any type now, and not keep it.
        if column.type == after.type:
            literals = db.literals(known.name, of=there.before.key)
    if after.nullable:
        literals.append("NULL")
    for row in _row_ids(db, pair.before, lost):
        count += _first_accepted(task, pair.before, column, literals, row)
    if count:
        yield f"{pair.before.key.name}.{name}: {count} references"


def _not_in(db: Database, column: str, target: str, table: Key) -> str:
    """Compare as texts: the types of both may change."""
    there = f"SELECT CAST({db.name(target)} AS text) FROM {db.name(table)}"
    return f"CAST({db.name(column)} AS text) NOT IN ({there})"


def _new_checks(task: Fitting, pair: Pair) -> Iterator[Constraint]:
    """Yield the checks that a table gets."""
    old = {check.definition for check in checks(task.current, pair.before.key)}
    for check in checks(task.desired, pair.after.key):
        if check.columns and check.definition not in old:
            yield check


def _passing(task: Fitting, pair: Pair, check: Constraint) -> Iterator[str]:
    """Give other values to rows that a new check refuses."""
    db, count = task.db, 0
    try:
        found = _refused(task, pair, check)
    except Exception as error:
        if db.engine.executor.read_driver_error(error) is None:
            raise
        return  # the types of its columns change, too, and values with them
    for row in found:
        count += _please(task, pair, check, row)
    if count:
        yield f"{pair.before.key.name}: {count} rows for {check.key.part}"


def _refused(
    task: Fitting, pair: Pair, check: Constraint, where: str = "1 = 1", **instead: str
) -> list[str]:
    """Return the rows that a check refuses, with other values for some columns."""
    db, table = task.db, pair.after.key.name
    rowid = "ctid" if db.on_postgresql else "rowid"
    held = {after.name: db.name(before.name) for before, after in pair.columns}
    for new in pair.added:
        given = task.values.get((table, new.name), new.default or "NULL")
        held[new.name] = db.cast(given, new)
    shown = ", ".join(
        f"{sql} AS {db.name(name)}" for name, sql in (held | instead).items()
    )
    expression = check.definition.removeprefix("CHECK ").removesuffix(" NOT VALID")
    rows = f"SELECT {rowid} AS r, {shown} FROM {db.name(pair.before.key)} WHERE {where}"
    refused = f"SELECT r FROM ({rows}) AS x WHERE NOT {expression}"
    return _row_ids(db, pair.before, f"{rowid} IN ({refused})")


def _please(task: Fitting, pair: Pair, check: Constraint, row: str) -> int:
    """Try values in each column of a check; delete the row when none will do."""
    db, table = task.db, pair.before
    for name in filter(pair.old_name, check.columns):
        old = table.get_column(pair.old_name(name) or name)
        own = (
            value(db, task.desired, pair.after.key, pair.after.get_column(name), number)
            for number in (51, 52)
        )
        for literal in (*filter(None, own), *candidates(check, old)):
            cast = db.cast(literal, old)
            try:
                with db.refusing():
                    if _refused(task, pair, check, row, **{name: cast}):
                        continue
                return db.run(
                    f"UPDATE {db.name(table.key)} SET {db.name(old.name)} = {cast} WHERE {row}"
                )
            except Refused:
                continue
    return delete(task.db, task.current, table.key, row)


def _new_uniques(task: Fitting, pair: Pair) -> Iterator[tuple[str, ...]]:
    """Yield the columns of unique constraints and indexes that are new to a table."""

    def uniques(schema: Schema, table: Key) -> set[tuple[str, ...]]:
        return {
            obj.columns
            for obj in schema.by_table.get(table, ())
            if (isinstance(obj, Constraint) and obj.type in ("unique", "primary key"))
            or (
                isinstance(obj, Index)
                and obj.unique
                and " WHERE " not in obj.definition
            )
        }

    named = {before.name: after.name for before, after in pair.columns}
    alike = {
        after.name
        for before, after in pair.columns
        if before.nullable > after.nullable
        and (pair.after.key.name, after.name) in task.one_value
    }
    old = {
        tuple(named.get(name, name) for name in columns)
        for columns in uniques(task.current, pair.before.key)
    }
    old = {columns for columns in old if not alike & set(columns)}
    yield from sorted(uniques(task.desired, pair.after.key) - old)


def _distinct(task: Fitting, pair: Pair, columns: tuple[str, ...]) -> Iterator[str]:
    """Leave no two rows with the same values in columns that become unique."""
    db = task.db
    table = db.name(pair.before.key)
    new = [name for name in columns if pair.old_name(name) is None]
    if any((pair.after.key.name, name) not in task.one_value for name in new):
        return
    old = [name for column in columns if (name := pair.old_name(column)) is not None]
    same = " AND ".join(
        f"a.{db.name(n)} IS NOT DISTINCT FROM b.{db.name(n)}" for n in old
    )
    if not db.on_postgresql:
        same = same.replace("IS NOT DISTINCT FROM", "IS")
    rowid = "ctid" if db.on_postgresql else "rowid"
    doubled = f"SELECT a.{rowid} FROM {table} a, {table} b WHERE a.{rowid} > b.{rowid}"
    doubled += f" AND {same}" if same else ""
    doubles = f"{rowid} IN ({doubled})"
    count = 0
    references = {
        *foreign_keys(task.current, pair.before.key),
        *map(pair.old_name, foreign_keys(task.desired, pair.after.key)),
    }
    for row in _row_ids(db, pair.before, doubles):
        free = [name for name in old if name not in references]
        if not any(_renewed(task, pair.before, name, row) for name in free):
            delete(task.db, task.current, pair.before.key, row)
        count += 1
    if count:
        yield f"{pair.before.key.name}: {count} doubles of ({', '.join(columns)})"


def _renewed(task: Fitting, table: Table, name: str, row: str) -> bool:
    """Give one row a value that no other row has."""
    db, column = task.db, table.get_column(name)
    taken = set(db.literals(name, of=table.key))
    for number in range(50, 120):
        literal = value(db, task.current, table.key, column, number)
        if literal is None or literal in taken:
            continue
        try:
            db.run(
                f"UPDATE {db.name(table.key)} SET {db.name(name)} = {literal} WHERE {row}"
            )
        except Refused:
            continue
        return True
    return False


def _row_ids(db: Database, table: Table, where: str = "true") -> list[str]:
    """Return a condition for each row, which holds as long as its key stays."""
    key = "ctid::text" if db.on_postgresql else "rowid"
    found = db.rows(f"SELECT {key} FROM {db.name(table.key)} WHERE {where}")
    if db.on_postgresql:
        return [f"ctid = '{ctid}'" for (ctid,) in found]
    return [f"rowid = {rowid}" for (rowid,) in found]


def delete(db: Database, current: Schema, table: Key, where: str) -> int:
    """Delete rows, and with them whatever refers to them."""
    doomed: dict[Key, set[str]] = {}
    _doom(db, current, table, where, doomed)
    rowid = "ctid" if db.on_postgresql else "rowid"
    db.run(
        "SELECT 1",
        *(
            f"DELETE FROM {db.name(key)} WHERE {rowid} IN ({', '.join(sorted(rows))})"
            for key, rows in doomed.items()
        ),
    )
    return len(doomed.get(table, ()))


def _doom(
    db: Database, current: Schema, table: Key, where: str, doomed: dict[Key, set[str]]
) -> None:
    shown = "quote_literal(ctid)" if db.on_postgresql else "rowid"
    name = db.name(table)
    found = {
        str(row) for (row,) in db.rows(f"SELECT {shown} FROM {name} WHERE {where}")
    }
    new = found - doomed.get(table, set())
    if not new:
        return
    doomed[table] = doomed.get(table, set()) | new
    rowid = "ctid" if db.on_postgresql else "rowid"
    for reference in current.of(ForeignKey):
        if reference.referenced_table == table and len(reference.columns) == 1:
            target = db.name(target_column(current, reference))
            rows = f"SELECT {target} FROM {name} WHERE {rowid} IN ({', '.join(new)})"
            inside = f"{db.name(reference.columns[0])} IN ({rows})"
            _doom(db, current, reference.table, inside, doomed)
