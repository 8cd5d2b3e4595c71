"""The losses of a plan, as texts that people read before they agree.

A loss deletes values or may alter them.  In doubt a change counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from schema_migrations.plan.attributes import compare_attributes
from schema_migrations.plan.mentions import find_words
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Column,
    Definition,
    ForeignKey,
    Key,
    Opaque,
)

MayAlterValues = Callable[[Column, Column], bool]
"""(before, after) → whether a change of type may alter a value, as an engine knows it."""


def find_losses(
    changes: Iterable[ddl.Change], may_alter_values: MayAlterValues
) -> tuple[tuple[Key, str], ...]:
    """Return (table or column, text) for all data that is deleted or may be altered."""
    changes = tuple(changes)
    losses = [
        (ddl.subject_of(c), text)
        for c in changes
        if (text := _describe_loss(c, may_alter_values))
    ]
    return (
        *losses,
        *_find_removed_attributes(changes),
        *_find_redirected_references(changes),
    )


def _find_removed_attributes(
    changes: tuple[ddl.Change, ...],
) -> Iterator[tuple[Key, str]]:
    """Yield a loss for each composite type that loses attributes."""
    dropped = {c.object.key: c.object for c in changes if isinstance(c, ddl.Drop)}
    for change in changes:
        match change:
            case ddl.Create(object=Opaque() as after) if after.trait.is_composite:
                before = dropped.get(after.key)
                if isinstance(before, Opaque) and (
                    names := compare_attributes(before, after).dropped
                ):
                    noun = "attribute" if len(names) == 1 else "attributes"
                    yield (
                        after.key,
                        f"removes {noun} {', '.join(names)} from the values of type"
                        f" {after.key._replace(part='').path}",
                    )
            case _:
                pass


def _find_redirected_references(
    changes: tuple[ddl.Change, ...],
) -> Iterator[tuple[Key, str]]:
    """Yield a loss for each foreign key that will refer to another table or column."""
    dropped = {
        (c.object.table, c.object.columns): c.object
        for c in changes
        if isinstance(c, ddl.Drop) and isinstance(c.object, ForeignKey)
    }
    for change in changes:
        match change:
            case ddl.Create(object=ForeignKey() as after):
                before = dropped.get((after.table, after.columns))
                if before and after.columns and _refers_elsewhere(before, after):
                    column = after.table.column(after.columns[0])
                    yield (
                        column,
                        f"points {column.path} at {_describe_reference(after)} instead of "
                        f"{_describe_reference(before)} but keeps the stored values; they may "
                        "now match other rows or none",
                    )
            case _:
                pass


def _refers_elsewhere(before: ForeignKey, after: ForeignKey) -> bool:
    """Tell whether two foreign keys refer to other tables or columns.

    One that names no columns refers to the primary key, which is not known here.
    """
    columns = _read_referenced_columns(before), _read_referenced_columns(after)
    return before.referenced_table != after.referenced_table or (
        all(columns) and columns[0] != columns[1]
    )


def _describe_reference(key: ForeignKey) -> str:
    """Return ``shop_book(id)``."""
    return key.referenced_table.path + _read_referenced_columns(key)


def _read_referenced_columns(key: ForeignKey) -> str:
    match = re.search(r" REFERENCES [^(]+(\([^)]*\))", key.definition)
    return match[1].replace('"', "") if match else ""


def is_read_by(column: Column, expression: str) -> bool:
    """Tell whether an expression may read a column."""
    return not {column.name, column.name.lower()}.isdisjoint(find_words(expression))


def _describe_loss(change: ddl.Change, may_alter_values: MayAlterValues) -> str:
    match change:
        case ddl.DropTable():
            return f"drops table {change.table.key.path} with all its rows"
        case ddl.Drop(object=Opaque() as obj) if obj.trait.holds_rows:
            return f"drops {obj.noun} {obj.key.name} with all its rows"
        case ddl.DropColumn() if change.column.generated is None:
            return f"drops column {change.table.path}.{change.column.name} with all its values"
        case ddl.AlterColumn(before=Column(generated=None), after=after) if (
            after.generated is not None
        ):
            return (
                f"replaces all values of column {change.table.path}.{after.name} with "
                "generated ones"
            )
        case ddl.AlterColumn(conversion=str(value), before=before) if (
            value
            and before.generated is None
            and not is_read_by(before, value)
            and not may_alter_values(before, change.after)
        ):
            # The server keeps every value, and nobody was asked for another one.
            return (
                f"replaces all values of column {change.table.path}.{change.after.name}"
                f" with {value}"
            )
        case ddl.AlterColumn() if may_alter_values(change.before, change.after):
            column = f"{change.table.path}.{change.after.name}"
            return (
                f"changes the type of {column} from {change.before.type} to "
                f"{change.after.type}: values may be rounded, truncated or rejected"
            )
        case ddl.Alter(
            before=Definition() as before, after=Definition() as after, is_used=True
        ) if removed := [label for label in before.labels if label not in after.labels]:
            labels = ", ".join(map(repr, removed))
            return f"removes {labels} from the values of type {after.key.path}"
        case _:
            return ""
