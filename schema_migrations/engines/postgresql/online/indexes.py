"""Make and drop indexes of tables that exist while others write.  Pure.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.online.busy_tables import (
    can_go_last,
    choose_free_name,
    find_busy_tables,
    list_names,
)
from schema_migrations.engines.postgresql.quote import ONLY_MARK
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Constraint, Index

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes
    from schema_migrations.schema.model import Key, Object, Schema


def make_indexes_concurrently(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Make and drop indexes ``CONCURRENTLY``."""
    busy = find_busy_tables(changes, current)
    return tuple(
        replace(change, concurrently=True)
        if isinstance(change, ddl.Create | ddl.Drop) and _is_of(busy, change.object)
        else change
        for change in changes
    )


def drop_indexes_last(changes: Changes, current: Schema, desired: Schema) -> Changes:
    """Drop indexes and keys of a table when its new ones are valid, if nothing forbids it.

    An index in whose name another is made moves aside first.
    """
    busy = find_busy_tables(changes, current)
    taken = list_names(changes, current, desired)
    made: dict[Key, set[Key]] = defaultdict(set)
    for change in changes:
        index = change.object if isinstance(change, ddl.Create) else None
        if isinstance(index, Index) and _is_of(busy, index):
            made[index.table].add(index.key)
    every_new = frozenset(key for keys in made.values() for key in keys)
    result: list[ddl.Change] = []
    for change in changes:
        match change:
            case ddl.Drop(object=Index() | Constraint() as part) if (
                part.table in made and _has_index(part) and can_go_last(part, changes)
            ):
                new = frozenset(made[part.table])
                if part.key in every_new:
                    aside = _with_free_name(part, taken)
                    result.append(ddl.Rename(before=part, after=aside, aside=True))
                    change = replace(change, object=aside)
                if not _takes_any_name(part, every_new):
                    change = replace(change, made_first=new)
                result.append(change)
            case _:
                result.append(change)
    return tuple(result)


def _has_index(part: Index | Constraint) -> bool:
    return isinstance(part, Index) or part.type != "check"


def _is_of(tables: frozenset[Key], part: Object) -> bool:
    return (
        isinstance(part, Index)
        and part.table in tables
        and not part.definition.endswith(ONLY_MARK)
    )


def _with_free_name(part: Index | Constraint, taken: set[str]) -> Index:
    assert isinstance(part, Index)
    name = choose_free_name(part.key.name, "__old", taken)
    return replace(part, key=part.key._replace(name=name))


def _takes_any_name(part: Index | Constraint, new: frozenset[Key]) -> bool:
    """Tell whether the index of a constraint has the name of a new one."""
    return isinstance(part, Constraint) and part.key.part in {key.name for key in new}
