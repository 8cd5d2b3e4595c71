"""The closed union of changes that lead from one schema to another.

``diff`` makes the coarse ones; an engine's passes may replace them with finer ones
(``RebuildTable``).  Renderers match on this union exhaustively, so that a new
change which an engine forgets fails the type check.
"""

from __future__ import annotations

from dataclasses import dataclass

from schema_migrations.schema.model import (
    NO_KEYS,
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Sequence,
    Table,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable:
    table: Table
    inline_constraints: tuple[Constraint | ForeignKey, ...] = ()
    """Constraints written inside ``CREATE TABLE``; a pass puts them there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable:
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterTable:
    """Same columns, other ``options``."""

    before: Table
    after: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class AddColumn:
    table: Key
    column: Column
    fill: str | None = None
    """SQL expression for existing rows, where the column itself has no default."""
    fill_reads_columns: bool = False
    """The fill takes values of other columns, so it can be no default meanwhile."""
    fill_needs: frozenset[Key] = NO_KEYS
    """What the fill reads: it waits for new columns, and what is dropped waits for it."""
    inline_constraints: tuple[Constraint | ForeignKey, ...] = ()
    """Constraints written on the column; a pass puts them there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropColumn:
    table: Key
    column: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterColumn:
    """Same name, other type, nullability, default, collation, identity or expression."""

    table: Key
    before: Column
    after: Column
    fill: str | None = None
    """SQL expression for existing NULLs, where the column becomes NOT NULL."""
    fill_needs: frozenset[Key] = NO_KEYS
    """As for ``AddColumn``."""
    conversion: str | None = None
    """SQL expression over the old value, where the type changes; None: as the engine
    converts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    object: Constraint | ForeignKey | Index | Sequence | Definition | Opaque


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    object: Constraint | ForeignKey | Index | Sequence | Definition | Opaque


@dataclass(frozen=True, slots=True, kw_only=True)
class Alter:
    """Same key, other definition, changed in place (sequence, enum, view …)."""

    before: Sequence | Definition | Opaque
    after: Sequence | Definition | Opaque
    needs_commit: bool = False
    """It counts for other changes only once it is committed; a pass says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """Same object under another name."""

    before: Object
    after: Object


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameColumn:
    table: Key
    before: Column
    after: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class SetComment:
    key: Key
    """Of a table or a column."""
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildTable:
    """Copy into a new table and swap: the only way to most changes on SQLite."""

    before: Table
    after: Table
    inline_constraints: tuple[Constraint | ForeignKey, ...]
    copied_columns: tuple[tuple[str, str], ...]
    """(new column, SQL expression over the old row) pairs."""
    recreated_objects: tuple[Index | Opaque, ...]
    """Indexes, triggers and views that go with the old table and come back."""
    replaced_changes: tuple[Change, ...]
    """What it stands for."""


Change = (
    CreateTable
    | DropTable
    | AlterTable
    | AddColumn
    | DropColumn
    | AlterColumn
    | Create
    | Drop
    | Alter
    | Rename
    | RenameColumn
    | SetComment
    | RebuildTable
)


def subject_of(change: Change) -> Key:
    """Return the key of what a change is about."""
    match change:
        case CreateTable() | DropTable():
            return change.table.key
        case AddColumn() | DropColumn():
            return change.table.column(change.column.name)
        case AlterColumn() | RenameColumn():
            return change.table.column(change.after.name)
        case Create() | Drop():
            return change.object.key
        case Alter() | Rename() | AlterTable():
            return change.after.key
        case SetComment():
            return change.key
        case RebuildTable():
            return change.after.key
