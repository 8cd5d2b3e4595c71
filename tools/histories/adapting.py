"""Adapt rows to the next state, as the project's data migrations would.

A walk does not run ``RunPython``, and the rows are not the project's own.  So rows are
changed beforehand where the next state refuses them and Django's own operations would
fail as well: a NULL without a default, a duplicate under a new unique constraint, a value
that the new type cannot hold, a reference to nothing.  Each change is counted; no row is
changed only because our plan would fail.
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
from tools.histories.deletion import delete_rows, find_row_conditions
from tools.histories.pairs import Pair, find_column
from tools.histories.rows import (
    find_target_column,
    list_candidates,
    list_checks,
    make_value,
    map_foreign_keys,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation:
    """What is known when the rows of a step are adapted."""

    db: Database
    current: Schema
    desired: Schema
    filled: frozenset[tuple[str, str]]
    """(table, column) by new names, where the plan gives existing rows a value."""
    same_for_all: frozenset[tuple[str, str]]
    """Those of them where all rows get the same value."""
    values: Mapping[tuple[str, str], str]
    """The values that new columns get."""
    pairs: tuple[Pair, ...]
    """The tables that stay."""


def adapt_rows(task: Adaptation) -> list[str]:
    """Change rows of the current tables; describe each change."""
    return [change for pair in task.pairs for change in _adapt_table(task, pair)]


def _adapt_table(task: Adaptation, pair: Pair) -> Iterator[str]:
    if not task.db.query_value(
        f"SELECT count(*) FROM {task.db.quote_name(pair.before.key)}"
    ):
        return
    for before, after in pair.columns:
        if before.type != after.type:
            adapt = (
                _adapt_to_type if task.db.is_postgresql else _delete_uncountable_keys
            )
            yield from adapt(task, pair, before, after)
        if before.nullable and not after.nullable:
            yield from _fill_nulls(task, pair, before, after)
    for reference in map_foreign_keys(task.desired, pair.after.key).values():
        yield from _adapt_references(task, pair, reference)
    for check in _find_new_checks(task, pair):
        yield from _adapt_to_check(task, pair, check)
    for columns in _find_new_uniques(task, pair):
        yield from _adapt_duplicates(task, pair, columns)


def _adapt_to_type(
    task: Adaptation, pair: Pair, before: Column, after: Column
) -> Iterator[str]:
    """Give a column other values, where its own do not fit its new type."""
    table = pair.before
    db, name = task.db, task.db.quote_name(before.name)
    length = f"length({name}::text) <= length({name}::{after.type}::text)"
    try:
        if (
            db.query_value(
                f"SELECT count(*) FROM {db.quote_name(table.key)} WHERE NOT ({length})"
            )
            == 0
        ):
            return
    except Exception as error:
        if db.engine.executor.read_driver_error(error) is None:
            raise
    count = _replace_all_values(task, table, before, after)
    yield f"{table.key.name}.{before.name}: {count} values of another type"


def _delete_uncountable_keys(
    task: Adaptation, pair: Pair, before: Column, after: Column
) -> Iterator[str]:
    """Delete rows whose key is no number, where SQLite takes it as the row's number."""
    table = pair.before
    name = task.db.quote_name(before.name)
    if after.type.lower() == "integer" and any(
        obj.columns == (after.name,) and obj.type == "primary key"
        for obj in task.desired.of(Constraint)
        if obj.table == pair.after.key
    ):
        uncountable = f"CAST(CAST({name} AS integer) AS text) <> {name}"
        if count := delete_rows(task.db, task.current, table.key, uncountable):
            yield f"{table.key.name}.{before.name}: {count} keys that are no numbers"


def _replace_all_values(
    task: Adaptation, table: Table, before: Column, after: Column
) -> int:
    """Give every row a value that both types can hold, or NULL, or delete the row."""
    db, name = task.db, task.db.quote_name(before.name)
    count = 0
    for number, row in enumerate(find_row_conditions(db, table), start=1):
        literal = make_value(db, task.desired, table.key, after, number) or "NULL"
        for new in (f"CAST({literal} AS {after.type})::text::{before.type}", "NULL"):
            try:
                count += db.run(
                    f"UPDATE {db.quote_name(table.key)} SET {name} = {new} WHERE {row}"
                )
                break
            except Refused:
                continue
        else:
            count += delete_rows(task.db, task.current, table.key, row)
    return count


def _fill_nulls(
    task: Adaptation, pair: Pair, before: Column, after: Column
) -> Iterator[str]:
    """Fill the NULLs of a column that becomes NOT NULL, where the plan does not."""
    if (pair.after.key.name, after.name) in task.filled:
        return
    db, count = task.db, 0
    column, table = db.quote_name(before.name), db.quote_name(pair.before.key)
    references = map_foreign_keys(task.desired, pair.after.key) | map_foreign_keys(
        task.current, pair.before.key
    )
    reference = references.get(before.name) or references.get(after.name)
    for row in find_row_conditions(db, pair.before, f"{column} IS NULL"):
        count += _fill_null(task, pair.before, before, reference, row)
    if count:
        yield f"{table}.{before.name}: {count} NULLs filled"


