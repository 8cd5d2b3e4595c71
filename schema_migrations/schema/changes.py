"""The closed union of changes that lead from one schema to another.

``diff`` yields the coarse ones; an engine's passes may replace them with others
(``RebuildTable``).  Renderers match on this union exhaustively, so the type check fails
for a change that an engine does not handle.
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
    clauses: tuple[str, ...] = ()
    """What only ``CREATE TABLE`` can set, after its columns; a pass puts it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable:
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterTable:
    """Change the ``options`` of a table; the columns stay."""

    before: Table
    after: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class AddColumn:
    table: Key
    column: Column
    fill: str | None = None
    """SQL expression for existing rows, if the column itself has no default."""
    fill_reads_columns: bool = False
    """The fill reads other columns, so it cannot be written as a temporary default."""
    fill_needs: frozenset[Key] = NO_KEYS
    """Keys that the fill reads: it comes after they are added and before they are
    dropped."""
    inline_constraints: tuple[Constraint | ForeignKey, ...] = ()
    """Constraints written on the column; a pass puts them there."""
    has_default_later: bool = False
    """Rows that exist do not get the default; set by a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropColumn:
    table: Key
    column: Column
    only: bool = False
    """Tables that inherit the column keep it; set by a pass."""
    gone_first: frozenset[Key] = NO_KEYS
    """Columns of parent tables that must be dropped before; set by a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterColumn:
    """Change type, nullability, default, collation, identity or generated expression."""

    table: Key
    before: Column
    after: Column
    has_no_null: bool = False
    """A check of the table allows no ``NULL`` in the column already."""
    fill: str | None = None
    """SQL expression for existing NULLs, if the column becomes NOT NULL."""
    fill_needs: frozenset[Key] = NO_KEYS
    """As for ``AddColumn``."""
    conversion: str | None = None
    """SQL expression over the old value, if the type changes; None: the engine's own."""
    continued_sequence: Sequence | None = None
    """The sequence of a new default, which goes on after the column's values; set by a
    pass."""
    owns_other_sequence: bool = False
    """The column owns a sequence, although it gets an identity; set by a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillColumn:
    """Give the existing rows without a value one.

    A pass puts it behind what adds or alters the column.
    """

    table: Key
    column: Column
    fill: str
    """SQL expression."""
    fill_needs: frozenset[Key] = NO_KEYS
    """As for ``AddColumn``."""
    awaits: frozenset[Key] = NO_KEYS
    """Keys that must be there, so that no row without a value comes any more: then it is
    done for the second time.  Empty: for the first."""
    gone_first: frozenset[Key] = NO_KEYS
    """Rules and unique indexes that are dropped first, since the values may break them."""
    batch_key: tuple[str, ...] = ()
    """Columns of a key, in whose order it can be done in batches; empty: all at once."""

    @property
    def filled_key(self) -> Key:
        """A stand-in key, for what the rows must not break before they are filled."""
        key = filled_key_of(self.table.column(self.column.name))
        return key._replace(part=f"{key.part} again") if self.awaits else key


def filled_key_of(column: Key) -> Key:
    """Return the stand-in key that ``FillColumn`` makes."""
    return column._replace(kind="opaque", part=f"filled column {column.part}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbidNull:
    """Make a column NOT NULL by a check that was validated, and drop the check.

    A pass puts it in place of what would read all rows.
    """

    table: Key
    column: Column
    check: Constraint

    @property
    def forbidden_key(self) -> Key:
        """A stand-in key, for what the column must be NOT NULL for."""
        part = f"not null column {self.column.name}"
        return self.table._replace(kind="opaque", part=part)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropNumbering:
    """Drop the identity or the default of a column, and nothing else of it.

    A pass puts it in front of an ``AlterColumn``, so that the sequence can go in between.
    """

    table: Key
    column: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    object: Constraint | ForeignKey | Index | Sequence | Definition | Opaque
    gone_first: frozenset[Key] = NO_KEYS
    """Keys that are dropped first, although it does not take their names; set by a pass."""
    names_later: bool = False
    """Its body names what is created after it; set by a pass."""
    concurrently: bool = False
    """Others write meanwhile: an index, of a table that exists; set by a pass."""
    from_index: Index | None = None
    """The index that a key takes over, with which it is made at once; set by a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    object: Constraint | ForeignKey | Index | Sequence | Definition | Opaque
    gone_first: frozenset[Key] = NO_KEYS
    """Constraints of parent tables or partitions that are dropped first; set by a pass."""
    detached_first: bool = False
    """A partition of a table that foreign keys still refer to: the server refuses to drop
    it as long as it is one; set by a pass."""
    concurrently: bool = False
    """As for ``Create``."""
    made_first: frozenset[Key] = NO_KEYS
    """Keys that exist before; set by a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alter:
    """Change a definition in place (sequence, enum, view …); the key stays."""

    before: Constraint | ForeignKey | Sequence | Definition | Opaque
    after: Constraint | ForeignKey | Sequence | Definition | Opaque
    is_used: bool = True
    """False: nothing of the schema needs it, so no row holds a value of it."""
    needs_commit: bool = False
    """Other changes can use it only after a commit; set by a pass."""
    numbered_columns: tuple[tuple[Key, Column], ...] = ()
    """(table, column) pairs that get their numbers from a sequence; set by a pass."""
    names_later: bool = False
    """As for ``Create``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """Give an object another name."""

    before: Object
    after: Object
    aside: bool = False
    """It makes room, and is dropped later; set by a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameColumn:
    table: Key
    before: Column
    after: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """Make a table a partition; its rows stay."""

    partition: Opaque
    table: Table
    """What is attached, as it is just before."""
    gone_first: frozenset[Key] = NO_KEYS
    """Keys of the table and of its new parent that must be dropped before."""
    made_later: frozenset[Key] = NO_KEYS
    """Keys of parts that the table gets only as a partition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detach:
    """Make a partition a table of its own; its rows stay."""

    partition: Opaque
    table: Table
    """What it is just after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetComment:
    key: Key
    """Of a table or a column."""
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildTable:
    """Copy the rows into a new table that takes the old one's place.

    SQLite makes most changes only this way.
    """

    before: Table
    after: Table
    inline_constraints: tuple[Constraint | ForeignKey, ...]
    copied_columns: tuple[tuple[str, str], ...]
    """(new column, SQL expression over the old row) pairs."""
    recreated_objects: tuple[Index | Opaque, ...]
    """Indexes, triggers and views that are dropped for the rebuild and created again."""
    replaced_changes: tuple[Change, ...]
    """The changes that the rebuild makes."""


Change = (
    CreateTable
    | DropTable
    | AlterTable
    | AddColumn
    | DropColumn
    | AlterColumn
    | FillColumn
    | ForbidNull
    | DropNumbering
    | Create
    | Drop
    | Alter
    | Rename
    | RenameColumn
    | Attach
    | Detach
    | SetComment
    | RebuildTable
)


def subject_of(change: Change) -> Key:
    """Return the key of the object or column that a change is about."""
    match change:
        case CreateTable() | DropTable():
            return change.table.key
        case AddColumn() | DropColumn() | DropNumbering() | FillColumn() | ForbidNull():
            return change.table.column(change.column.name)
        case AlterColumn() | RenameColumn():
            return change.table.column(change.after.name)
        case Create() | Drop():
            return change.object.key
        case Alter() | Rename() | AlterTable():
            return change.after.key
        case Attach():
            return change.partition.key
        case Detach():
            return change.table.key
        case SetComment():
            return change.key
        case RebuildTable():
            return change.after.key
