"""The schema of a database as one value.

A ``Schema`` is a set of frozen objects, each found by its ``Key``.  Equal objects need
no change: a field that must not count in a comparison is ``compare=False``.  Objects
refer to one another by key only, so there are no cycles and nothing to update.

Names are as the server stores them, unquoted.  ``namespace`` is ``""`` for the one that
unqualified names resolve to (``current_schema()``), else its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeVar

from schema_migrations.schema.key import NO_KEYS as NO_KEYS
from schema_migrations.schema.key import Key as Key
from schema_migrations.schema.key import Kind as Kind
from schema_migrations.schema.key import table_key as table_key
from schema_migrations.schema.trait import MODELLED_TRAITS, Trait


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; ``type`` includes its modifiers, as the server prints it."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    """Expression text, as the server prints it."""
    collation: str | None = None
    """None: the default of the type."""
    identity: str = ""
    """``always``, ``by default``, ``autoincrement`` (SQLite) or empty."""
    identity_options: str = ""
    """Options that differ from those of a plain identity, as SQL."""
    custom_sequence: str = ""
    """Name of the identity's sequence if the server would choose another, else empty."""
    identity_sequence: str = field(default="", compare=False)
    """Name of the identity's sequence in any case."""
    generated: str | None = None
    """Expression text of a generated column."""
    generated_kind: Literal["", "stored", "virtual"] = ""
    comment: str = ""
    is_local: bool = field(default=True, compare=False)
    """False: it has it from a parent table alone, and loses it with that."""
    position: int = field(default=0, compare=False)
    """1-based.  Not compared: ``ALTER TABLE`` always adds at the end."""
    needs: frozenset[Key] = field(default=NO_KEYS, compare=False)
    """Types, collations, sequences and functions that must exist first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    key: Key
    columns: tuple[Column, ...]
    """Sorted by name, so that equality ignores position; see ``columns_in_order``."""
    comment: str = ""
    options: str = ""
    """SQL after the closing parenthesis (SQLite: ``STRICT``, ``WITHOUT ROWID``)."""
    needs: frozenset[Key] = field(default=NO_KEYS, compare=False)

    @property
    def columns_in_order(self) -> tuple[Column, ...]:
        return tuple(sorted(self.columns, key=lambda column: column.position))

    @property
    def provided_keys(self) -> frozenset[Key]:
        return frozenset(self.key.column(c.name) for c in self.columns)

    def get_column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """Primary key, unique, check or exclusion constraint, compared by its definition."""

    key: Key
    table: Key
    type: Literal["primary key", "unique", "check", "exclusion"]
    definition: str
    """SQL after ``CONSTRAINT name``, as the server prints it."""
    columns: tuple[str, ...] = field(default=(), compare=False)
    needs: frozenset[Key] = field(default=NO_KEYS, compare=False)
    is_local: bool = field(default=True, compare=False)
    """As for a column."""
    reserves_relation_name: bool = field(default=True, compare=False)
    """Its index has the same name, so no other relation can have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    key: Key
    table: Key
    definition: str
    """SQL after ``CONSTRAINT name``, as the server prints it."""
    columns: tuple[str, ...] = field(default=(), compare=False)
    referenced_table: Key = field(compare=False)
    needs: frozenset[Key] = field(default=NO_KEYS, compare=False)


