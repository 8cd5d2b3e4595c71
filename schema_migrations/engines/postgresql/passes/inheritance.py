"""Leave to a parent table what its children inherit.  Pure.

A change of a column or a check of the parent reaches every child, and the server refuses
the same change of the child.  A child has changes of its own only where it shall differ.
https://www.postgresql.org/docs/current/ddl-inherit.html
"""

from __future__ import annotations

from dataclasses import replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.ddl.render_column import is_retyped
from schema_migrations.engines.postgresql.passes.inherited_checks import (
    omit_inherited_checks,
    recreate_lost_checks,
)
from schema_migrations.engines.postgresql.quote import qualify
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Key,
    Opaque,
    Schema,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schema_migrations.plan.plan import Changes

Parents = dict[Key, tuple[Key, ...]]
"""Child → its parents, in the order in which it inherits."""
Emitted = dict[Key, list[ddl.Change]]
"""Table → the changes of its columns and checks that have statements."""


def omit_inherited_changes(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Omit the changes of columns and checks that a child gets from its parent.

    A new child is created with ``INHERITS``, where it names only what is its own.
    """
    before, after = _find_parents(current), _find_parents(desired)
    if not (before or after):
        return changes
    kept: Parents = {
        child: tuple(p for p in parents if p in before.get(child, ()))
        for child, parents in after.items()
    }
    kept = {child: parents for child, parents in kept.items() if parents}
    retied = _find_retied(changes, kept, current)
    kept = {child: each for child, each in kept.items() if child not in retied}
    changes = (*_create_children(changes, after, desired), *_tie_anew(retied, current))
    emitted: Emitted = {}
    own = _group_by_table(changes)
    for table in TopologicalSorter(kept).static_order():
        emitted[table] = [
            _keep_for_children(change, kept, current, desired)
            for change in _reduce(
                own.get(table, []), table, kept, emitted, current, desired
            )
        ]
    reduced = {id(c) for table in emitted for c in own.get(table, ())}
    rest = [_await_tables(c, after, desired) for c in changes if id(c) not in reduced]
    return (*rest, *(c for table in emitted for c in emitted[table]))


def _find_parents(schema: Schema) -> Parents:
    found: dict[Key, list[tuple[tuple[str, ...], Key]]] = {}
    for link in schema.of(Opaque):
        if link.trait.ties_tables and link.owner is not None:
            (parent,) = link.needs
            found.setdefault(link.owner, []).append((link.shape, parent))
    return {child: tuple(p for _, p in sorted(each)) for child, each in found.items()}


def _find_retied(changes: Changes, kept: Parents, current: Schema) -> frozenset[Key]:
    """Return the children with a column of two parents that gets another type.

    Neither parent can change it while the child inherits it from the other.
    """
    shared = {
        child.column(column.name)
        for child, parents in kept.items()
        for column in current.get_table(child).columns
        if sum(_has_column(current, p.column(column.name)) for p in parents) > 1
    }
    return frozenset(
        c.table
        for c in changes
        if isinstance(c, ddl.AlterColumn)
        and is_retyped(c.before, c.after)
        and c.table.column(c.after.name) in shared
    )


def _has_column(schema: Schema, column: Key) -> bool:
    table = schema.get(column.table)
    return isinstance(table, Table) and column in table.provided_keys


def _tie_anew(children: frozenset[Key], current: Schema) -> Iterator[ddl.Change]:
    for link in current.of(Opaque):
        if link.trait.ties_tables and link.owner in children:
            yield ddl.Drop(object=link)
            yield ddl.Create(object=link)


def _group_by_table(changes: Changes) -> Emitted:
    """Return the changes of columns and checks by table."""
    groups: Emitted = {}
    for change in changes:
        match change:
            case ddl.AddColumn() | ddl.DropColumn() | ddl.AlterColumn():
                groups.setdefault(change.table, []).append(change)
            case (
                ddl.Create(object=Constraint(type="check") as check)
                | ddl.Drop(object=Constraint(type="check") as check)
                | ddl.Rename(before=Constraint(type="check") as check)
            ):
                groups.setdefault(check.table, []).append(change)
            case _:
                pass
    return groups


def _list_ancestors(table: Key, kept: Parents) -> list[Key]:
    """Return the parents of a table and theirs, from the top."""
    found: list[Key] = []
    for parent in kept.get(table, ()):
        found += [*_list_ancestors(parent, kept), parent]
    return list(dict.fromkeys(found))


def _reduce(
    own: list[ddl.Change],
    table: Key,
    kept: Parents,
    emitted: Emitted,
    current: Schema,
    desired: Schema,
) -> Iterator[ddl.Change]:
    """Yield what is left to do for a table after the changes of its ancestors."""
    reached = [c for a in _list_ancestors(table, kept) for c in emitted.get(a, ())]
    if not reached:
        yield from own
        return
    yield from omit_inherited_checks(own, reached)
    ancestors = _list_ancestors(table, kept)
    yield from recreate_lost_checks(table, ancestors, reached, current, desired)
    before, after = current.get(table), desired.get(table)
    if not (isinstance(before, Table) and isinstance(after, Table)):
        return
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    fills = {c.column.name: c for c in own if isinstance(c, ddl.AddColumn)}
    conversions = {c.after.name: c for c in own if isinstance(c, ddl.AlterColumn)}
    for name in sorted(old.keys() | new.keys()):
        column = _follow(old.get(name), name, reached)
        goal = new.get(name)
        waits = frozenset(c.table.column(name) for c in _select_column(reached, name))
        if goal is None:
            if column is not None:
                yield ddl.DropColumn(table=table, column=column, gone_first=waits)
        elif column is None:
            yield fills.get(name) or ddl.AddColumn(table=table, column=goal)
        elif column != replace(goal, comment=column.comment):
            goal = replace(goal, needs=goal.needs | waits)
            usual = conversions.get(name)
            yield (
                replace(usual, before=column, after=goal)
                if usual
                else ddl.AlterColumn(table=table, before=column, after=goal)
            )


def _select_column(
    changes: list[ddl.Change], name: str
) -> Iterator[ddl.AddColumn | ddl.DropColumn | ddl.AlterColumn]:
    for change in changes:
        match change:
            case ddl.AddColumn() | ddl.DropColumn():
                if change.column.name == name:
                    yield change
            case ddl.AlterColumn():
                if change.after.name == name:
                    yield change
            case _:
                pass


def _follow(
    column: Column | None, name: str, reached: list[ddl.Change]
) -> Column | None:
    """Return what the changes of ancestors make of a child's column."""
    for change in _select_column(reached, name):
        match change:
            case ddl.AddColumn(column=added) if column is None:
                column = replace(
                    added,
                    identity="",
                    identity_options="",
                    custom_sequence="",
                    identity_sequence="",
                    comment="",
                    is_local=False,
                )
            case ddl.DropColumn(only=only) if column is not None:
                stays = only or column.is_local
                column = replace(column, is_local=True) if stays else None
            case ddl.AlterColumn(before=before, after=after) if column is not None:
                column = _alter_as(column, before, after)
            case _:
                pass
    return column


def _alter_as(column: Column, before: Column, after: Column) -> Column:
    """Return a child's column after its parent's was altered."""
    if is_retyped(before, after):
        column = replace(column, type=after.type, collation=after.collation)
        if before.default is not None or after.default is not None:
            column = replace(column, default=after.default)
    if before.default != after.default:
        column = replace(column, default=after.default)
    if before.nullable != after.nullable:
        column = replace(column, nullable=after.nullable)
    if before.generated != after.generated:
        column = replace(
            column, generated=after.generated, generated_kind=after.generated_kind
        )
    return column


def _keep_for_children(
    change: ddl.Change, kept: Parents, current: Schema, desired: Schema
) -> ddl.Change:
    """Let a parent drop a column for itself alone where a child shall keep it.

    Then the column becomes the child's own.
    """
    if not isinstance(change, ddl.DropColumn):
        return change
    name = change.column.name
    is_kept = any(
        change.table in parents
        and _inherits(current, child.column(name))
        and _has_column(desired, child.column(name))
        and not any(_has_column(desired, parent.column(name)) for parent in parents)
        for child, parents in kept.items()
    )
    return replace(change, only=is_kept)


def _inherits(schema: Schema, column: Key) -> bool:
    return (
        _has_column(schema, column)
        and not schema.get_table(column.table).get_column(column.part).is_local
    )


def _create_children(changes: Changes, after: Parents, desired: Schema) -> Changes:
    """Write the parents of a new table into its ``CREATE TABLE``."""
    created = {
        c.table.key: c.table
        for c in changes
        if isinstance(c, ddl.CreateTable) and c.table.key in after
    }
    result: list[ddl.Change] = []
    for change in changes:
        match change:
            case ddl.CreateTable(table=table) if table.key in created:
                result += _create_child(change, after[table.key], desired)
            case ddl.Create(object=Opaque(owner=owner) as link) if (
                link.trait.ties_tables and owner in created
            ):
                pass
            case ddl.Create(object=Constraint(table=table, is_local=False)) if (
                table in created
            ):
                pass
            case _:
                result.append(change)
    return tuple(result)


def _create_child(
    change: ddl.CreateTable, parents: tuple[Key, ...], desired: Schema
) -> Iterator[ddl.Change]:
    table = change.table
    tables = [desired.get_table(parent) for parent in parents]
    inherited: Mapping[str, Column] = {
        column.name: column for parent in reversed(tables) for column in parent.columns
    }
    waits = frozenset(key for parent in tables for key in parent.provided_keys)
    local = tuple(c for c in table.columns if c.is_local or c.name not in inherited)
    names = ", ".join(map(qualify, parents))
    bare = replace(table, columns=local, needs=table.needs | waits | {*parents})
    yield replace(change, table=bare, clauses=(*change.clauses, f"INHERITS ({names})"))
    for column in table.columns_in_order:
        if column in local:
            continue
        start = _follow(
            None,
            column.name,
            [ddl.AddColumn(table=table.key, column=inherited[column.name])],
        )
        assert start is not None
        if start != replace(column, comment=""):
            yield ddl.AlterColumn(
                table=table.key,
                before=start,
                after=replace(column, needs=column.needs | {table.key}),
            )
        if column.comment:
            key = table.key.column(column.name)
            yield ddl.SetComment(key=key, before="", after=column.comment)


def _await_tables(change: ddl.Change, after: Parents, desired: Schema) -> ddl.Change:
    """Let a table inherit from an existing one once both have their columns and checks."""
    match change:
        case ddl.Create(object=Opaque(owner=Key() as owner) as link) if (
            link.trait.ties_tables
        ):
            pair = {owner, *link.needs}
            columns = {k for t in pair for k in desired.get_table(t).provided_keys}
            checks = {
                o.key
                for o in desired.of(Constraint)
                if o.table in pair and o.type == "check"
            }
            return ddl.Create(object=replace(link, needs=link.needs | columns | checks))
        case _:
            return change
