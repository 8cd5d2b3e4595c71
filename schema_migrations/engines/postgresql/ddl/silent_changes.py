"""What a plan changes without the server looking at stored values again.  Pure.

The server trusts that a function always gives the same result, and so keeps what it once
computed: in indexes, generated columns and materialized views, and as rows that passed a
check.  A new body changes none of that.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from schema_migrations.engines.postgresql.ddl.render_column import render_column
from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.plan.attributes import compare_attributes
from schema_migrations.plan.mentions import find_words
from schema_migrations.plan.plan import Changes
from schema_migrations.plan.restriction import Restriction
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Table,
    trait_of,
)
from schema_migrations.schema.partitions import partition_key_needs_of

_BODY = re.compile(r"\n(?:AS |BEGIN ATOMIC|RETURN ).*", re.DOTALL)


def find_silent_changes(changes: Changes, desired: Schema) -> tuple[Restriction, ...]:
    """Return what to look at where values stay as they are and mean something else."""
    return (
        *(each for c in changes for each in _find_renamed_attributes(c)),
        *(each for c in changes for each in _find_old_results(c, changes, desired)),
        *_find_old_words(changes, desired),
    )


def _find_renamed_attributes(change: ddl.Change) -> Iterator[Restriction]:
    match change:
        case ddl.Alter(before=Opaque() as before, after=Opaque() as after) if (
            after.trait.is_composite
        ):
            for old, new in compare_attributes(before, after).renamed:
                yield Restriction(
                    code="renamed-attribute",
                    message=f"renames attribute {old} of type {after.key.name} to {new}:"
                    " the values stay. If the new one means something else, drop the old"
                    " one in a file of its own first",
                    subject=after.key,
                )
        case _:
            pass


def _find_old_results(
    change: ddl.Change, changes: Changes, desired: Schema
) -> Iterator[Restriction]:
    match change:
        case ddl.Alter(before=Opaque() as before, after=Opaque() as after) if (
            after.trait.is_routine and _read_body(before) != _read_body(after)
        ):
            made = {ddl.subject_of(c) for c in changes if _makes(c)}
            callers = _find_callers(after.key, desired)
            changed = f"changes {after.noun} {after.key.name}, but"
            messages = [
                f"{changed} {what} what the old one gave. Afterwards run: {remedy}"
                for what, remedy in _list_stored_results(callers, made, desired)
            ] + [
                f"{changed} the rows of table {table.key.path} lie in the partitions that"
                " the old one chose. Afterwards create the table anew and move its rows"
                for table in desired.of(Table)
                if partition_key_needs_of(table) & callers and table.key not in made
            ]
            for message in messages:
                yield Restriction(
                    code="stale-results", message=message, subject=after.key
                )
        case _:
            pass


def _find_old_words(changes: Changes, desired: Schema) -> Iterator[Restriction]:
    """Yield what keeps the words that a text search configuration found before."""
    made = {ddl.subject_of(c) for c in changes if _makes(c)}
    altered = {c.after.key for c in changes if isinstance(c, ddl.Alter)}
    changed = [
        obj
        for obj in desired.of(Opaque)
        if obj.trait.borrows_needs and (obj.key in made or obj.needs & altered)
    ]
    dropped = [c.object for c in changes if isinstance(c, ddl.Drop)]
    parts = [obj for obj in (*changed, *dropped) if trait_of(obj).borrows_needs]
    needed = {key for part in parts for key in part.needs}
    for key in sorted(needed - made):
        obj = desired.get(key)
        if isinstance(obj, Opaque) and obj.trait.finds_words:
            for what, remedy in _list_stored_results({key}, made, desired):
                yield Restriction(
                    code="stale-results",
                    message=f"changes {obj.noun} {key.name}, but {what} the words that it"
                    f" found before. Afterwards run: {remedy}",
                )


def _read_body(routine: Opaque) -> str:
    match = _BODY.search(routine.definition)
    return match[0] if match else routine.definition


def _makes(change: ddl.Change) -> bool:
    return isinstance(change, ddl.Create | ddl.CreateTable | ddl.AddColumn)


def _find_callers(routine: Key, schema: Schema) -> set[Key]:
    """Return a routine with all that may call it on the way to an expression.

    A body that is text names it by a word only.
    """
    callers, names = {routine}, {routine.name}
    links = [obj for obj in schema.of(Opaque) if obj.trait.calls_functions]
    while added := [
        obj
        for obj in links
        if obj.key not in callers
        and (
            obj.needs & callers
            or (obj.trait.is_routine and find_words(obj.definition) & names)
        )
    ]:
        callers |= {obj.key for obj in added}
        names |= {obj.key.name for obj in added if obj.trait.is_routine}
    return callers


def _list_stored_results(
    callers: set[Key], made: set[Key], desired: Schema
) -> Iterator[tuple[str, str]]:
    """Yield (what keeps old results, the statement that computes them again)."""
    for obj in desired:
        if isinstance(obj, Table):
            for column in obj.columns:
                key = obj.key.column(column.name)
                if (
                    column.generated_kind == "stored"
                    and column.needs & callers
                    and not {key, obj.key} & made
                ):
                    yield (
                        f"generated column {key.path} keeps",
                        _render_update(obj.key, column),
                    )
        elif obj.needs & callers and obj.key not in made:
            yield from _describe_stored_results(obj, callers)


def _render_update(table: Key, column: Column) -> str:
    """Return what computes a generated column again: a change of what it is computed from.

    ``SET column = DEFAULT`` does not.
    """
    name = qualify(table)
    columns = sorted(k.part for k in column.needs if k.table == table)
    if columns:
        return f"UPDATE {name} SET {quote(columns[0])} = {quote(columns[0])}"
    return (
        f"ALTER TABLE {name} DROP COLUMN {quote(column.name)},"
        f" ADD COLUMN {render_column(column)}"
    )


def _describe_stored_results(
    obj: Object, callers: set[Key]
) -> Iterator[tuple[str, str]]:
    match obj:
        case Index():
            yield f"index {obj.key.path} keeps", f"REINDEX INDEX {qualify(obj.key)}"
        case Constraint(type="check"):
            table, name = qualify(obj.table), quote(obj.key.part)
            yield (
                f"the rows that passed check constraint {obj.key.path} passed",
                f"ALTER TABLE {table} DROP CONSTRAINT {name},"
                f" ADD CONSTRAINT {name} {obj.definition}",
            )
        case Constraint():
            index = qualify(obj.key._replace(name=obj.key.part))
            yield f"constraint {obj.key.path} keeps", f"REINDEX INDEX {index}"
        case Definition(clauses=clauses):
            words = {key.name for key in obj.needs & callers}
            domain = qualify(obj.key)
            checks = [c for c in clauses if c.startswith("CONSTRAINT ")]
            for check in [c for c in checks if find_words(c) & words]:
                name = check.removeprefix("CONSTRAINT ").partition(" CHECK ")[0]
                yield (
                    f"the values that passed the check of domain {obj.key.path} passed",
                    f"ALTER DOMAIN {domain} DROP CONSTRAINT {name};"
                    f" ALTER DOMAIN {domain} ADD {check}",
                )
        case Opaque(trait=trait) if trait.recompute_sql:
            name = obj.key.name
            is_rule = trait.is_constraint
            yield (
                f"the rows of {name} passed" if is_rule else f"{obj.noun} {name} keeps",
                trait.recompute_sql.format(
                    name=qualify(obj.key), drop=obj.drop_sql, create=obj.definition
                ),
            )
        case _:
            pass
