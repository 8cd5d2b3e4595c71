"""Differences that may stay in a database that was not made from these files.

A serial column numbers its rows as an identity does, a larger integer holds the values
of a smaller one, and objects that only the database has are not dropped by default.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from schema_migrations.schema.model import (
    Column,
    Constraint,
    Key,
    Object,
    Schema,
    Sequence,
    Table,
    owner_of,
)

ColumnPair = tuple[Key, Column, Column]
"""A column's key, the current column and the desired one."""


def find_serial_columns(current: Schema, desired: Schema) -> tuple[Key, ...]:
    """Return columns that are ``serial`` in ``current`` and an identity in ``desired``.

    Django created ``serial`` columns before 4.1, and never changes existing ones.
    """
    sequences = _map_serial_sequences(current)
    return tuple(
        key
        for key, _, after in _pair_columns(sequences, current, desired)
        if _is_plain_identity(after)
    )


def with_current_numbering(current: Schema, desired: Schema) -> Schema:
    """Return ``desired`` with rows numbered as in ``current``: by serial or identity."""
    goal = desired
    old, new = _map_serial_sequences(current), _map_serial_sequences(desired)
    for key, before, after in _pair_columns(old, current, desired):
        if _is_plain_identity(after):
            sequence = _resize_sequence(old[key], before, after)
            # No need for the sequence: it exists, and may change along with the column.
            numbered = replace(
                after,
                default=before.default,
                identity="",
                custom_sequence="",
                identity_sequence="",
            )
            goal = goal.replace_objects(
                (), [_replace_column(goal.get_table(key.table), numbered), sequence]
            )
    for key, before, after in _pair_columns(new, current, desired):
        if _is_plain_identity(before):
            numbered = replace(
                after,
                default=None,
                identity=before.identity,
                custom_sequence=before.custom_sequence,
                identity_sequence=before.identity_sequence,
                needs=after.needs - {new[key].key},
            )
            goal = goal.replace_objects(
                [new[key].key], [_replace_column(goal.get_table(key.table), numbered)]
            )
    return goal


def find_wider_columns(current: Schema, desired: Schema) -> tuple[Key, ...]:
    """Return the integer columns that are larger in ``current`` than in ``desired``.

    Django's migrations made keys of many-to-many tables ``bigint`` even if the models of
    the app use ``AutoField``, which is ``integer``.
    """
    return tuple(
        table.key.column(after.name)
        for table in desired.of(Table)
        for after in table.columns
        if (before := _find_column(current, table.key.column(after.name))) is not None
        and _LARGEST_INTEGERS.get(before.type, 0)
        > _LARGEST_INTEGERS.get(after.type, 2**63)
    )


def with_current_keys(
    current: Schema, desired: Schema, tables: Collection[Key]
) -> Schema:
    """Return ``desired``; primary keys of some tables stay larger if ``current`` has them so."""
    keys = {
        each.table.column(name)
        for each in desired.of(Constraint)
        if each.type == "primary key" and each.table in tables
        for name in each.columns
    }
    wider = find_wider_columns(current, desired) if keys else ()
    return with_current_types(current, desired, keys.intersection(wider))


def with_current_types(
    current: Schema, desired: Schema, columns: Iterable[Key]
) -> Schema:
    """Return ``desired``; ``columns`` have their type and collation in ``current``."""
    tables: dict[Key, Table] = {}
    for key in columns:
        before, after = _find_column(current, key), _find_column(desired, key)
        if before is not None and after is not None:
            kept = replace(after, type=before.type, collation=before.collation)
            table = tables.get(key.table) or desired.get_table(key.table)
            tables[key.table] = _replace_column(table, kept)
    return desired.replace_objects((), tables.values())


def _map_serial_sequences(schema: Schema) -> dict[Key, Sequence]:
    """Return column → its own sequence, for each column whose default draws from one."""
    sequences = {}
    for sequence in schema.of(Sequence):
        column = _find_column(schema, sequence.owned_by)
        drawn = column is not None and "nextval(" in (column.default or "")
        if column and drawn and sequence.key in column.needs and sequence.owned_by:
            sequences[sequence.owned_by] = sequence
    return sequences


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
    """Tell whether a column takes numbers of its own, and values too, as a serial does."""
    return column.identity == "by default" and not column.identity_options


_LARGEST_INTEGERS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def _resize_sequence(sequence: Sequence, before: Column, after: Column) -> Sequence:
    """Return the sequence with the range of the column's new integer type."""
    old, new = _LARGEST_INTEGERS.get(before.type), _LARGEST_INTEGERS.get(after.type)
    if old is None or new is None or old == new:
        return sequence
    definition = sequence.definition.replace(f"AS {before.type} ", f"AS {after.type} ")
    definition = definition.replace(f"MAXVALUE {old} ", f"MAXVALUE {new} ")
    return replace(sequence, definition=definition)


def _replace_column(table: Table, column: Column) -> Table:
    """Return a table with ``column`` instead of the one of the same name."""
    columns = tuple(column if c.name == column.name else c for c in table.columns)
    needs = frozenset[Key]().union(*(c.needs for c in columns), table.needs)
    return replace(table, columns=columns, needs=needs)


def with_current_objects(
    current: Schema, desired: Schema, keys: Collection[Key]
) -> Schema:
    """Return ``desired`` with the objects and columns of ``keys`` as in ``current``.

    A column that ``desired`` has too only keeps its current type and collation.
    """
    goal = with_current_types(
        current, desired, (key for key in keys if key.kind == "column")
    )
    tables = [_add_extra_columns(table, goal, keys) for table in current.of(Table)]
    whole = {table.key for table in tables if table and table.key in keys}
    kept = [obj for obj in current if obj.key in keys or owner_of(obj) in whole]
    extended: list[Object] = [table for table in tables if table is not None]
    return goal.replace_objects((), (*kept, *extended))


def _add_extra_columns(
    table: Table, desired: Schema, keys: Collection[Key]
) -> Table | None:
    """Return the desired table with the columns of ``keys`` that only the current has.

    None: there are no such columns.  A table that is not desired is returned itself if
    ``keys`` name it.
    """
    after = desired.get(table.key)
    if not isinstance(after, Table):
        return table if table.key in keys else None
    extra = [
        column
        for column in table.columns
        if (key := table.key.column(column.name)) in keys
        and key not in after.provided_keys
    ]
    if not extra:
        return None
    columns = tuple(sorted((*after.columns, *extra), key=lambda column: column.name))
    needs = after.needs.union(*(column.needs for column in extra))
    return replace(after, columns=columns, needs=needs)