INVALID_MARK = " /* invalid */"
"""At the end of the definition of an index that a live database did not finish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index that no constraint owns."""

    key: Key
    table: Key
    unique: bool = False
    definition: str
    """SQL after the table's name: method, columns, include, storage, predicate."""
    columns: tuple[str, ...] = field(default=(), compare=False)
    """Plain columns among the indexed ones."""
    method: str = field(default="", compare=False)
    needs: frozenset[Key] = field(default=NO_KEYS, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A sequence that no identity column owns."""

    key: Key
    definition: str
    """SQL after the name: ``AS integer INCREMENT BY 1 …``."""
    owned_by: Key | None = None
    """The column that it is dropped with."""
    needs: frozenset[Key] = field(default=NO_KEYS, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """An extension, collation, enum or domain."""

    key: Key
    definition: str
    """Collation, domain, extension: SQL after the name in ``CREATE``."""
    labels: tuple[str, ...] = ()
    """Labels of an enum, in order."""
    clauses: tuple[str, ...] = field(default=(), compare=False)
    """Clauses at the end of a domain's definition, which can be altered."""
    version: str = ""
    """Of an extension; empty: the one that its server installs without being asked."""
    installed_version: str = field(default="", compare=False)
    """Of an extension, in any case."""
    is_relocatable: bool = field(default=False, compare=False)
    """An extension can be moved to another schema."""
    needs: frozenset[Key] = field(default=NO_KEYS, compare=False)

    @property
    def bare_definition(self) -> str:
        """The definition without the ``clauses``."""
        return self.definition.removesuffix(" ".join(self.clauses)).rstrip()

    @property
    def base_type(self) -> str:
        """The type that a domain is based on."""
        return self.bare_definition.removeprefix("AS ").partition(" COLLATE ")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """How a partition belongs to its parent, and what it is without it."""

    objects: tuple[Object, ...]
    """The table that it would be if it were detached, with its constraints and indexes."""
    parent: Key
    """Of a table, even if the parent is a partition itself."""
    bounds: str
    """Which rows of its parent it takes, as SQL; no two of one parent have the same."""
    attach_sql: str
    detach_sql: str
    required_columns: tuple[str, ...] = ()
    """Those that its parent forbids NULL in, and it for itself too."""

    @property
    def table(self) -> Table:
        (table,) = (obj for obj in self.objects if isinstance(obj, Table))
        return table


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """An object that models cannot describe: inspected and carried over."""

    key: Key
    trait: Trait
    definition: str
    """Complete SQL that creates it, as the server prints it."""
    owner: Key | None = None
    """The table that it is dropped with."""
    drop_sql: str = ""
    """SQL that drops it; empty: it cannot be dropped alone."""
    shape: tuple[str, ...] = field(default=(), compare=False)
    """Its columns or arguments, as others use them.  The server can replace it in place
    if the new shape begins with this one; empty: it cannot."""
    attachment: Attachment | None = field(default=None, compare=False)
    """Of a partition."""
    whole: Key | None = field(default=None, compare=False)
    """Of a partition's own key: the index of the whole table that it is a part of."""
    needs: frozenset[Key] = field(default=NO_KEYS, compare=False)

    @property
    def noun(self) -> str:
        return self.trait.noun


Object = Table | Constraint | ForeignKey | Index | Sequence | Definition | Opaque
T = TypeVar("T", bound=Object)


@dataclass(frozen=True, slots=True, kw_only=True)
class Privilege:
    """Who owns an object or may use it, where that is not as when it is made."""

    subject: Key | None
    """The object or column that it is on; None: on objects to come."""
    setting: Opaque
    """Its SQL, as an object that needs its subject."""
    role: str = ""
    """The role that its SQL names; empty: everybody, or whoever makes the object."""
    column: str = ""
    """A column of its subject, where that is no table."""
    is_provable: bool = True
    """False: a dev database refuses its SQL."""


@dataclass(frozen=True)
class Schema:
    """All objects of a database, found by key; iteration is in key order."""

    objects: frozenset[Object] = frozenset()
    privileges: tuple[Privilege, ...] = field(default=(), compare=False)
    """Not among the objects unless they are compared: ``schema.privileges``."""
    role: str = field(default="", compare=False)
    """The role that read it, as SQL names it; it owns what has no owner of its own."""
    knows_privileges: bool = field(default=False, compare=False)
    """The privileges are those of a live database, so there are no others."""
    ignored: frozenset[Object] = field(default=frozenset(), compare=False)
    """Objects that are there and hidden, since other tools own them."""
    carried: frozenset[Key] = field(default=NO_KEYS, compare=False)
    """Objects of which the desired state says nothing, so that they stay."""

    @cached_property
    def by_key(self) -> Mapping[Key, Object]:
        return {obj.key: obj for obj in sorted(self.objects, key=lambda obj: obj.key)}

    @cached_property
    def by_table(self) -> Mapping[Key, tuple[Object, ...]]:
        """The constraints, indexes and owned opaque objects of each table."""
        grouped: dict[Key, list[Object]] = {}
        for obj in self:
            owner = owner_of(obj)
            if owner is not None:
                grouped.setdefault(owner, []).append(obj)
        return {key: tuple(group) for key, group in grouped.items()}

    def __iter__(self) -> Iterator[Object]:
        return iter(self.by_key.values())

    def __len__(self) -> int:
        return len(self.objects)

    def of(self, type_: type[T]) -> tuple[T, ...]:
        return tuple(obj for obj in self if isinstance(obj, type_))

    def get(self, key: Key) -> Object | None:
        return self.by_key.get(key)

    def get_table(self, key: Key) -> Table:
        table = self.by_key[key]
        assert isinstance(table, Table)
        return table

    def replace_objects(
        self, removed: Iterable[Key], added: Iterable[Object]
    ) -> Schema:
        """Return the schema without the ``removed`` keys and with the ``added`` objects."""
        objects = dict(self.by_key)
        for key in removed:
            objects.pop(key, None)
        for obj in added:
            objects[obj.key] = obj
        return replace(self, objects=frozenset(objects.values()))


EMPTY = Schema()


def owner_of(obj: Object) -> Key | None:
    """Return the table that an object belongs to, or None."""
    match obj:
        case Constraint() | ForeignKey() | Index():
            return obj.table
        case Opaque():
            return obj.owner
        case Table() | Sequence() | Definition():
            return None


def trait_of(obj: Object) -> Trait:
    """Return what all objects of this one's kind have in common."""
    return obj.trait if isinstance(obj, Opaque) else MODELLED_TRAITS[obj.key.kind]


def provided_keys_of(obj: Object) -> frozenset[Key]:
    """Return the keys that exist as long as an object does, besides its own."""
    return obj.provided_keys if isinstance(obj, Table) else NO_KEYS
