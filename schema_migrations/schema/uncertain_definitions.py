"""Definitions of two schemas that may be the same although they are printed differently."""

from __future__ import annotations

from dataclasses import replace

from schema_migrations.schema.model import (
    INVALID_MARK,
    Constraint,
    Definition,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Table,
)


def find_uncertain_definitions(current: Schema, desired: Schema) -> frozenset[Key]:
    """Return the keys of desired definitions that differ from ``current``.

    Only of objects that hold an expression: checks, exclusions, indexes, defaults and
    generated columns (by column key), domains, and opaque objects.  Constraints and
    indexes that only ``current`` has count too: they may have been renamed.
    """
    keys: set[Key] = set()
    for obj in desired:
        before = current.get(obj.key)
        if obj != before:
            keys |= _find_expression_keys(before, obj)
    for obj in current:
        if isinstance(obj, Constraint | Index) and desired.get(obj.key) is None:
            keys |= _find_expression_keys(None, obj)
    return frozenset(keys)


def _find_expression_keys(before: Object | None, after: Object) -> set[Key]:
    match after:
        case (
            Constraint(type="check" | "exclusion")
            | Definition(key=Key(kind="domain"))
            | Opaque()
        ):
            return {after.key}
        case Index() if (
            " WHERE " in after.definition or after.definition.count("(") > 1
        ):
            return {after.key}
        case Table():
            old = (
                {c.name: c for c in before.columns} if isinstance(before, Table) else {}
            )
            return {
                after.key.column(column.name)
                for column in after.columns
                if (column.default is not None or column.generated is not None)
                and column != old.get(column.name)
            }
        case _:
            return set()


def with_invalid_indexes(copy: Schema, live: Schema) -> Schema:
    """Return the copy with the invalid indexes of the live schema: its own are valid."""
    invalid = [
        index for index in live.of(Index) if index.definition.endswith(INVALID_MARK)
    ]
    return copy.replace_objects(
        (),
        (
            index
            for index in invalid
            if copy.get(index.key)
            == replace(index, definition=index.definition.removesuffix(INVALID_MARK))
        ),
    )
