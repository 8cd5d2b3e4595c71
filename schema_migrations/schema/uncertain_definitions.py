"""Which definitions of two schemas may differ by their print alone."""

from __future__ import annotations

from schema_migrations.schema.model import (
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
    """Return the keys of desired definitions that ``current`` does not equal.

    Only what holds an expression: checks, exclusions, indexes, defaults, generated
    columns (by column key), domains, and whatever is opaque.  What a constraint or an
    index may have been called before is among them.
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
