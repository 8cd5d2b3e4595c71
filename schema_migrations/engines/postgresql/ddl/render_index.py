"""Render indexes for PostgreSQL.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import ONLY_MARK, qualify, quote
from schema_migrations.plan.plan import Statement

if TYPE_CHECKING:
    from schema_migrations.schema.model import Index


def render_create_index(index: Index, *, concurrently: bool = False) -> Statement:
    table, name = qualify(index.table), quote(index.key.name)
    unique = "UNIQUE " if index.unique else ""
    definition = index.definition.removesuffix(ONLY_MARK)
    only = "ONLY " if definition != index.definition else ""
    word, aside = _describe_concurrent(concurrently)
    return Statement(
        sql=f"CREATE {unique}INDEX {word}{name} ON {only}{table} {definition}",
        comment=f"Create {unique.lower()}index {name} on table {table}{aside}",
        transactional=not concurrently,
    )


def render_drop_index(index: Index, *, concurrently: bool = False) -> Statement:
    name = qualify(index.key)
    word, aside = _describe_concurrent(concurrently)
    return Statement(
        sql=f"DROP INDEX {word}{name}",
        comment=f"Drop index {name} of table {qualify(index.table)}{aside}",
        transactional=not concurrently,
    )


def _describe_concurrent(concurrently: bool) -> tuple[str, str]:
    """Return the keyword, and what a heading says of it."""
    return ("CONCURRENTLY ", ", while others write") if concurrently else ("", "")
