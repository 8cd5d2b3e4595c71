"""Render ``CREATE TABLE`` and its columns.  Pure.

Invariant: ``parse`` reads what is rendered here back as the same objects.
"""

from __future__ import annotations

from collections.abc import Iterable

from schema_migrations.engines.sqlite.catalog.tokens import (
    BUILTIN_COLLATIONS,
    is_literal,
)
from schema_migrations.engines.sqlite.quote import quote
from schema_migrations.plan.plan import Statement
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Column, Constraint, ForeignKey, Table

Part = Constraint | ForeignKey

INDENT = "\n    "


def render_create_table(name: str, table: Table, parts: Iterable[Part]) -> str:
    """Return ``CREATE TABLE`` with a (quoted) name, which may be a temporary one."""
    inline = {
        part.columns[0]: part
        for part in parts
        if isinstance(part, Constraint) and _must_be_inline(part, table)
    }
    lines = [_render_column(c, inline.get(c.name)) for c in table.columns_in_order]
    below = [part for part in parts if part not in inline.values()]
    lines += [render_constraint(part) for part in sorted(below, key=_sort_key_of)]
    body = f",{INDENT}".join(lines)
    options = f" {table.options}" if table.options else ""
    return f"CREATE TABLE {name} ({INDENT}{body}\n){options}"


def _sort_key_of(part: Part) -> tuple[int, str]:
    kinds = ("primary key", "unique", "check", "exclusion")
    kind = kinds.index(part.type) if isinstance(part, Constraint) else len(kinds)
    return kind, part.key.part


def _must_be_inline(part: Constraint, table: Table) -> bool:
    """Tell whether a primary key must be written on its column to keep its meaning.

    ``AUTOINCREMENT`` is usually written there; with ``DESC`` the key becomes the rowid
    only below the columns:
    https://www.sqlite.org/lang_createtable.html#rowid
    """
    if part.type != "primary key" or len(part.columns) != 1:
        return False
    column = table.get_column(part.columns[0])
    return bool(column.identity) or part.definition.startswith(
        f"PRIMARY KEY ({quote(column.name)} DESC)"
    )


def _render_column(column: Column, primary_key: Constraint | None) -> str:
    words = [quote(column.name), *_render_attributes(column)]
    if primary_key is not None:
        start = f"PRIMARY KEY ({quote(column.name)}"
        order, _, conflict = primary_key.definition.removeprefix(start).partition(")")
        words.append(_prepend_name(primary_key, f"PRIMARY KEY{order}{conflict}"))
        words += ["AUTOINCREMENT"] if column.identity else []
    return " ".join(words)


def _render_attributes(column: Column) -> list[str]:
    words = [column.type] if column.type else []
    if not column.nullable:
        words.append(column.identity_options or "NOT NULL")
    if column.default is not None:
        literal = is_literal(column.default)
        words.append(f"DEFAULT {column.default if literal else f'({column.default})'}")
    if column.collation is not None:
        builtin = column.collation in BUILTIN_COLLATIONS
        words.append(
            f"COLLATE {column.collation if builtin else quote(column.collation)}"
        )
    if column.generated is not None:
        kind = column.generated_kind.upper()
        words.append(f"GENERATED ALWAYS AS ({column.generated}) {kind}")
    return words


def render_constraint(part: Part) -> str:
    return _prepend_name(part, part.definition)


def _prepend_name(part: Part, definition: str) -> str:
    """Return a constraint with its name; it has none if its name is its definition."""
    if part.key.part == part.definition:
        return definition
    return f"CONSTRAINT {quote(part.key.part)} {definition}"


def render_add_column(change: ddl.AddColumn) -> Statement:
    """Return ``ADD COLUMN`` with the constraints that are written on the column."""
    table, name = quote(change.table.name), quote(change.column.name)
    column = _render_column(change.column, None)
    clauses = "".join(
        f"{INDENT}{_render_inline(part)}" for part in change.inline_constraints
    )
    return Statement(
        sql=f"ALTER TABLE {table} ADD COLUMN {column}{clauses}",
        comment=f"Add column {name} to table {table}",
    )


def _render_inline(part: Part) -> str:
    """Return a constraint as written on a column; a reference omits that column."""
    if isinstance(part, Constraint):
        return render_constraint(part)
    start = f"FOREIGN KEY ({quote(part.columns[0])}) "
    definition = part.definition.removeprefix(start)
    return _prepend_name(part, definition)


def render_rename_column(change: ddl.RenameColumn) -> Statement:
    table = quote(change.table.name)
    old, new = quote(change.before.name), quote(change.after.name)
    return Statement(
        sql=f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}",
        comment=f"Rename column {old} to {new} of table {table}",
    )
