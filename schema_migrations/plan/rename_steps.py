"""The steps that carry out renames, in an order that works.

Pure.  Invariant: each new name is free when it is taken.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace

from schema_migrations.plan.folded_names import FoldName
from schema_migrations.plan.renames import Renames
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Constraint,
    Key,
    Schema,
    Table,
    table_key,
)
from schema_migrations.schema.partitions import list_partition_tables


def order_renames(
    renames: Renames, current: Schema, fold: FoldName = str
) -> tuple[ddl.Rename | ddl.RenameColumn, ...]:
    """Return the renames in an order in which each new name is free.

    A table or column that has a new name and is not renamed itself is moved aside.  A table
    cannot take a name that ``fold`` does not tell from its own, while a column can.
    """
    result: list[ddl.Rename | ddl.RenameColumn] = []
    tables = {
        table.key: table
        for table in (*current.of(Table), *list_partition_tables(current))
    }
    taken = {o.key.part or o.key.name for o in current}
    for namespace in sorted({old.namespace for old in renames.tables}):
        result += _order_table_renames(
            renames, namespace, tables, fold, current=current, taken=taken
        )
    for key in dict.fromkeys(k.table for k in renames.columns):
        table = tables[key]
        columns = {column.name: column for column in table.columns}
        names = {k.part: new for k, new in renames.columns.items() if k.table == key}
        for name, new in order_name_pairs(names, set(columns)):
            column = columns.pop(name)
            columns[new] = replace(column, name=new)
            result.append(
                ddl.RenameColumn(table=key, before=column, after=columns[new])
            )
    return tuple(result)


def _order_table_renames(
    renames: Renames,
    namespace: str,
    tables: dict[Key, Table],
    fold: FoldName,
    *,
    current: Schema,
    taken: set[str],
) -> Iterator[ddl.Rename]:
    """Yield the renames of one schema's tables; give ``tables`` and ``taken`` the new names."""
    pairs = {
        old.name: new.name
        for old, new in renames.tables.items()
        if old.namespace == namespace
    }
    names = {key.name for key in tables if key.namespace == namespace}
    for old, new in order_name_pairs(pairs, names, fold):
        before = tables.pop(table_key(old, namespace))
        after = replace(before, key=before.key._replace(name=new))
        tables[after.key] = after
        yield ddl.Rename(before=before, after=after)
        if old in pairs and new not in pairs.values():  # in a circle
            taken.add(new)
            yield from _free_constraint_names(before.key, after.key, current, taken)


def with_joined_renames(changes: Iterable[ddl.Change]) -> tuple[ddl.Change, ...]:
    """Return the changes with steps through a spare name joined to one rename."""
    joined: list[ddl.Change] = []
    places: dict[Key, int] = {}
    """The name that a rename gave → where it is."""
    for change in changes:
        if isinstance(change, ddl.Rename | ddl.RenameColumn):
            old, new = _names_of(change)
            place = places.pop(old, None)
            if place is None:
                places[new] = len(joined)
                joined.append(change)
            else:
                places[new] = place
                joined[place] = _with_first_name(joined[place], change)
        else:
            joined.append(change)
    return tuple(joined)


def _names_of(change: ddl.Rename | ddl.RenameColumn) -> tuple[Key, Key]:
    if isinstance(change, ddl.Rename):
        return change.before.key, change.after.key
    return change.table.column(change.before.name), change.table.column(
        change.after.name
    )


def _with_first_name(first: ddl.Change, last: ddl.Change) -> ddl.Change:
    match first, last:
        case (ddl.Rename(before=before), ddl.Rename()):
            return replace(last, before=before)
        case (ddl.RenameColumn(before=column), ddl.RenameColumn()):
            return replace(last, before=column)
        case _:
            return last


def _free_constraint_names(
    old: Key, new: Key, current: Schema, taken: set[str]
) -> Iterator[ddl.Rename]:
    """Yield renames that free the constraint names of a table that is moved aside.

    Otherwise the constraints of tables that swap names would wait for one another.
    """
    for obj in current.by_table.get(old, ()):
        if (
            isinstance(obj, Constraint)
            and obj.reserves_relation_name
            and obj.type != "check"
        ):
            name = _find_unused_name(obj.key.part, taken)
            taken.add(name)
            before = replace(obj, key=new.constraint(obj.key.part), table=new)
            yield ddl.Rename(
                before=before, after=replace(before, key=new.constraint(name))
            )


def order_name_pairs(
    pairs: Mapping[str, str], taken: set[str], fold: FoldName = str
) -> Iterator[tuple[str, str]]:
    """Yield (from, to) steps so that each name is free when it is taken.

    No two pairs end in one name.
    """
    assert len(set(pairs.values())) == len(pairs), pairs
    names, waiting = {fold(name): name for name in taken}, dict(sorted(pairs.items()))
    for new in sorted({fold(new) for new in pairs.values()} & names.keys()):
        name = names[new]
        if name in pairs:
            continue
        aside = _find_unused_name(name, names.values())
        del names[new]
        names[fold(aside)] = aside
        yield name, aside
    while waiting:
        old = next((o for o, n in waiting.items() if fold(n) not in names), None)
        if old is not None:
            new = waiting.pop(old)
        else:  # a circle: move one of them aside
            old = next(iter(waiting))
            new = _find_unused_name(old, names.values())
            waiting[new] = waiting.pop(old)
        names.pop(fold(old), None)
        names[fold(new)] = new
        yield old, new


def _find_unused_name(name: str, taken: Container[str]) -> str:
    """Return ``old__name`` or a variant, within PostgreSQL's limit of 63 bytes."""
    aside = f"old__{name}"
    while len(aside.encode()) > 63:
        aside = aside[:-1]
    while aside in taken:
        aside = f"_{aside[:-1]}"
    return aside
