"""What a plan does to rows that are there already: said in words, never guessed away.

``losses`` deletes or alters values; ``obstacles`` makes the file fail on a table
with rows.  Both are read by people before they say yes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeGuard

from schema_migrations.plan.fills import needs_value
from schema_migrations.schema.changes import (
    AddColumn,
    Alter,
    AlterColumn,
    Change,
    Create,
    Drop,
    DropColumn,
    DropTable,
    subject_of,
)
from schema_migrations.schema.model import (
    ROW_HOLDING_TYPES,
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
)


def find_losses(changes: Iterable[Change]) -> tuple[tuple[Key, str], ...]:
    """Name every existing row or value that the changes delete or may alter.

    Returns (table or column, words) pairs.
    """
    changes = tuple(changes)
    lost = [(subject_of(c), text) for c in changes if (text := _describe_loss(c))]
    return (*lost, *_find_redirected_references(changes))


def _find_redirected_references(
    changes: tuple[Change, ...],
) -> Iterator[tuple[Key, str]]:
    """A reference to something else means another row, if it means one at all."""
    dropped = {
        (c.object.table, c.object.columns): c.object
        for c in changes
        if isinstance(c, Drop) and isinstance(c.object, ForeignKey)
    }
    for change in changes:
        match change:
            case Create(object=ForeignKey() as after):
                before = dropped.get((after.table, after.columns))
                if before and after.columns and _refers_elsewhere(before, after):
                    column = after.table.column(after.columns[0])
                    yield (
                        column,
                        f"lets {column.path} refer to {_describe_reference(after)}, no longer to "
                        f"{_describe_reference(before)}, and keeps its values: they mean other rows, "
                        "or none",
                    )
            case _:
                pass


def _refers_elsewhere(before: ForeignKey, after: ForeignKey) -> bool:
    """A foreign key that names no columns refers to the primary key: which, is not said."""
    named = _read_referenced_columns(before), _read_referenced_columns(after)
    return before.referenced_table != after.referenced_table or (
        all(named) and named[0] != named[1]
    )


def _describe_reference(key: ForeignKey) -> str:
    """Return ``shop_book(id)``."""
    return key.referenced_table.path + _read_referenced_columns(key)


def _read_referenced_columns(key: ForeignKey) -> str:
    found = re.search(r" REFERENCES [^(]+(\([^)]*\))", key.definition)
    return found[1].replace('"', "") if found else ""


def find_restrictions(changes: Iterable[Change]) -> tuple[str, ...]:
    """Name every change that existing rows may make fail."""
    changes = tuple(changes)
    unique = {
        c.object.table.column(c.object.columns[0])
        for c in changes
        if isinstance(c, Create) and _is_unique(c.object) and len(c.object.columns) == 1
    }
    return tuple(
        text
        for c in changes
        if (text := _describe_restriction(c) or _describe_equal_values(c, unique))
    )


def _is_unique(obj: Object) -> TypeGuard[Constraint | Index]:
    return (isinstance(obj, Constraint) and obj.type in ("primary key", "unique")) or (
        isinstance(obj, Index) and obj.unique and " WHERE " not in obj.definition
    )


def _describe_equal_values(change: Change, unique_columns: set[Key]) -> str:
    """One value for all rows is too few where each must be another."""
    match change:
        case AddColumn(fill=str(fill), fill_reads_columns=False) if "(" not in fill:
            key = change.table.column(change.column.name)
            if key in unique_columns:
                return (
                    f"gives all existing rows the same value in {change.table.path}."
                    f"{change.column.name}, which is unique: fails on a table with more "
                    'than one row (--default "table.column=SQL" takes an expression over '
                    "other columns)"
                )
    return ""


def _describe_loss(change: Change) -> str:
    match change:
        case DropTable():
            return f"drops table {change.table.key.path} with all its rows"
        case Drop(object=Opaque(type=type_) as obj) if type_ in ROW_HOLDING_TYPES:
            return f"drops {type_} {obj.key.name} with all its rows"
        case DropColumn() if change.column.generated is None:
            return f"drops column {change.table.path}.{change.column.name} with all its values"
        case AlterColumn(before=Column(generated=None), after=after) if (
            after.generated is not None
        ):
            return (
                f"replaces all values of column {change.table.path}.{after.name} by "
                "generated ones"
            )
        case AlterColumn(
            before=Column(type="smallint" | "integer" | "bigint"),
            after=Column(identity="autoincrement"),
        ):
            return ""  # 64 bits by any name: https://www.sqlite.org/autoinc.html
        case AlterColumn() if _may_alter_values(change.before, change.after):
            column = f"{change.table.path}.{change.after.name}"
            return (
                f"changes the type of {column} from {change.before.type} to "
                f"{change.after.type}: values may be rounded, cut or refused"
            )
        case Alter(before=Definition() as before, after=Definition() as after) if (
            gone := [label for label in before.labels if label not in after.labels]
        ):
            labels = ", ".join(map(repr, gone))
            return (
                f"takes {labels} from the values of type {after.key.path}: fails where "
                "a row holds one of them (give such rows another value first)"
            )
        case _:
            return ""


def _describe_restriction(change: Change) -> str:
    match change:
        case AddColumn(fill=None) if needs_value(change.column):
            column = f"{change.table.path}.{change.column.name}"
            return (
                f"adds {column} as NOT NULL without a value for existing rows: "
                "fails on a table with rows (a db_default on the field, or a DEFAULT in "
                "the file, gives one)"
            )
        case AlterColumn(fill=None) if change.before.nullable > change.after.nullable:
            column = f"{change.table.path}.{change.after.name}"
            return f"makes {column} NOT NULL: fails where a row holds NULL (fill them first)"
        case Alter(before=Definition() as before, after=Definition() as after) if (
            new := _list_demands(after) - _list_demands(before)
        ):
            demands = ", ".join(sorted(new))
            return (
                f"demands more of domain {after.key.path}: fails where a row holds a "
                f"value that does not satisfy {demands}"
            )
        case _:
            return ""


def _list_demands(domain: Definition) -> set[str]:
    return {c for c in domain.clauses if not c.startswith("DEFAULT ")}


_INTEGER_TYPES = ("smallint", "integer", "bigint", "numeric")
_DIGIT_COUNTS = {"smallint": 5, "integer": 10, "bigint": 19}
_TEXT_TYPES = ("varchar", "character varying", "character", "text", "citext")
_TEXT_LENGTHS = {
    "bool": 1,
    "boolean": 5,
    "smallint": 6,
    "integer": 11,
    "bigint": 20,
    "uuid": 36,
}
"""How long the longest value of a type is as text.  ``char`` says it itself: that is a
UUID or an address on SQLite."""
_WIDER_TYPES = {
    "boolean": ("smallint", "integer", "bigint"),
    "bool": ("smallint", "integer", "bigint"),
    "date": ("datetime", "timestamp without time zone", "timestamp with time zone"),
    "smallint": ("real", "double precision", "decimal"),
    "integer": ("double precision", "decimal"),
    "bigint": ("decimal",),
    "real": ("double precision", "decimal"),
}
"""Types that can hold any value of another one as it is.  ``decimal`` is SQLite's, which
cuts nothing; PostgreSQL says ``numeric``."""


def _may_alter_values(before: Column, after: Column) -> bool:
    """Tell whether a type change may alter values; unknown pairs count as such."""
    if before.type == after.type:
        return False
    arrays = before.type.endswith("[]") and after.type.endswith("[]")
    old, old_size = _split_type(before.type[:-2] if arrays else before.type)
    new, new_size = _split_type(after.type[:-2] if arrays else after.type)
    if old in _TEXT_TYPES and new in _TEXT_TYPES:
        return bool(new_size) and (not old_size or new_size < old_size)
    letters = old_size[0] if old == "char" and old_size else _TEXT_LENGTHS.get(old)
    if letters and new in _TEXT_TYPES:
        return bool(new_size) and new_size[0] < letters
    if (
        old in _INTEGER_TYPES
        and new in _INTEGER_TYPES
        and not new_size
        and not old_size
    ):
        return _INTEGER_TYPES.index(new) < _INTEGER_TYPES.index(old)
    if old in _DIGIT_COUNTS and new == "numeric" and new_size:
        return new_size[0] - new_size[-1] < _DIGIT_COUNTS[old]
    if old == new == "numeric" and old_size and new_size:
        whole = new_size[0] - new_size[-1] < old_size[0] - old_size[-1]
        return whole or new_size[-1] < old_size[-1]
    if new in _WIDER_TYPES.get(old, ()):
        return False
    if old == new and not new_size:
        return False
    return new != "text" or old in ("bytea", "blob")


def _split_type(type_: str) -> tuple[str, tuple[int, ...]]:
    """Split ``numeric(8,2)`` into its name and modifiers; a sign is a check's business."""
    type_ = type_.removesuffix(" unsigned")
    found = re.fullmatch(r"([^(]+?)\s*\(([\d,\s]+)\)(.*)", type_)
    if not found:
        return type_, ()
    return found[1] + found[3], tuple(int(n) for n in found[2].split(","))
