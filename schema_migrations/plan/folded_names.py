"""Tables and columns whose names are one for an engine, and two in two schemas.  Pure.

SQLite compares names without regard to case: ``Orders`` cannot stand beside ``orders``,
so it has become ``orders``, and nobody needs to be asked.
"""

from __future__ import annotations

from collections.abc import Callable

from schema_migrations.plan.renames import Renames, pair_tables
from schema_migrations.schema.model import Schema, Table

FoldName = Callable[[str], str]
"""Returns the same for two names that are one."""


def add_folded_names(
    renames: Renames, current: Schema, desired: Schema, fold: FoldName
) -> Renames:
    """Return the renames with those of tables and columns that the engine takes for one."""
    new_tables = {
        fold(table.key.name): table.key
        for table in desired.of(Table)
        if table.key not in current.by_key and table.key not in renames.tables.values()
    }
    for table in current.of(Table):
        new = new_tables.get(fold(table.key.name))
        is_gone = table.key not in desired.by_key and table.key not in renames.tables
        if new is not None and is_gone:
            renames = renames.with_table(table.key, new)
    for before, after in pair_tables(renames, current, desired):
        old, new_names = ({c.name for c in t.columns} for t in (before, after))
        renamed = {
            k.part: n for k, n in renames.columns.items() if k.table == after.key
        }
        new_columns = {
            fold(name): name for name in new_names - old - set(renamed.values())
        }
        for name in sorted(old - new_names - renamed.keys()):
            if fold(name) in new_columns:
                column = after.key.column(name)
                renames = renames.with_column(column, new_columns[fold(name)])
    return renames
