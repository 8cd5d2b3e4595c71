"""What may stay as it is in a database that was not made from these files.

A serial column numbers its rows as an identity does, a larger integer holds what a
smaller one would, and what only the database has is nobody's to drop by default.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from schema_migrations.schema.model import (
    Column,
    Key,
    Object,
    Schema,
    Sequence,
    Table,
    owner_of,
)

ColumnPair = tuple[Key, Column, Column]
"""A column's key, and how it is on either side."""


def find_serial_columns(current: Schema, desired: Schema) -> tuple[Key, ...]:
    """Return the columns that are ``serial`` in ``current``, an identity in ``desired``.

    Django made ``serial`` until 4.1, and never changed a column that was there.
    """
    owned = _map_serial_sequences(current)
    return tuple(
        key
        for key, _, after in _pair_columns(owned, current, desired)
        if _is_plain_identity(after)
    )


def with_current_numbering(current: Schema, desired: Schema) -> Schema:
    """Return ``desired`` with rows numbered as in ``current``: by serial, or identity."""
    goal = desired
    owned, wanted = _map_serial_sequences(current), _map_serial_sequences(desired)
    for key, before, after in _pair_columns(owned, current, desired):
        if _is_plain_identity(after):
            sequence = _resize_sequence(owned[key], before, after)
            # It does not need the sequence: that is there, and may change with it.
            numbered = replace(
                after,
                default=before.default,
                identity="",
                custom_sequence="",
                identity_sequence="",
            )
            goal = goal.replace_objects(
                (), [_replace_column(goal, key, numbered), sequence]
            )
    for key, before, after in _pair_columns(wanted, current, desired):
        if _is_plain_identity(before):
            numbered = replace(
                after,
                default=None,
                identity=before.identity,
                custom_sequence=before.custom_sequence,
                identity_sequence=before.identity_sequence,
                needs=after.needs - {wanted[key].key},
            )
            goal = goal.replace_objects(
                [wanted[key].key], [_replace_column(goal, key, numbered)]
            )
    return goal


def find_wider_columns(current: Schema, desired: Schema) -> tuple[Key, ...]:
    """Return the integer columns that are larger in ``current`` than in ``desired``.

    Django's migrations made keys of many-to-many tables ``bigint``, where the models
    of an app with ``AutoField`` say ``integer``.
    """
    return tuple(
        table.key.column(after.name)
        for table in desired.of(Table)
        for after in table.columns
        if (before := _find_column(current, table.key.column(after.name))) is not None
        and _LARGEST_INTEGERS.get(before.type, 0)
        > _LARGEST_INTEGERS.get(after.type, 2**63)
    )


def with_current_types(
    current: Schema, desired: Schema, columns: Iterable[Key]
) -> Schema:
    """Return ``desired`` with the types and collations that columns have in ``current``."""
    for key in columns:
        before, after = _find_column(current, key), _find_column(desired, key)
        if before is not None and after is not None:
            kept = replace(after, type=before.type, collation=before.collation)
            desired = desired.replace_objects((), [_replace_column(desired, key, kept)])
    return desired


def _map_serial_sequences(schema: Schema) -> dict[Key, Sequence]:
    """Return the columns whose default draws from a sequence of their own."""
    found = {}
    for sequence in schema.of(Sequence):
        column = _find_column(schema, sequence.owned_by)
        drawn = column is not None and "nextval(" in (column.default or "")
        if column and drawn and sequence.key in column.needs and sequence.owned_by:
            found[sequence.owned_by] = sequence
    return found


def _pair_columns(
    keys: Mapping[Key, Sequence], current: Schema, desired: Schema
) -> Iterator[ColumnPair]:
    for key in sorted(keys):
        before, after = _find_column(current, key), _find_column(desired, key)
        if before is not None and after is not None:
            yield key, before, after


def _find_column(schema: Schema, key: Key | None) -> Column | None:
    table = schema.get(key.table) if key else None
    if key and isinstance(table, Table) and key in table.provided_keys:
        return table.get_column(key.part)
    return None


def _is_plain_identity(column: Column) -> bool:
    return bool(column.identity) and not column.identity_options


_LARGEST_INTEGERS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def _resize_sequence(sequence: Sequence, before: Column, after: Column) -> Sequence:
    """Return the sequence of a column that becomes larger, as an identity's would be."""
    old, new = _LARGEST_INTEGERS.get(before.type), _LARGEST_INTEGERS.get(after.type)
    if old is None or new is None or old == new:
        return sequence
    definition = sequence.definition.replace(f"AS {before.type} ", f"AS {after.type} ")
    definition = definition.replace(f"MAXVALUE {old} ", f"MAXVALUE {new} ")
    return replace(sequence, definition=definition)


def _replace_column(schema: Schema, key: Key, column: Column) -> Table:
    """Return a column's table with another column in its place."""
    table = schema.get_table(key.table)
    columns = tuple(column if c.name == column.name else c for c in table.columns)
    needs = frozenset[Key]().union(*(c.needs for c in columns), table.needs)
    return replace(table, columns=columns, needs=needs)


def with_current_objects(
    current: Schema, desired: Schema, keys: Collection[Key]
) -> Schema:
    """Return ``desired``, with what ``keys`` name as it is in ``current``.

    Those are keys of objects, and of columns: one that is desired keeps its type only.
    """
    goal = with_current_types(
        current, desired, (key for key in keys if key.kind == "column")
    )
    tables = [_add_extra_columns(table, goal, keys) for table in current.of(Table)]
    whole = {table.key for table in tables if table and table.key in keys}
    kept = [obj for obj in current if obj.key in keys or owner_of(obj) in whole]
    more: list[Object] = [table for table in tables if table is not None]
    return goal.replace_objects((), (*kept, *more))


def _add_extra_columns(
    table: Table, desired: Schema, keys: Collection[Key]
) -> Table | None:
    """Return a table with the columns that only it has; None: it has none."""
    after = desired.get(table.key)
    if not isinstance(after, Table):
        return table if table.key in keys else None
    more = [
        column
        for column in table.columns
        if (key := table.key.column(column.name)) in keys
        and key not in after.provided_keys
    ]
    if not more:
        return None
    columns = tuple(sorted((*after.columns, *more), key=lambda column: column.name))
    needs = after.needs.union(*(column.needs for column in more))
    return replace(after, columns=columns, needs=needs)
