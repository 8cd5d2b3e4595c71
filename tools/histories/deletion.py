"""Identify single rows by a condition, and delete rows with all that refer to them."""

from __future__ import annotations

from schema_migrations.schema.model import ForeignKey, Key, Schema, Table
from tools.histories.database import Database
from tools.histories.rows import find_target_column


def find_row_conditions(db: Database, table: Table, where: str = "true") -> list[str]:
    """Return a condition for each row; it holds as long as the row is not changed."""
    key = "ctid::text" if db.is_postgresql else "rowid"
    found = db.query_rows(f"SELECT {key} FROM {db.quote_name(table.key)} WHERE {where}")
    if db.is_postgresql:
        return [f"ctid = '{ctid}'" for (ctid,) in found]
    return [f"rowid = {rowid}" for (rowid,) in found]


def delete_rows(db: Database, current: Schema, table: Key, where: str) -> int:
    """Delete rows and all rows that refer to them; return how many were asked for."""
    doomed: dict[Key, set[str]] = {}
    _collect_doomed_rows(db, current, table, where, doomed)
    rowid = "ctid" if db.is_postgresql else "rowid"
    db.run(
        "SELECT 1",
        *(
            f"DELETE FROM {db.quote_name(key)} WHERE {rowid} IN ({', '.join(sorted(rows))})"
            for key, rows in doomed.items()
        ),
    )
    return len(doomed.get(table, ()))


def _collect_doomed_rows(
    db: Database, current: Schema, table: Key, where: str, doomed: dict[Key, set[str]]
) -> None:
    shown = "quote_literal(ctid)" if db.is_postgresql else "rowid"
    name = db.quote_name(table)
    found = {
        str(row)
        for (row,) in db.query_rows(f"SELECT {shown} FROM {name} WHERE {where}")
    }
    new = found - doomed.get(table, set())
    if not new:
        return
    doomed[table] = doomed.get(table, set()) | new
    rowid = "ctid" if db.is_postgresql else "rowid"
    for reference in current.of(ForeignKey):
        if reference.referenced_table == table and len(reference.columns) == 1:
            target = db.quote_name(find_target_column(current, reference))
            rows = f"SELECT {target} FROM {name} WHERE {rowid} IN ({', '.join(new)})"
            inside = f"{db.quote_name(reference.columns[0])} IN ({rows})"
            _collect_doomed_rows(db, current, reference.table, inside, doomed)