def _fill_null(
    task: Adaptation,
    table: Table,
    column: Column,
    reference: ForeignKey | None,
    row: str,
) -> int:
    literals = _list_candidates(task, table.key, column, reference)
    return _set_first_accepted(task, table, column, literals, row)


def _set_first_accepted(
    task: Adaptation, table: Table, column: Column, literals: Iterable[str], row: str
) -> int:
    """Set the first value that the server accepts; without one delete the row."""
    db = task.db
    for literal in literals:
        set_ = f"SET {db.quote_name(column.name)} = {literal}"
        try:
            return db.run(f"UPDATE {db.quote_name(table.key)} {set_} WHERE {row}")
        except Refused:
            continue
    return delete_rows(task.db, task.current, table.key, row)


def _list_candidates(
    task: Adaptation, table: Key, column: Column, reference: ForeignKey | None
) -> Iterator[str]:
    if reference is not None:
        target = reference.referenced_table
        if isinstance(task.current.get(target), Table):
            yield from task.db.query_literals(
                find_target_column(task.desired, reference), of=target
            )
        return
    for number in range(50, 70):
        literal = make_value(task.db, task.current, table, column, number)
        if literal is not None:
            yield literal
    yield from ("'{}'", "'[]'", "0", "''")


def _adapt_references(
    task: Adaptation, pair: Pair, reference: ForeignKey
) -> Iterator[str]:
    """Give a new foreign key, or one with a new target, values that its target has."""
    db, name = task.db, pair.find_old_name(reference.columns[0])
    if name is None:
        return
    old = map_foreign_keys(task.current, pair.before.key).get(name)
    column, count = pair.before.get_column(name), 0
    after = pair.after.get_column(reference.columns[0])
    dangling, literals = f"{db.quote_name(name)} IS NOT NULL", list[str]()
    target = find_target_column(task.desired, reference)
    if found := find_column(task.pairs, reference.referenced_table, target):
        target_pair, known, _ = found
        if old and (old.referenced_table, find_target_column(task.current, old)) == (
            target_pair.before.key,
            known.name,
        ):
            return
        dangling = _render_not_in(db, name, known.name, target_pair.before.key)
        # SQLite would take a value of any type now, and not keep it.
        if column.type == after.type:
            literals = db.query_literals(known.name, of=target_pair.before.key)
    if after.nullable:
        literals.append("NULL")
    for row in find_row_conditions(db, pair.before, dangling):
        count += _set_first_accepted(task, pair.before, column, literals, row)
    if count:
        yield f"{pair.before.key.name}.{name}: {count} references"


def _render_not_in(db: Database, column: str, target: str, table: Key) -> str:
    """Render the comparison of a column with a target's values, as texts: both types may
    change."""
    there = f"SELECT CAST({db.quote_name(target)} AS text) FROM {db.quote_name(table)}"
    return f"CAST({db.quote_name(column)} AS text) NOT IN ({there})"


def _find_new_checks(task: Adaptation, pair: Pair) -> Iterator[Constraint]:
    """Yield the checks that are new to a table."""
    old = {check.definition for check in list_checks(task.current, pair.before.key)}
    for check in list_checks(task.desired, pair.after.key):
        if check.columns and check.definition not in old:
            yield check


def _adapt_to_check(task: Adaptation, pair: Pair, check: Constraint) -> Iterator[str]:
    """Give rows other values where a new check refuses them."""
    db, count = task.db, 0
    try:
        found = _find_refused_rows(task, pair, check)
    except Exception as error:
        if db.engine.executor.read_driver_error(error) is None:
            raise
        return  # the types of its columns change as well, and their values with them
    for row in found:
        count += _adapt_row_to_check(task, pair, check, row)
    if count:
        yield f"{pair.before.key.name}: {count} rows for {check.key.part}"


def _find_refused_rows(
    task: Adaptation,
    pair: Pair,
    check: Constraint,
    where: str = "1 = 1",
    **instead: str,
) -> list[str]:
    """Find the rows that a check refuses; ``instead`` has other values for columns."""
    db, table = task.db, pair.after.key.name
    rowid = "ctid" if db.is_postgresql else "rowid"
    held = {after.name: db.quote_name(before.name) for before, after in pair.columns}
    for new in pair.added_columns:
        literal = task.values.get((table, new.name), new.default or "NULL")
        held[new.name] = db.cast(literal, new)
    shown = ", ".join(
        f"{sql} AS {db.quote_name(name)}" for name, sql in (held | instead).items()
    )
    expression = check.definition.removeprefix("CHECK ").removesuffix(" NOT VALID")
    rows = f"SELECT {rowid} AS r, {shown} FROM {db.quote_name(pair.before.key)} WHERE {where}"
    refused = f"SELECT r FROM ({rows}) AS x WHERE NOT {expression}"
    return find_row_conditions(db, pair.before, f"{rowid} IN ({refused})")


