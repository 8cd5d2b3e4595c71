"""The ranks that order changes where nothing else does: for locks, and for readers.

A lock is held until the transaction ends, so what needs none on tables that exist comes
first, and what is quick but locks out everybody comes late.  What is done to one such
table stands together, in the order in which one ``ALTER TABLE`` does it.

- what is dropped and locks no table; types, sequences, new tables with their indexes
- what lets others read: indexes and comments on tables that are not altered
- table by table: drops of rules and indexes, columns, rules, indexes
- foreign keys of new tables; drops of types, views, and indexes of unaltered tables
- what is not modelled; drops of tables
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.constraint_states import is_only_validated
from schema_migrations.schema.model import (
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Opaque,
    Sequence,
)


class Stage(IntEnum):
    AT_ONCE = 1
    """As soon as it can, but it makes nothing else come earlier."""
    TYPES = 2
    SEQUENCES = 3
    NEW_TABLES = 4
    RULES_OF_NEW_TABLES = 5
    INDEXES_OF_NEW_TABLES = 6
    OTHER = 7
    READABLE = 8
    """It lets others read the table that it locks, and may take long."""
    IN_TABLE = 9
    """Done to a table that exists: all of one table together."""
    FOREIGN_KEYS_OF_NEW_TABLES = 10
    DROPS = 11
    NOT_MODELLED = 12
    DROPPED_TABLES = 13


LOCKING = range(Stage.READABLE, Stage.NOT_MODELLED)
"""The stages of what locks tables that exist."""


class TableStep(IntEnum):
    """Steps of what is done to one table."""

    FIRST = 0
    DROPS_OF_PARTS = 1
    DROPS = 2
    OLD_COLUMNS = 3
    NEW_COLUMNS = 4
    RULES = 5
    FOREIGN_KEYS = 6
    INDEXES = 7
    NAMES = 8
    LAST = 9


class Rank(NamedTuple):
    stage: Stage
    table: str = ""
    namespace: str = ""
    step: TableStep = TableStep.FIRST
    position: int = 0

    @property
    def table_key(self) -> Rank:
        """The same of all that is done to one table in one stage."""
        return self._replace(step=TableStep.FIRST, position=0)

    @property
    def at_the_end(self) -> Rank:
        """After all that is done to the table in this stage."""
        return self._replace(step=TableStep.LAST, position=0)

    @property
    def is_in_table(self) -> bool:
        return self.stage == Stage.IN_TABLE


class TableRoles(NamedTuple):
    """What the changes do to tables as a whole."""

    created: frozenset[Key]
    altered: frozenset[Key]
    """They exist, and something locks out all who use them."""
    filled: frozenset[Key]
    """Their rows are updated: triggers and tables that inherit may be concerned."""


def find_table_roles(changes: Iterable[ddl.Change]) -> TableRoles:
    """Return which tables the changes create, and which they alter."""
    changes = tuple(changes)
    created = {c.table.key for c in changes if isinstance(c, ddl.CreateTable)}
    altered = {table for c in changes for table in _find_altered(c)}
    filled = {
        c.table
        for c in changes
        if isinstance(c, ddl.AddColumn | ddl.AlterColumn) and c.fill is not None
    }
    return TableRoles(
        frozenset(created), frozenset(altered - created), frozenset(filled)
    )


def _find_altered(change: ddl.Change) -> tuple[Key, ...]:
    match change:
        case ddl.Create(object=Index()) | ddl.Drop(object=Index()):
            return ()
        case (
            ddl.Create(object=Constraint() | ForeignKey() as rule)
            | ddl.Drop(object=Constraint() | ForeignKey() as rule)
        ):
            return (rule.table,)
        case ddl.Alter(before=ForeignKey() as before, after=ForeignKey() as rule) if (
            not is_only_validated(before, rule)
        ):
            return (rule.table,)
        case (
            ddl.AddColumn()
            | ddl.DropColumn()
            | ddl.AlterColumn()
            | ddl.DropNumbering()
            | ddl.RenameColumn()
        ):
            return (change.table,)
        case ddl.RebuildTable() | ddl.AlterTable():
            return (change.before.key, change.after.key)
        case _:
            return ()


def rank_change(change: ddl.Change, roles: TableRoles) -> Rank:
    """Return when a change comes, as far as no other change waits for it."""
    match change:
        case ddl.Drop():
            return _rank_drop(change, roles)
        case ddl.Create(object=Definition()) | ddl.Alter(before=Definition()):
            return Rank(Stage.TYPES)
        case ddl.Create(object=Sequence()):
            return Rank(Stage.SEQUENCES)
        case ddl.CreateTable(table=table):
            return Rank(Stage.NEW_TABLES, table.key.name, table.key.namespace)
        case ddl.Create(object=Constraint() | ForeignKey() | Index() as part):
            return _rank_creation(part, roles)
        case ddl.Create(object=Opaque()) | ddl.Alter(before=Opaque()) | ddl.Attach():
            return Rank(Stage.NOT_MODELLED)
        case ddl.DropTable():
            return Rank(Stage.DROPPED_TABLES)
        case _:
            return _rank_alteration(change, roles)


def _rank_drop(change: ddl.Drop, roles: TableRoles) -> Rank:
    match change.object:
        case ForeignKey() | Constraint() | Index(unique=True) as rule if (
            roles.filled and rule.table not in roles.filled
        ):
            # Updating the rows of another table may run into it.
            return Rank(Stage.OTHER, rule.table.name, rule.table.namespace)
        case ForeignKey() | Constraint() as rule:
            return _rank_in_table(rule.table, TableStep.DROPS)
        case Index() as index if index.table in roles.altered:
            return _rank_in_table(index.table, TableStep.DROPS_OF_PARTS)
        case Index() as index:
            return Rank(Stage.DROPS, index.table.name, index.table.namespace)
        case Opaque(trait=trait) as part if trait.is_stored_as_text:
            # SQLite locks the whole database anyway, and alters no table beside it.
            return Rank(Stage.AT_ONCE, part.key.name)
        case Opaque(attachment=None, owner=Key() as table) as part if (
            part.trait.survives or part.trait.is_reprinted
        ):
            if table in roles.altered:
                return _rank_in_table(table, TableStep.DROPS_OF_PARTS)
            return Rank(Stage.DROPS, table.name, table.namespace)
        case Sequence(key=key) | Definition(key=key):
            return Rank(Stage.DROPS, key.name, key.namespace)
        case Opaque(attachment=None, owner=None) as view if (
            view.trait.takes_relation_name
        ):
            return Rank(Stage.DROPS, view.key.name, view.key.namespace)
        case other:
            return Rank(Stage.AT_ONCE, other.key.name)


def _rank_creation(part: Constraint | ForeignKey | Index, roles: TableRoles) -> Rank:
    table = part.table
    is_new = table in roles.created
    match part:
        case ForeignKey() if is_new:
            return Rank(Stage.FOREIGN_KEYS_OF_NEW_TABLES, table.name, table.namespace)
        case ForeignKey():
            return _rank_in_table(table, TableStep.FOREIGN_KEYS)
        case Constraint() if is_new:
            return Rank(Stage.RULES_OF_NEW_TABLES, table.name, table.namespace)
        case Constraint():
            return _rank_in_table(table, TableStep.RULES)
        case Index() if is_new:
            return Rank(Stage.INDEXES_OF_NEW_TABLES, table.name, table.namespace)
        case Index() if table in roles.altered:
            return _rank_in_table(table, TableStep.INDEXES)
        case Index():
            return Rank(Stage.READABLE, table.name, table.namespace)


def _rank_alteration(change: ddl.Change, roles: TableRoles) -> Rank:
    match change:
        case ddl.DropColumn() | ddl.DropNumbering():
            return _rank_in_table(change.table, TableStep.DROPS, change.column.position)
        case ddl.AlterColumn() | ddl.RenameColumn():
            return _rank_in_table(
                change.table, TableStep.OLD_COLUMNS, change.after.position
            )
        case ddl.AddColumn():
            return _rank_in_table(
                change.table, TableStep.NEW_COLUMNS, change.column.position
            )
        case ddl.Alter(before=ForeignKey() as before, after=ForeignKey() as rule) if (
            not is_only_validated(before, rule)
        ):
            return _rank_in_table(rule.table, TableStep.FOREIGN_KEYS)
        case ddl.Alter(after=Constraint() | ForeignKey() as rule) if (
            rule.table in roles.altered
        ):
            return _rank_in_table(rule.table, TableStep.INDEXES)
        case ddl.Alter(after=Constraint() | ForeignKey() as rule):
            # Validating reads all rows, and lets others read and write meanwhile.
            return Rank(Stage.READABLE, rule.table.name, rule.table.namespace)
        case ddl.SetComment(key=key) if key.table in roles.altered:
            return _rank_in_table(key.table, TableStep.NAMES)
        case ddl.SetComment(key=key):
            return Rank(Stage.READABLE, key.table.name, key.table.namespace)
        case ddl.Alter(after=Sequence(owned_by=Key() as column)) if (
            column.table in roles.altered
        ):
            return _rank_in_table(column.table, TableStep.NAMES)
        case ddl.Rename(after=Index() | Constraint() | ForeignKey() as part):
            return _rank_in_table(part.table, TableStep.NAMES)
        case ddl.RebuildTable() | ddl.AlterTable():
            return _rank_in_table(change.after.key, TableStep.OLD_COLUMNS)
        case _:
            return Rank(Stage.OTHER, ddl.subject_of(change).name)


def _rank_in_table(table: Key, step: TableStep, position: int = 0) -> Rank:
    return Rank(Stage.IN_TABLE, table.name, table.namespace, step, position)
