"""Summaries of changes, a line each, for the terminal and for a file's header.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from schema_migrations.plan.rename_steps import with_joined_renames
from schema_migrations.plan.shown_definitions import (
    describe_redefinition,
    shorten_definition,
)
from schema_migrations.plan.shown_objects import (
    Redefinitions,
    compare_definitions,
    show_definition,
    show_definitions,
    show_privilege,
    show_redefinitions,
)
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.constraint_states import is_deferrability_alone
from schema_migrations.schema.model import (
    Column,
    Constraint,
    ForeignKey,
    Key,
    Object,
    Opaque,
    Table,
    owner_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryLine:
    """One change for a reader."""

    sign: str
    """``+`` created, ``-`` dropped, ``~`` changed, ``>`` renamed."""
    kind: str
    """``table``, ``column``, ``index``, ``foreign key`` …"""
    table: str
    """The table that it belongs to; empty for objects without one."""
    name: str
    detail: str = ""
    app: str = ""
    """Label of the app whose table it is; empty: none, or not known."""

    def __str__(self) -> str:
        verb = {"+": "add", "-": "drop", "~": "alter", ">": "rename"}[self.sign]
        if self.kind == "table" and self.sign == "+":
            verb = "create"
        if self.name == self.table or not self.table:
            return f"{verb} {self.kind} {self.name}"
        glue = " " if self.name.startswith("(") else "."
        return f"{verb} {self.kind} {self.table}{glue}{self.name}"


def summarize(
    changes: Iterable[ddl.Change],
    apps: Mapping[Key, str] = MappingProxyType({}),
    *,
    shows_all: bool = False,
) -> tuple[SummaryLine, ...]:
    """Return one line for each change; ``apps`` maps tables to labels of apps.

    Parts of a new or dropped table have no line of their own; an opaque object that is
    dropped and created again is one change, as is a foreign key that is only checked at
    another time.  ``shows_all``: what is made or dropped comes
    with its whole definition.
    """
    changes = tuple(_merge_recreated(with_joined_renames(changes)))
    tables = {
        c.table.key for c in changes if isinstance(c, ddl.CreateTable | ddl.DropTable)
    }
    shown = [
        change
        for change in changes
        if not (
            isinstance(change, ddl.Create | ddl.Drop)
            and owner_of(change.object) in tables
        )
    ]
    redefined = show_redefinitions(changes)
    if shows_all:
        redefined = {**show_definitions(changes), **redefined}
    labels = {table.path: label for table, label in apps.items()}
    lines = (
        _summarize_change(change, redefined)
        for change in sorted(shown, key=_rank_change)
    )
    return tuple(replace(line, app=labels.get(line.table, "")) for line in lines)


def _merge_recreated(changes: tuple[ddl.Change, ...]) -> Iterator[ddl.Change]:
    dropped = {c.object.key: c.object for c in changes if isinstance(c, ddl.Drop)}
    pairs = (
        _merge(dropped[c.object.key], c.object)
        for c in changes
        if isinstance(c, ddl.Create) and c.object.key in dropped
    )
    merged = {alter.after.key: alter for alter in pairs if alter is not None}
    for change in changes:
        match change:
            case ddl.Drop(object=obj) if obj.key in merged:
                pass
            case ddl.Create(object=obj) if obj.key in merged:
                yield merged[obj.key]
            case _:
                yield change


def _merge(before: Object, after: Object) -> ddl.Alter | None:
    """Return the one change that a drop and a creation are; None: they are two."""
    match before, after:
        case Opaque() as old, Opaque() as new:
            return ddl.Alter(before=old, after=new)
        case ForeignKey() as one, ForeignKey() as other if is_deferrability_alone(
            one, other
        ):
            return ddl.Alter(before=one, after=other)
        case _:
            return None


def _rank_change(change: ddl.Change) -> int:
    """Return 0 for changes of tables, 1 for columns, 2 for all others."""
    match change:
        case (
            ddl.CreateTable()
            | ddl.DropTable()
            | ddl.AlterTable()
            | ddl.RebuildTable()
            | ddl.Attach()
            | ddl.Detach()
            | ddl.Rename(after=Table())
        ):
            return 0
        case (
            ddl.AddColumn() | ddl.DropColumn() | ddl.AlterColumn() | ddl.RenameColumn()
        ):
            return 1
        case _:
            return 2


def _summarize_change(change: ddl.Change, redefined: Redefinitions) -> SummaryLine:
    match change:
        case ddl.CreateTable():
            columns = len(change.table.columns)
            detail = "1 column" if columns == 1 else f"{columns} columns"
            return _make_table_line("+", change.table.key, detail)
        case ddl.DropTable():
            return _make_table_line("-", change.table.key, "DELETES ITS ROWS")
        case ddl.AlterTable() | ddl.Attach() | ddl.Detach():
            return _summarize_table_change(change)
        case (
            ddl.RebuildTable()
            | ddl.DropNumbering()
            | ddl.FillColumn()
            | ddl.ForbidNull()
        ):  # only passes make these
            return _make_table_line("~", ddl.subject_of(change).table, "rebuilt")
        case ddl.AddColumn():
            return _make_column_line(
                "+", change.table, change.column, describe_column(change.column)
            )
        case ddl.DropColumn():
            detail = "" if change.column.generated is not None else "DELETES ITS VALUES"
            return _make_column_line("-", change.table, change.column, detail)
        case ddl.AlterColumn():
            return _summarize_alteration(change)
        case ddl.RenameColumn():
            detail = f"from {change.before.name}"
            return _make_column_line(">", change.table, change.after, detail)
        case ddl.Create(object=obj):
            _, new = redefined.get(obj.key, ("", show_definition(obj)))
            return _make_object_line("+", obj, new)
        case ddl.Drop(object=obj):
            old, _ = redefined.get(obj.key, (show_privilege(obj), ""))
            return _make_object_line("-", obj, old)
        case ddl.Alter(before=before, after=after):
            return _make_object_line("~", after, compare_definitions(before, after))
        case ddl.Rename(before=Table() as before, after=Table() as after):
            return _make_table_line(">", after.key, f"from {before.key.path}")
        case ddl.Rename():
            name = change.before.key.part or change.before.key.name
            return _make_object_line(">", change.after, f"from {name}")
        case ddl.SetComment():
            key = change.key
            return SummaryLine(
                sign="~",
                kind="comment",
                table=key.table.path,
                name=key.part or "table",
                detail=describe_redefinition(change.before, change.after),
            )


def _summarize_alteration(change: ddl.AlterColumn) -> SummaryLine:
    before, after = change.before, change.after
    if before == replace(after, custom_sequence=before.custom_sequence):
        return SummaryLine(
            sign=">",
            kind="sequence",
            table=change.table.path,
            name=after.identity_sequence,
            detail=f"from {before.identity_sequence}",
        )
    detail = _describe_alteration(before, after)
    return _make_column_line("~", change.table, after, detail)


def _summarize_table_change(
    change: ddl.AlterTable | ddl.Attach | ddl.Detach,
) -> SummaryLine:
    if isinstance(change, ddl.AlterTable):
        detail = describe_redefinition(change.before.options, change.after.options)
        return _make_table_line("~", change.after.key, detail)
    partition = change.partition
    is_attached = isinstance(change, ddl.Attach)
    verb = "becomes a partition of" if is_attached else "is detached from"
    top = partition.owner.path if partition.owner else ""
    bounds = partition.attachment.bounds if partition.attachment else ""
    detail = f"{verb} {top} {shorten_definition(bounds)}".rstrip()
    return _make_table_line("~", change.table.key, detail)


def _make_table_line(sign: str, key: Key, detail: str) -> SummaryLine:
    name = key.path
    return SummaryLine(sign=sign, kind="table", table=name, name=name, detail=detail)


def _make_column_line(
    sign: str, table: Key, column: Column, detail: str
) -> SummaryLine:
    return SummaryLine(
        sign=sign,
        kind="column",
        table=table.path,
        name=column.name,
        detail=detail,
    )


def _make_object_line(sign: str, obj: Object, detail: str) -> SummaryLine:
    owner = owner_of(obj)
    name = obj.key.name
    if isinstance(obj, Constraint | ForeignKey):
        name = obj.key.part
        if name == obj.definition:  # it has no name: show its definition
            name, detail = name[name.index("(") :], ""
    elif isinstance(obj, Opaque) and (part := _name_part(obj)):
        name = f"{part} of {obj.key.table.path}"
    elif isinstance(obj, Opaque) and owner and name == owner.name:
        # A setting has no name of its own: show what it is on.
        column = obj.key.part.partition(" of column ")[2]
        name = column or (owner.path if obj.trait.is_setting else name)
    return SummaryLine(
        sign=sign,
        kind=_kind_of(obj),
        table=owner.path if owner else "",
        name=name,
        detail=detail,
    )


def _name_part(obj: Opaque) -> str:
    """Return the name of a constraint or column of a partition; empty: it is no such part."""
    part = obj.key.part.removeprefix(obj.noun).removeprefix(" of column").strip()
    return part if obj.trait.is_part_of_table and not obj.trait.is_setting else ""


def _kind_of(obj: Object) -> str:
    match obj:
        case Constraint():
            is_primary = obj.type == "primary key"
            return obj.type if is_primary else f"{obj.type} constraint"
        case ForeignKey():
            return "foreign key"
        case Opaque():
            return obj.noun
        case _:
            return obj.key.kind


def describe_column(column: Column) -> str:
    """Return the type of a column, and what else a new one is given."""
    words = [column.type, "NULL" if column.nullable else "NOT NULL"]
    if column.default is not None:
        words.append(f"DEFAULT {column.default}")
    return " ".join(words)


def _describe_alteration(before: Column, after: Column) -> str:
    details = []
    if before.type != after.type:
        details.append(f"{before.type} -> {after.type}")
    if before.collation != after.collation:
        details.append(
            f"collation {before.collation or 'default'} -> {after.collation or 'default'}"
        )
    if before.nullable != after.nullable:
        details.append("NULL -> NOT NULL" if before.nullable else "NOT NULL -> NULL")
    if before.default != after.default:
        details.append(
            f"default {before.default or 'none'} -> {after.default or 'none'}"
        )
    if before.identity != after.identity:
        details.append(
            f"identity {before.identity or 'none'} -> {after.identity or 'none'}"
        )
    if before.custom_sequence != after.custom_sequence:
        details.append(
            f"sequence {before.identity_sequence} -> {after.identity_sequence}"
        )
    if before.identity_options != after.identity_options:
        details.append(
            f"identity {before.identity_options or 'without options'} -> "
            f"{after.identity_options or 'without options'}"
        )
    if before.generated != after.generated:
        change = describe_redefinition(before.generated or "", after.generated or "")
        details.append(f"generated {change}")
    if before.generated_kind != after.generated_kind:
        details.append(
            f"generated {before.generated_kind or 'no'} -> {after.generated_kind or 'no'}"
        )
    return ", ".join(details)


MAX_NAMES_SHOWN = 8


def format_header(lines: Sequence[SummaryLine]) -> tuple[str, ...]:
    """Return the sentences at the top of a file that say what it does."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        verb, rest = str(line).split(" ", 1)
        name = rest.removeprefix(f"{line.kind} ")
        grouped.setdefault((verb, line.kind), []).append(name)
    return tuple(
        _format_sentence(verb, kind, names) for (verb, kind), names in grouped.items()
    )


