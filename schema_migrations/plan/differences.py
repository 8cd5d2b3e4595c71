"""The differences of a database from its files, sorted by what they mean.  Pure.

Changes lead from the database to the files: they would create what is *missing*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, get_args

from schema_migrations.plan.losses import MayAlterValues, find_losses
from schema_migrations.plan.shown_objects import compare_definitions
from schema_migrations.plan.summary import (
    SummaryLine,
    describe_column,
    summarize,
)
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Constraint, Key, Object, Opaque, Schema
from schema_migrations.schema.partitions import pair_renamed_partitions

DifferenceKind = Literal["missing", "different", "surplus", "name", "serial", "wider"]
"""``surplus``: only the database has it.  ``name``: only the name differs.
``serial``: a column that numbers its rows as in tables created before Django 4.1.
``wider``: a column of a larger integer type."""

DIFFERENCE_KINDS: tuple[DifferenceKind, ...] = get_args(DifferenceKind)
REAL_KINDS: tuple[DifferenceKind, ...] = ("missing", "different", "surplus")
"""The others make no difference to how the database works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    kind: DifferenceKind
    line: SummaryLine
    is_of_rows: bool = False
    """It is what holds rows: a table, a column, a partition."""


def classify(
    changes: Iterable[ddl.Change],
) -> dict[DifferenceKind, tuple[ddl.Change, ...]]:
    """Return the changes by kind; ``serial`` and ``wider`` stay empty."""
    changes = tuple(changes)
    dropped = {c.object.key for c in changes if isinstance(c, ddl.Drop)}
    created = {c.object.key for c in changes if isinstance(c, ddl.Create)}
    rekeyed_tables = _find_primary_key_tables(changes, ddl.Drop)
    rekeyed_tables &= _find_primary_key_tables(changes, ddl.Create)

    def kind(change: ddl.Change) -> DifferenceKind:
        match change:
            case ddl.CreateTable() | ddl.AddColumn():
                return "missing"
            case ddl.DropTable() | ddl.DropColumn():
                return "surplus"
            case ddl.Create(object=obj) if not (
                obj.key in dropped or _primary_key_table_of(obj) in rekeyed_tables
            ):
                return "missing"
            case ddl.Drop(object=obj) if not (
                obj.key in created or _primary_key_table_of(obj) in rekeyed_tables
            ):
                return "surplus"
            case ddl.Rename():
                return "name"
            case ddl.AlterColumn(before=before, after=after) if after == replace(
                before, custom_sequence=after.custom_sequence
            ):
                return "name"
            case _:
                return "different"

    groups: dict[DifferenceKind, list[ddl.Change]] = {
        name: [] for name in DIFFERENCE_KINDS
    }
    for change in changes:
        groups[kind(change)].append(change)
    return {name: tuple(group) for name, group in groups.items()}


def _primary_key_table_of(obj: Object) -> Key | None:
    """Return the table of a primary key, None for other objects."""
    if isinstance(obj, Constraint) and obj.type == "primary key":
        return obj.table
    return None


def _find_primary_key_tables(
    changes: Iterable[ddl.Change], type_: type[ddl.Drop] | type[ddl.Create]
) -> set[Key | None]:
    tables = {_primary_key_table_of(c.object) for c in changes if isinstance(c, type_)}
    return tables - {None}


def list_differences(
    changes: Iterable[ddl.Change], apps: Mapping[Key, str] = MappingProxyType({})
) -> tuple[Difference, ...]:
    """Return the changes as differences for a reader, one line each, kind by kind.

    ``apps`` maps tables to the labels of their apps.
    """
    changes = tuple(changes)
    columns = {
        (c.table.path, c.column.name): describe_column(c.column)
        for c in changes
        if isinstance(c, ddl.DropColumn)
    }
    holders = {"table", "column"} | {
        c.object.noun
        for c in changes
        if isinstance(c, ddl.Drop | ddl.Create)
        and isinstance(c.object, Opaque)
        and c.object.trait.holds_rows
    }
    return tuple(
        Difference(
            kind=kind,
            line=_describe_surplus(line, columns) if kind == "surplus" else line,
            is_of_rows=line.kind in holders,
        )
        for kind, group in classify(changes).items()
        for line in _summarize_group(group, apps)
    )


