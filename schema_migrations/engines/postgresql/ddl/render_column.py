"""Render columns within ``CREATE TABLE`` and ``ALTER TABLE``.  Pure."""

from __future__ import annotations

from schema_migrations.engines.postgresql.ddl.conversion import find_conversion
from schema_migrations.engines.postgresql.ddl.sequence_options import (
    SequenceOptions,
    is_larger,
    is_out_of_bounds,
    list_changed_options,
    read_options,
)
from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.schema.model import Column


def render_column(column: Column, *, default: str | None = None) -> str:
    """Return ``"name" type …``; ``default`` replaces the column's own default."""
    parts = [quote(column.name), column.type]
    if column.collation:
        parts.append(f"COLLATE {column.collation}")
    value = column.default if default is None else default
    if value is not None:
        parts.append(f"DEFAULT {value}")
    if column.generated is not None:
        kind = column.generated_kind.upper()
        parts.append(f"GENERATED ALWAYS AS ({column.generated}) {kind}")
    if column.identity:
        parts.append(_render_identity(column))
    if not column.nullable:
        parts.append("NOT NULL")
    return " ".join(parts)


def _render_identity(column: Column) -> str:
    name = (
        f"SEQUENCE NAME {quote(column.custom_sequence)}"
        if column.custom_sequence
        else ""
    )
    clauses = " ".join(filter(None, (name, column.identity_options)))
    options = f" ({clauses})" if clauses else ""
    return f"GENERATED {column.identity.upper()} AS IDENTITY{options}"


def is_retyped(before: Column, after: Column) -> bool:
    """Tell whether a column gets another type or collation."""
    return (before.type, before.collation) != (after.type, after.collation)


def render_alter_actions(
    before: Column, after: Column, *, using: str | None = None
) -> list[str]:
    """Return the actions of one ``ALTER TABLE`` that turns ``before`` into ``after``.

    PostgreSQL sorts the actions of a statement into phases (drops, types, then
    settings), so a default can be dropped and set again around a type change.
    ``using`` computes the values of the new type in place of the usual conversion.
    """
    retyped = is_retyped(before, after)
    actions: list[str] = []
    if before.identity and not after.identity:
        actions.append("DROP IDENTITY")
    if before.generated is not None and after.generated is None:
        actions.append("DROP EXPRESSION")
    if before.default is not None and (retyped or after.default is None):
        actions.append("DROP DEFAULT")
    numbering = (
        _render_identity_actions(before, after)
        if before.identity and after.identity
        else []
    )
    shrinks = numbering and is_larger(before.type, after.type)
    if shrinks:
        actions += numbering  # The smaller type may not hold the old bounds.
    if retyped:
        actions.append(_render_type_change(before, after, using))
    if after.default is not None and (retyped or before.default != after.default):
        actions.append(f"SET DEFAULT {after.default}")
    if before.nullable != after.nullable:
        actions.append("DROP NOT NULL" if after.nullable else "SET NOT NULL")
    if after.identity and not before.identity:
        actions.append(f"ADD {_render_identity(after)}")
    elif not shrinks:
        actions += numbering
    return [f"ALTER COLUMN {quote(after.name)} {action}" for action in actions]


def _render_identity_actions(before: Column, after: Column) -> list[str]:
    words = []
    if before.identity != after.identity:
        words.append(f"SET GENERATED {after.identity.upper()}")
    old, new = identity_options_of(before), identity_options_of(after)
    words += [f"SET {option}" for option in list_changed_options(old, new)]
    if is_out_of_bounds(old, new):
        words.append("RESTART")
    return [" ".join(words)] if words else []


def identity_options_of(column: Column) -> SequenceOptions:
    """Return all options of the sequence behind an identity column."""
    return read_options(column.identity_options, column.type)


def _render_type_change(before: Column, after: Column, using: str | None) -> str:
    collate = f" COLLATE {after.collation}" if after.collation else ""
    value = find_conversion(before, after) if using is None else using
    return f"TYPE {after.type}{collate}{f' USING {value}' if value else ''}"
