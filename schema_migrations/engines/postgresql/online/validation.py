"""Add checks and foreign keys for new rows at once, and check the others afterwards.  Pure.

The first needs a strong lock and reads nothing, the second lets others read and write.
https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.online.busy_tables import (
    find_busy_tables,
    find_partitioned_tables,
)
from schema_migrations.engines.postgresql.quote import ONLY_MARK
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.constraint_states import NOT_ENFORCED, NOT_VALID
from schema_migrations.schema.model import Constraint, ForeignKey, Index

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from schema_migrations.plan.plan import Changes
    from schema_migrations.schema.model import Key, Schema

Rule = Constraint | ForeignKey


def validate_later(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Add each check and foreign key of a table that exists ``NOT VALID``; validate it then."""
    busy = find_busy_tables(changes, current)
    # Before 18 the keys of single partitions would stay NOT VALID.
    partitioned = find_partitioned_tables(current) | find_partitioned_tables(desired)
    result: list[ddl.Change] = []
    for change in changes:
        match change:
            case ddl.Create(object=Constraint() | ForeignKey() as rule) if (
                rule.table in busy
                and _can_wait(rule)
                and not _refers_to(rule, partitioned)
            ):
                result += add_and_validate(change, rule, changes)
            case _:
                result.append(change)
    return tuple(result)


def add_and_validate(
    change: ddl.Create, rule: Rule, changes: Changes = ()
) -> Iterator[ddl.Change]:
    """Yield the creation of a rule that looks at new rows alone, then its validation."""
    # Whoever deletes a row that is referred to searches the table at once.
    waits = frozenset(_find_index(rule, changes)) if changes else frozenset()
    unchecked = replace(
        rule, definition=f"{rule.definition}{NOT_VALID}", needs=rule.needs | waits
    )
    yield replace(change, object=unchecked)
    yield ddl.Alter(before=unchecked, after=replace(rule, needs=unchecked.needs))


def _can_wait(rule: Rule) -> bool:
    marks = (NOT_VALID, NOT_ENFORCED, ONLY_MARK)
    is_check = isinstance(rule, ForeignKey) or rule.type == "check"
    return is_check and not rule.definition.endswith(marks)


def _refers_to(rule: Rule, tables: Set[Key]) -> bool:
    return isinstance(rule, ForeignKey) and rule.referenced_table in tables


def _find_index(rule: Rule, changes: Changes) -> Iterator[Key]:
    """Yield the keys of new indexes that begin with the columns of a foreign key."""
    if not isinstance(rule, ForeignKey):
        return
    for change in changes:
        match change:
            case ddl.Create(object=Index(table=rule.table) as index) if set(
                index.columns[: len(rule.columns)]
            ) == {*rule.columns}:
                yield index.key
            case _:
                pass
