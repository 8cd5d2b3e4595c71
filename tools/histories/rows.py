"""A few valid rows for every table, made from the catalog alone.

Tables are filled in the order of their foreign keys.  Row ``n`` refers to the ``n``-th
row of each target, so that one-to-one keys and pairs stay unique; the last row holds
NULL, or the column's default, wherever that is allowed.
"""

from __future__ import annotations

import re
from itertools import islice, product

from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Key,
    Schema,
    Table,
)
from tools.histories import values
from tools.histories.database import Database, Refused

WANTED = 3
ATTEMPTS = 300
ANYTHING = ("1", "0", "'1'", "''", "'{}'", "'[]'", "true", "false", "NULL")
"""Tried where a check refuses what a column's type suggests."""


def fill(db: Database, schema: Schema) -> dict[str, str]:
    """Put rows into every empty table; return table → why it stays empty."""
    empty = {t.key for t in schema.of(Table) if not count(db, t.key)}
    refused: dict[Key, str] = {}
    while ready := sorted(empty - refused.keys() - _waiting(schema, empty)):
        for key in ready:
            refused[key] = _fill(db, schema, schema.get_table(key))
            if not refused[key]:
                del refused[key]
                empty.discard(key)
    rest = dict.fromkeys(empty - refused.keys(), "waits for rows of another table")
    return {key.name: reason for key, reason in sorted({**rest, **refused}.items())}


def count(db: Database, table: Key) -> int:
    return int(db.value(f"SELECT count(*) FROM {db.name(table)}"))


def foreign_keys(schema: Schema, table: Key) -> dict[str, ForeignKey]:
    """Return column → the foreign key on that column alone."""
    on_it = schema.by_table.get(table, ())
    return {
        obj.columns[0]: obj
        for obj in on_it
        if isinstance(obj, ForeignKey) and len(obj.columns) == 1
    }


def target_column(schema: Schema, key: ForeignKey) -> str:
    """Return the column that a foreign key refers to."""
    found = re.search(r'REFERENCES [^(]+\("?([^")]+)"?\)', key.definition)
    if found:
        return found[1]
    return next(
        obj.columns[0]
        for obj in schema.by_table[key.referenced_table]
        if isinstance(obj, Constraint) and obj.type == "primary key"
    )


def value(
    db: Database, schema: Schema, table: Key, column: Column, number: int
) -> str | None:
    """Return a literal for a column that refers to nothing; None: unknown."""
    if not db.on_postgresql:
        if any(_is_json(check, column) for check in checks(schema, table)):
            return values.quoted(f'{{"a": [{number}, "o\'é %s"]}}')
        return values.sqlite(column.type, number)
    definitions = schema.of(Definition)
    labels = {d.key.name: d.labels for d in definitions if d.key.kind == "enum"}
    domains = {
        d.key.name: re.split(r" (?:COLLATE|DEFAULT|CONSTRAINT|NOT NULL)", base)[0]
        for d in definitions
        if d.key.kind == "domain" and (base := d.definition.removeprefix("AS "))
    }
    return values.postgresql(column.type, number, labels, domains)


def _is_json(check: Constraint, column: Column) -> bool:
    return f'json_valid("{column.name}")' in check.definition.lower()


def _waiting(schema: Schema, empty: set[Key]) -> set[Key]:
    """Return the tables that must refer to a row of another table, which has none."""
    return {
        obj.table
        for obj in schema.of(ForeignKey)
        if obj.referenced_table in empty
        and obj.referenced_table != obj.table
        and len(obj.columns) == 1
        and not schema.get_table(obj.table).get_column(obj.columns[0]).nullable
    }


def _fill(db: Database, schema: Schema, table: Table) -> str:
    """Insert rows until enough are there; return why not a single one went in."""
    problem = ""
    for number in range(1, WANTED + 1):
        try:
            row = _row(db, schema, table, number)
        except Refused as error:
            return str(error)
        problem = _insert(db, table, row, checks(schema, table.key)) or problem
    return "" if count(db, table.key) else problem


def _row(db: Database, schema: Schema, table: Table, number: int) -> dict[str, str]:
    """Return column → literal; what is left out gets what the server gives it."""
    references = foreign_keys(schema, table.key)
    row: dict[str, str] = {}
    for column in table.columns_in_order:
        draws = "nextval(" in (column.default or "")
        if column.generated is not None or column.identity or draws:
            continue
        if number == WANTED and column.default is not None:
            continue
        if number == WANTED and column.nullable:
            row[column.name] = "NULL"
        elif reference := references.get(column.name):
            target = target_column(schema, reference)
            order = db.name(target)
            found = db.literals(target, of=reference.referenced_table, order=order)
            if reference.referenced_table == table.key and target in row:
                row[column.name] = row[target]  # the row itself
            elif found:
                row[column.name] = found[(number - 1) % len(found)]
        else:
            literal = value(db, schema, table.key, column, number)
            if literal is None and not column.nullable:
                raise Refused(f"no value is known for {column.name} {column.type}")
            if literal is not None:
                row[column.name] = literal
    return row


def checks(schema: Schema, table: Key) -> list[Constraint]:
    return [
        obj
        for obj in schema.by_table.get(table, ())
        if isinstance(obj, Constraint) and obj.type == "check"
    ]


def _insert(
    db: Database, table: Table, row: dict[str, str], constraints: list[Constraint]
) -> str:
    """Insert a row, with other values where a check refuses it; return a refusal."""
    for check in constraints:
        row = _pleasing(db, table, row, check)
    names = ", ".join(map(db.name, row))
    given = f"({names}) VALUES ({', '.join(row.values())})"
    try:
        db.run(f"INSERT INTO {db.name(table.key)} {given if row else 'DEFAULT VALUES'}")
    except Refused as error:
        return str(error)
    return ""


def _pleasing(
    db: Database, table: Table, row: dict[str, str], check: Constraint
) -> dict[str, str]:
    """Return the row with values that a check accepts, if any are found."""
    known = [name for name in check.columns if name in row]
    choices = product(*(candidates(check, table.get_column(name)) for name in known))
    others = (row | dict(zip(known, each, strict=True)) for each in choices)
    tried = islice((row, *islice(others, ATTEMPTS)), ATTEMPTS)
    return next((each for each in tried if _passes(db, table, each, check)), row)


def _passes(db: Database, table: Table, row: dict[str, str], check: Constraint) -> bool:
    shown = ", ".join(
        f"{db.cast(row.get(column.name, 'NULL'), column)} AS {db.name(column.name)}"
        for column in table.columns
    )
    expression = check.definition.removeprefix("CHECK ").removesuffix(" NOT VALID")
    try:
        with db.refusing():
            return not db.rows(
                f"SELECT 1 FROM (SELECT {shown}) AS x WHERE NOT {expression}"
            )
    except Refused:
        return False


def candidates(check: Constraint, column: Column) -> tuple[str, ...]:
    """Return literals that may please a check: those it names come first."""
    constants = re.findall(r"'(?:[^']|'')*'|\b\d+\b", check.definition)
    found = dict.fromkeys((*constants, *ANYTHING))
    if re.match(r"(small|big)?int|numeric|decimal|real|double", column.type):
        # SQLite would take text there, too.
        found = dict.fromkeys(
            each for each in found if each.isdigit() or each == "NULL"
        )
    return tuple(each for each in found if each != "NULL" or column.nullable)
