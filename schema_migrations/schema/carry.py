"""What the models cannot describe stays: part of the desired state by being there.

Views, functions, triggers, types, extensions, sequences and other people's
namespaces come from hand-written SQL.  That the models do not know them is no reason
to drop them.
"""

from __future__ import annotations

from collections.abc import Container

from schema_migrations.schema.model import (
    Definition,
    Key,
    Object,
    Opaque,
    Schema,
    Sequence,
    Table,
    owner_of,
    table_key,
)

_OF_COLUMNS = (
    *("statistics", "statistics target"),
    *("storage", "compression", "attribute options"),
)
"""What goes with a column; whatever else needs one is in the way of dropping it."""


def carry(current: Schema, desired: Schema) -> Schema:
    """Return ``desired`` with everything of ``current`` that models cannot describe.

    An object goes with its table or column: it is carried only where that stays.
    """
    foreign = {t.key.namespace for t in current.of(Table) if t.key.namespace != ""} - {
        t.key.namespace for t in desired.of(Table)
    }
    kept = [
        obj
        for obj in current
        if desired.get(obj.key) is None and _stays(obj, current, desired, foreign)
    ]
    return desired.replacing((), kept)


def _stays(
    obj: Object, current: Schema, desired: Schema, foreign: Container[str]
) -> bool:
    owner = owner_of(obj)
    if obj.key.namespace in foreign or (owner and owner.namespace in foreign):
        return True
    match obj:
        case Opaque(type=type_) if type_ in _OF_COLUMNS:
            columns = [key for key in obj.needs if key.kind == "column"]
            return all(_has_column(desired, column) for column in columns)
        case Opaque():
            return owner is None or _remains(owner, current, desired)
        case Sequence():
            return obj.owned_by is None or _has_column(desired, obj.owned_by)
        case Definition():
            return True
        case _:
            return False


def _remains(owner: Key, current: Schema, desired: Schema) -> bool:
    """Tell whether an owner stays; one that is itself opaque stays with its own."""
    found = current.get(owner)
    return owner in desired.by_key or isinstance(found, Opaque)


def _has_column(schema: Schema, column: Key) -> bool:
    table = schema.get(table_key(column.name, column.namespace))
    return isinstance(table, Table) and column in table.provides


def restrict(current: Schema, desired: Schema, tables: Container[Key]) -> Schema:
    """Return ``desired`` for some tables and ``current`` for all others.

    Objects that stand on no table come from ``desired``.
    """

    def of_others(obj: Object) -> bool:
        table = obj.key if isinstance(obj, Table) else owner_of(obj)
        return table is not None and table not in tables

    gone = [obj.key for obj in desired if of_others(obj)]
    return desired.replacing(gone, [obj for obj in current if of_others(obj)])
