"""Fill every table with a few valid rows, made from the catalog alone.

Tables are filled in the order of their foreign keys.  Row ``n`` refers to the ``n``-th
row of each target, so that one-to-one keys and pairs are unique; the last row has NULL,
or the column's default, wherever that is allowed.
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

ROWS_WANTED = 3
MAX_ATTEMPTS = 300
COMMON_LITERALS = ("1", "0", "'1'", "''", "'{}'", "'[]'", "true", "false", "NULL")
"""Values to try where a check refuses what a column's type suggests."""


def fill_tables(db: Database, schema: Schema) -> dict[str, str]:
    """Put rows into every empty table; return table → why it stays empty."""
    empty = {t.key for t in schema.of(Table) if not count_rows(db, t.key)}
    refused: dict[Key, str] = {}
    while ready := sorted(empty - refused.keys() - _find_waiting_tables(schema, empty)):
        for key in ready:
            refused[key] = _fill_table(db, schema, schema.get_table(key))
            if not refused[key]:
                del refused[key]
                empty.discard(key)
    rest = dict.fromkeys(empty - refused.keys(), "waits for rows of another table")
    return {key.name: reason for key, reason in sorted({**rest, **refused}.items())}


def count_rows(db: Database, table: Key) -> int:
    return int(db.query_value(f"SELECT count(*) FROM {db.quote_name(table)}"))


def map_foreign_keys(schema: Schema, table: Key) -> dict[str, ForeignKey]:
    """Return column → the foreign key on that column alone."""
    on_it = schema.by_table.get(table, ())
    return {
        obj.columns[0]: obj
        for obj in on_it
        if isinstance(obj, ForeignKey) and len(obj.columns) == 1
    }


def find_target_column(schema: Schema, key: ForeignKey) -> str:
    """Return the column that a foreign key refers to."""
    found = re.search(r'REFERENCES [^(]+\("?([^")]+)"?\)', key.definition)
    if found:
        return found[1]
    return next(
        obj.columns[0]
        for obj in schema.by_table[key.referenced_table]
        if isinstance(obj, Constraint) and obj.type == "primary key"
    )


def make_value(
    db: Database, schema: Schema, table: Key, column: Column, number: int
) -> str | None:
    """Make a literal for a column without a foreign key; None: no value is known."""
    if not db.is_postgresql:
        if any(_is_json(check, column) for check in list_checks(schema, table)):
            return values.quote(f'{{"a": [{number}, "o\'é %s"]}}')
        return values.make_sqlite_value(column.type, number)
    definitions = schema.of(Definition)
    labels = {d.key.name: d.labels for d in definitions if d.key.kind == "enum"}
    domains = {
        d.key.name: re.split(r" (?:COLLATE|DEFAULT|CONSTRAINT|NOT NULL)", base)[0]
        for d in definitions
        if d.key.kind == "domain" and (base := d.definition.removeprefix("AS "))
    }
    return values.make_postgresql_value(column.type, number, labels, domains)


def _is_json(check: Constraint, column: Column) -> bool:
    return f'json_valid("{column.name}")' in check.definition.lower()


def _find_waiting_tables(schema: Schema, empty: set[Key]) -> set[Key]:
    """Find the tables that must refer to a row of another table, which has none."""
    return {
        obj.table
        for obj in schema.of(ForeignKey)
        if obj.referenced_table in empty
        and obj.referenced_table != obj.table
        and len(obj.columns) == 1
        and not schema.get_table(obj.table).get_column(obj.columns[0]).nullable
    }


def _fill_table(db: Database, schema: Schema, table: Table) -> str:
    """Insert enough rows; if the server takes none of them, return why."""
    problem = ""
    for number in range(1, ROWS_WANTED + 1):
        try:
            row = _make_row(db, schema, table, number)
        except Refused as error:
            return str(error)
        problem = _insert_row(db, table, row, list_checks(schema, table.key)) or problem
    return "" if count_rows(db, table.key) else problem


def _make_row(
    db: Database, schema: Schema, table: Table, number: int
) -> dict[str, str]:
    """Make a row as column → literal, without columns that the server fills."""
    references = map_foreign_keys(schema, table.key)
    row: dict[str, str] = {}
    for column in table.columns_in_order:
        draws = "nextval(" in (column.default or "")
        if column.generated is not None or column.identity or draws:
            continue
        if number == ROWS_WANTED and column.default is not None:
            continue
        if number == ROWS_WANTED and column.nullable:
            row[column.name] = "NULL"
        elif reference := references.get(column.name):
            target = find_target_column(schema, reference)
            order = db.quote_name(target)
            found = db.query_literals(
                target, of=reference.referenced_table, order=order
            )
            if reference.referenced_table == table.key and target in row:
                row[column.name] = row[target]  # the row itself
            elif found:
                row[column.name] = found[(number - 1) % len(found)]
        else:
            literal = make_value(db, schema, table.key, column, number)
            if literal is None and not column.nullable:
                raise Refused(f"no value is known for {column.name} {column.type}")
            if literal is not None:
                row[column.name] = literal
    return row


def list_checks(schema: Schema, table: Key) -> list[Constraint]:
    return [
        obj
        for obj in schema.by_table.get(table, ())
        if isinstance(obj, Constraint) and obj.type == "check"
    ]


def _insert_row(
    db: Database, table: Table, row: dict[str, str], constraints: list[Constraint]
) -> str:
    """Insert a row, with other values where a check refuses it; return the refusal."""
    for check in constraints:
        row = _satisfy_check(db, table, row, check)
    names = ", ".join(map(db.quote_name, row))
    values_ = f"({names}) VALUES ({', '.join(row.values())})"
    try:
        db.run(
            f"INSERT INTO {db.quote_name(table.key)} {values_ if row else 'DEFAULT VALUES'}"
        )
    except Refused as error:
        return str(error)
    return ""


def _satisfy_check(
    db: Database, table: Table, row: dict[str, str], check: Constraint
) -> dict[str, str]:
    """Return a row with values that a check accepts, or the same row if none are found."""
    known = [name for name in check.columns if name in row]
    choices = product(
        *(list_candidates(check, table.get_column(name)) for name in known)
    )
    others = (row | dict(zip(known, each, strict=True)) for each in choices)
    attempts = islice((row, *islice(others, MAX_ATTEMPTS)), MAX_ATTEMPTS)
    return next(
        (each for each in attempts if _is_accepted(db, table, each, check)), row
    )


def _is_accepted(
    db: Database, table: Table, row: dict[str, str], check: Constraint
) -> bool:
    shown = ", ".join(
        f"{db.cast(row.get(column.name, 'NULL'), column)} AS {db.quote_name(column.name)}"
        for column in table.columns
    )
    expression = check.definition.removeprefix("CHECK ").removesuffix(" NOT VALID")
    try:
        with db.translate_errors():
            return not db.query_rows(
                f"SELECT 1 FROM (SELECT {shown}) AS x WHERE NOT {expression}"
            )
    except Refused:
        return False


def list_candidates(check: Constraint, column: Column) -> tuple[str, ...]:
    """List literals that a check may accept; those that it names come first."""
    constants = re.findall(r"'(?:[^']|'')*'|\b\d+\b", check.definition)
    found = dict.fromkeys((*constants, *COMMON_LITERALS))
    if re.match(r"(small|big)?int|numeric|decimal|real|double", column.type):
        # SQLite would take text there, too.
        found = dict.fromkeys(
            each for each in found if each.isdigit() or each == "NULL"
        )
    return tuple(each for each in found if each != "NULL" or column.nullable)