def _adapt_row_to_check(
    task: Adaptation, pair: Pair, check: Constraint, row: str
) -> int:
    """Try values in each column of a check; delete the row if the check accepts none."""
    db, table = task.db, pair.before
    for name in filter(pair.find_old_name, check.columns):
        old = table.get_column(pair.find_old_name(name) or name)
        own = (
            make_value(
                db, task.desired, pair.after.key, pair.after.get_column(name), number
            )
            for number in (51, 52)
        )
        for literal in (*filter(None, own), *list_candidates(check, old)):
            cast = db.cast(literal, old)
            try:
                with db.translate_errors():
                    if _find_refused_rows(task, pair, check, row, **{name: cast}):
                        continue
                return db.run(
                    f"UPDATE {db.quote_name(table.key)} SET {db.quote_name(old.name)} = {cast} WHERE {row}"
                )
            except Refused:
                continue
    return delete_rows(task.db, task.current, table.key, row)


def _find_new_uniques(task: Adaptation, pair: Pair) -> Iterator[tuple[str, ...]]:
    """Yield the columns of unique constraints and indexes that are new to a table.

    A partial index counts as if it were of all rows: that is enough, and simple.
    """

    def uniques(schema: Schema, table: Key, *, partial: bool) -> set[tuple[str, ...]]:
        return {
            obj.columns
            for obj in schema.by_table.get(table, ())
            if (isinstance(obj, Constraint) and obj.type in ("unique", "primary key"))
            or (
                isinstance(obj, Index)
                and obj.unique
                and obj.columns
                and (partial or " WHERE " not in obj.definition)
            )
        }

    named = {before.name: after.name for before, after in pair.columns}
    alike = {
        after.name
        for before, after in pair.columns
        if before.nullable > after.nullable
        and (pair.after.key.name, after.name) in task.same_for_all
    }
    old = {
        tuple(named.get(name, name) for name in columns)
        for columns in uniques(task.current, pair.before.key, partial=False)
    }
    old = {columns for columns in old if not alike & set(columns)}
    kept = uniques(task.current, pair.before.key, partial=True)
    new = uniques(task.desired, pair.after.key, partial=True)
    whole = uniques(task.desired, pair.after.key, partial=False)
    yield from sorted((new - kept) | (whole - old))


def _adapt_duplicates(
    task: Adaptation, pair: Pair, columns: tuple[str, ...]
) -> Iterator[str]:
    """Change or delete rows that have the same values in columns that become unique."""
    db = task.db
    table = db.quote_name(pair.before.key)
    new = [name for name in columns if pair.find_old_name(name) is None]
    if any((pair.after.key.name, name) not in task.same_for_all for name in new):
        return
    old = [
        name for column in columns if (name := pair.find_old_name(column)) is not None
    ]
    same = " AND ".join(
        f"a.{db.quote_name(n)} IS NOT DISTINCT FROM b.{db.quote_name(n)}" for n in old
    )
    if not db.is_postgresql:
        same = same.replace("IS NOT DISTINCT FROM", "IS")
    rowid = "ctid" if db.is_postgresql else "rowid"
    duplicates = (
        f"SELECT a.{rowid} FROM {table} a, {table} b WHERE a.{rowid} > b.{rowid}"
    )
    duplicates += f" AND {same}" if same else ""
    condition = f"{rowid} IN ({duplicates})"
    count = 0
    references = {
        *map_foreign_keys(task.current, pair.before.key),
        *map(pair.find_old_name, map_foreign_keys(task.desired, pair.after.key)),
    }
    for row in find_row_conditions(db, pair.before, condition):
        free = [name for name in old if name not in references]
        if not any(_set_unique_value(task, pair.before, name, row) for name in free):
            delete_rows(task.db, task.current, pair.before.key, row)
        count += 1
    if count:
        yield f"{pair.before.key.name}: {count} duplicates of ({', '.join(columns)})"


def _set_unique_value(task: Adaptation, table: Table, name: str, row: str) -> bool:
    """Give one row a value that no other row has; tell whether there is one."""
    db, column = task.db, table.get_column(name)
    taken = set(db.query_literals(name, of=table.key))
    for number in range(50, 120):
        literal = make_value(db, task.current, table.key, column, number)
        if literal is None or literal in taken:
            continue
        try:
            db.run(
                f"UPDATE {db.quote_name(table.key)} SET {db.quote_name(name)} = {literal} WHERE {row}"
            )
        except Refused:
            continue
        return True
    return False
