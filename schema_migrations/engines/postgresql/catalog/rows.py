"""The rows of the catalog queries: their fields are the columns, by name and in order.

A query may leave out columns at the end, where the fields have defaults.
Tuples, made by position, for speed: with dataclasses made by name (``class_row``)
``inspect`` would work half as long again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar, get_args, get_type_hints


class DefinitionRow(NamedTuple):
    catalog: int
    oid: int
    kind: Literal["namespace", "extension", "collation", "enum", "domain"]
    namespace: int | None
    """None: it belongs to the whole database."""
    name: str
    """Empty: the namespace that unqualified names resolve to."""
    definition: str
    labels: Sequence[str] = ()
    clauses: Sequence[str] = ()
    version: str = ""
    installed_version: str = ""
    is_relocatable: bool = False


class TableRow(NamedTuple):
    oid: int
    namespace: int
    name: str
    comment: str
    is_partition: bool


class ColumnRow(NamedTuple):
    relation: int
    number: int
    name: str
    type: str
    nullable: bool
    default: str | None
    collation: str | None
    identity: str
    identity_options: str
    draws_from: str
    """The name of the sequence behind an identity column, or nothing."""
    generated: str | None
    generated_kind: Literal["", "stored", "virtual"]
    comment: str
    is_local: bool


class ConstraintRow(NamedTuple):
    oid: int
    relation: int
    name: str
    type: Literal[
        "primary key", "unique", "check", "exclusion", "not null", "foreign key"
    ]
    definition: str
    columns: Sequence[int]
    target: int | None = None
    """The table that a foreign key refers to."""
    target_name: str = ""
    inherited: bool = False
    """A partition has it from its parent."""
    is_local: bool = True
    wholes: Sequence[int] = ()
    """Of a partition's own key: the indexes that its index is a part of, nearest first."""
    attached: bool = False
    """The nearest of them waits for no other partition."""
    parent: int | None = None
    """The key of the parent table that a partition has it from."""


class IndexRow(NamedTuple):
    oid: int
    relation: int
    name: str
    unique: bool
    definition: str
    columns: Sequence[int]
    """The numbers of its key columns; 0: an expression."""
    method: str
    inherited: bool
    """A partition has it from its parent."""
    parent: int | None = None
    """The index of the parent table that it is a part of."""


class SequenceRow(NamedTuple):
    oid: int
    namespace: int
    name: str
    definition: str
    owner: int | None
    owner_column: int | None


class OpaqueRow(NamedTuple):
    catalog: int | None
    """None: it is a property of another object, without an address of its own."""
    oid: int | None
    namespace: int | None
    """None: it belongs to the whole database."""
    owner: int | None
    """The relation that it is on; of a partition: the table at the top."""
    name: str
    part: str
    """What tells it from others of its name: type, and the relation it is on."""
    type: str
    """The noun of its trait."""
    definition: str
    drop: str
    """``DROP`` and its name, as COMMENT ON takes it too; empty: it goes with another."""
    needed_catalog: int | None = None
    """The address of a need that ``dependencies.sql`` cannot give."""
    needed_oid: int | None = None
    needed_column: int | None = None
    shape: Sequence[str] = ()
    attachment: Sequence[str] = ()
    """Of a partition: SQL that attaches it, SQL that detaches it, its partition key, the
    oid of its parent, its bounds, and the columns with a NOT NULL that it has from its
    parent and for itself."""


class CommentRow(NamedTuple):
    catalog: int
    oid: int
    number: int
    """The column whose sequence the comment is on; 0: none."""
    column: str | None
    """A column of the object; None: the comment is on the object itself."""
    words: str
    """The part of the object that it is on; empty: the object itself."""
    subject: str
    """What COMMENT ON names, if the object cannot tell."""
    literal: str


class PrivilegeRow(NamedTuple):
    catalog: int
    oid: int | None
    """None: it is about objects to come, in all schemas."""
    number: int
    """The column that it is on; 0: none."""
    type: Literal[
        "owner",
        "grant",
        "revocation",
        "default grant",
        "default revocation",
        "security label",
    ]
    role: str
    """The role, or a label's provider; empty: everybody, or whoever makes the object."""
    named: str
    """The role as SQL names it."""
    words: str
    """The privileges, or the label."""
    subject: str
    """What SQL names instead of the object: an identity's sequence, a column, TABLES."""
    grantable: bool = False
    scope: str = ""
    """Whose objects to come, and in which schema, as SQL."""
    column: str = ""
    """A column of the object that it is on."""


class DependencyRow(NamedTuple):
    catalog: int
    oid: int
    column: int
    needed_catalog: int
    needed_oid: int
    needed_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRows:
    """All rows; a field has the name of a query's file, or of a folder of queries."""

    definitions: list[DefinitionRow]
    tables: list[TableRow]
    columns: list[ColumnRow]
    constraints: list[ConstraintRow]
    indexes: list[IndexRow]
    sequences: list[SequenceRow]
    opaque: list[OpaqueRow]
    comments: list[CommentRow]
    privileges: list[PrivilegeRow]
    dependencies: list[DependencyRow]


ObjectRow = TypeVar("ObjectRow", TableRow, ConstraintRow, IndexRow, SequenceRow)
ROW_CLASSES = {
    field: get_args(hint)[0] for field, hint in get_type_hints(CatalogRows).items()
}
