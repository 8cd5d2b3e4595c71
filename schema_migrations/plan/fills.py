"""Values for existing rows where a column becomes NOT NULL.

The seam for backfills: a plan only says *which* expression fills a column; engines
render it, and batches or questions are other ways of coming to an expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from schema_migrations.schema.changes import AddColumn, AlterColumn, Change
from schema_migrations.schema.model import Key, column_key


def fill(
    changes: tuple[Change, ...], expressions: Mapping[Key, str]
) -> tuple[Change, ...]:
    """Return the changes with an SQL expression wherever existing rows need one.

    ``expressions`` maps column keys to SQL; a column's own default goes first, and a
    column with neither stays bare.
    """
    return tuple(_filled(change, expressions) for change in changes)


def _filled(change: Change, expressions: Mapping[Key, str]) -> Change:
    match change:
        case AddColumn(fill=None) if not (
            change.column.nullable
            or change.column.default
            or change.column.identity
            or change.column.generated
        ):
            key = column_key(change.table, change.column.name)
            return replace(change, fill=expressions.get(key))
        case AlterColumn(fill=None) if change.before.nullable > change.after.nullable:
            key = column_key(change.table, change.after.name)
            fill = change.after.default or expressions.get(key)
            return replace(change, fill=fill)
        case _:
            return change