def _format_sentence(verb: str, kind: str, names: list[str]) -> str:
    noun = kind if len(names) == 1 else f"{len(names)} {make_plural(kind)}"
    shown = ", ".join(names[:MAX_NAMES_SHOWN])
    more = (
        f" and {len(names) - MAX_NAMES_SHOWN} more"
        if len(names) > MAX_NAMES_SHOWN
        else ""
    )
    colon = "" if len(names) == 1 else ":"
    return f"{verb.capitalize()} {noun}{colon} {shown}{more}."


def make_plural(kind: str) -> str:
    """Return the plural of a kind of object: ``policies``, ``memberships in publication``."""
    noun, link, rest = re.split("( (?:in|of) |$)", kind, maxsplit=1)
    if re.search("(?:ss|x)$", noun):
        plural = f"{noun}es"
    elif re.search("[^aeiou]y$", noun):
        plural = f"{noun[:-1]}ies"
    else:
        plural = noun if noun.endswith("s") else f"{noun}s"
    return f"{plural}{link}{rest}"


def suggest_name(lines: Sequence[SummaryLine]) -> str:
    """Return a short name for a file that makes these changes."""
    if not lines:
        return ""
    first = lines[0]
    parts = [first.table or first.name]
    if first.kind != "table":
        parts.append(first.name if first.kind == "column" else first.kind)
    name = "_".join(parts)[:40]
    return f"{name}_and_more" if len(lines) > 1 else name