def _describe_surplus(
    line: SummaryLine, columns: Mapping[tuple[str, str], str]
) -> SummaryLine:
    """Return the line of a table or column with what it is: nobody is about to drop it."""
    match line.kind:
        case "table":
            return replace(line, detail="")
        case "column":
            return replace(line, detail=columns[line.table, line.name])
        case _:
            return line


def find_unsafe_changes(
    changes: Iterable[ddl.Change], may_alter_values: MayAlterValues
) -> tuple[ddl.Change, ...]:
    """Return the changes that need a person's consent.

    They drop objects that only the database has, or may lose rows or values.  A partition
    is attached or detached together with the changes of its table.  One that only has
    another name is renamed.
    """
    changes = tuple(changes)
    risky = {key for key, _ in find_losses(changes, may_alter_values)}
    risky |= {ddl.subject_of(change) for change in classify(changes)["surplus"]}
    risky -= _find_renamed(changes)
    tables = {key.table for key in risky}
    return tuple(
        change
        for change in changes
        if ddl.subject_of(change) in risky
        or (isinstance(change, ddl.Attach | ddl.Detach) and change.table.key in tables)
    )


def find_drops_of(
    changes: Iterable[ddl.Change], current: Schema, relations: Iterable[Key]
) -> tuple[ddl.Change, ...]:
    """Return the changes that drop one of the relations, a part of one, or what it needs.

    ``current`` has them; a change of them is no drop.
    """
    drops = {ddl.subject_of(change): change for change in classify(changes)["surplus"]}
    found: dict[Key, ddl.Change] = {}
    waiting = list(relations)
    while waiting:
        key = waiting.pop()
        if key not in drops or key in found:
            continue
        found[key] = drops[key]
        waiting += (obj.key for obj in current.by_table.get(key, ()))
        match drops[key]:
            case (
                ddl.DropTable(table=gone)
                | ddl.DropColumn(column=gone)
                | ddl.Drop(object=gone)
            ):
                waiting += (*gone.needs, *(each.table for each in gone.needs))
            case _:
                pass
    return tuple(found.values())


def _find_renamed(changes: Iterable[ddl.Change]) -> set[Key]:
    """Return the old keys of the partitions that are renamed."""
    changes = tuple(changes)
    gone, new = (
        [
            c.object
            for c in changes
            if isinstance(c, kind) and isinstance(c.object, Opaque)
        ]
        for kind in (ddl.Drop, ddl.Create)
    )
    existing = {
        c.table.key for c in changes if isinstance(c, ddl.DropTable | ddl.Attach)
    }
    tables = pair_renamed_partitions(gone, new, existing=existing)
    return {
        obj.key for obj in gone if obj.attachment and obj.attachment.table.key in tables
    }


def _summarize_group(
    changes: tuple[ddl.Change, ...], apps: Mapping[Key, str]
) -> Iterator[SummaryLine]:
    """Yield a line for each change; a drop and a creation of the same key are one."""
    old = {c.object.key: c.object for c in changes if isinstance(c, ddl.Drop)}
    new = {c.object.key: c.object for c in changes if isinstance(c, ddl.Create)}
    redefined = old.keys() & new.keys()
    others = [
        c
        for c in changes
        if not (isinstance(c, ddl.Drop | ddl.Create) and c.object.key in redefined)
    ]
    yield from summarize(others, apps, shows_all=True)
    for key in sorted(redefined):
        (line,) = summarize([ddl.Create(object=new[key])], apps)
        yield replace(line, sign="~", detail=compare_definitions(old[key], new[key]))


_TOLERATED_DETAILS: Mapping[DifferenceKind, str] = {
    "serial": "serial instead of identity",
    "wider": "larger type than in the files",
}


def list_tolerated_columns(
    kind: DifferenceKind,
    columns: Iterable[Key],
    apps: Mapping[Key, str] = MappingProxyType({}),
) -> tuple[Difference, ...]:
    """Return a difference of a tolerated kind for each column."""
    return tuple(
        Difference(
            kind=kind,
            line=SummaryLine(
                sign="~",
                kind="column",
                table=column.table.path,
                name=column.part,
                detail=_TOLERATED_DETAILS[kind],
                app=apps.get(column.table, ""),
            ),
        )
        for column in columns
    )
