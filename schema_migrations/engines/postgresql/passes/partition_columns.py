"""Allow NULL in the partitions that forbid it for themselves too.  Pure.

From PostgreSQL 18 on, a partition keeps its own ``NOT NULL`` when the whole table loses
the one that it inherits; before, it has no other than that.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.traits import NOT_NULL
from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Key, Opaque, Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.plan.plan import Changes


def drop_not_null_in_partitions(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Drop the ``NOT NULL`` that a partition has beside the one that its parent loses."""
    lost: dict[Key, Key] = {}
    for change in changes:
        match change:
            case ddl.AlterColumn(table=table, before=before, after=after) if (
                after.nullable and not before.nullable
            ):
                column = table.column(before.name)
                lost[column] = column
            case ddl.Drop(object=Opaque(key=key, trait=trait)) if trait.forbids_null:
                lost[key.table.column(_column_of(key))] = key
            case _:
                pass
    if not lost:
        return changes
    moved = {c.partition.key for c in changes if isinstance(c, ddl.Detach)}
    moved |= {c.object.key for c in changes if isinstance(c, ddl.Drop)}
    partitions = [p for p in current.of(Opaque) if p.key not in moved]
    return (*changes, *_drop_own(partitions, desired, lost))


def _column_of(not_null: Key) -> str:
    return not_null.part.partition(" of column ")[2]


def _drop_own(
    partitions: list[Opaque], desired: Schema, lost: dict[Key, Key]
) -> Iterator[ddl.Change]:
    """Yield the drops in the partitions of tables whose columns lost their ``NOT NULL``.

    ``lost`` are these columns, and what must have gone before their partitions' goes.
    """
    while lost:
        below: dict[Key, Key] = {}
        for partition in partitions:
            place = partition.attachment
            if place is None:
                continue
            for column in (c for c in lost if c.table == place.parent):
                own = _make_not_null(partition, place.table.key, column.part)
                if own.key in desired.by_key:
                    continue
                gone = lost[column]
                if column.part in place.required_columns:
                    yield ddl.Drop(object=own, gone_first=frozenset({gone}))
                    gone = own.key
                below[place.table.key.column(column.part)] = gone
        lost = below


def _make_not_null(partition: Opaque, table: Key, column: str) -> Opaque:
    """Return the ``NOT NULL`` of a partition, as the catalog has it where it is alone."""
    alter = f"ALTER TABLE {qualify(table)} ALTER COLUMN {quote(column)}"
    return Opaque(
        key=partition.key._replace(part=f"{NOT_NULL.noun} of column {column}"),
        trait=NOT_NULL,
        definition=f"{alter} SET NOT NULL",
        owner=partition.owner,
        drop_sql=f"{alter} DROP NOT NULL",
        needs=frozenset({partition.key}),
    )
