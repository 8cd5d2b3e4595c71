"""Render columns within ``CREATE TABLE`` and ``ALTER TABLE``.  Pure."""

from __future__ import annotations

import re

from schema_migrations.engines.postgresql.ddl.alter_table import AlterTableStep
from schema_migrations.engines.postgresql.ddl.conversion import find_conversion
from schema_migrations.engines.postgresql.ddl.sequence_options import (
    identity_options_of,
    is_larger,
    list_changed_options,
    needs_restart,
)
from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.plan.table_action import TableAction
from schema_migrations.schema.model import Column, Key


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
    key: Key, before: Column, after: Column, *, using: str | None = None
) -> tuple[TableAction, ...]:
    """Return the actions of one ``ALTER TABLE`` that turns ``before`` into ``after``.

    PostgreSQL sorts the actions of a statement into steps (drops, types, then
    settings), so a default can be dropped and set again around a type change.
    ``using`` computes the values of the new type in place of the usual conversion; it
    may read other columns, so nothing else joins the statement.
    """
    retyped = is_retyped(before, after)
    reads_others = retyped and using is not None and not _is_cast(after.name, using)
    actions: list[tuple[str, AlterTableStep, str]] = []
    if before.identity and not after.identity:
        actions.append(("Drop the identity of", AlterTableStep.DROP, "DROP IDENTITY"))
    if before.generated is not None and after.generated is None:
        actions.append(
            ("Drop the expression of", AlterTableStep.DROP, "DROP EXPRESSION")
        )
    if before.default is not None and (retyped or after.default is None):
        actions.append(("Drop the default of", AlterTableStep.DROP, "DROP DEFAULT"))
    if after.nullable and not before.nullable:
        actions.append(("Allow NULL in", AlterTableStep.DROP, "DROP NOT NULL"))
    numbering = (
        _render_identity_actions(before, after)
        if before.identity and after.identity
        else ""
    )
    change_numbering = "Change the identity of"
    shrinks = numbering and is_larger(before.type, after.type)
    if shrinks:
        # The smaller type may not hold the old bounds.
        actions.append((change_numbering, AlterTableStep.RETYPE, numbering))
    if retyped:
        new_type = _render_type_change(before, after, using)
        actions.append(("Change the type of", AlterTableStep.RETYPE, new_type))
    if after.default is not None and (retyped or before.default != after.default):
        actions.append(
            ("Set the default of", AlterTableStep.SET, f"SET DEFAULT {after.default}")
        )
    if before.nullable and not after.nullable:
        actions.append(("Forbid NULL in", AlterTableStep.SET, "SET NOT NULL"))
    if after.identity and not before.identity:
        identity = f"ADD {_render_identity(after)}"
        actions.append(("Add an identity to", AlterTableStep.SET, identity))
    elif numbering and not shrinks:
        actions.append((change_numbering, AlterTableStep.SET, numbering))
    return tuple(
        TableAction(
            sql=f"ALTER COLUMN {quote(after.name)} {sql}",
            verb=verb,
            noun="column",
            subject=key,
            step=None if reads_others else step,
            reads=after.needs,
            is_for_new_rows=verb.endswith("the default of"),
        )
        for verb, step, sql in actions
    )


def _is_cast(name: str, expression: str) -> bool:
    """Tell whether an expression only casts the values of a column."""
    column = re.escape(quote(name))
    return bool(re.fullmatch(rf'{column}(::[\w". \[\]]+)+', expression))


def _render_identity_actions(before: Column, after: Column) -> str:
    words = []
    if before.identity != after.identity:
        words.append(f"SET GENERATED {after.identity.upper()}")
    old, new = identity_options_of(before), identity_options_of(after)
    words += [f"SET {option}" for option in list_changed_options(old, new)]
    if needs_restart(old, new):
        words.append("RESTART")
    return " ".join(words)


def _render_type_change(before: Column, after: Column, using: str | None) -> str:
    collate = f" COLLATE {after.collation}" if after.collation else ""
    value = find_conversion(before, after) if using is None else using
    return f"TYPE {after.type}{collate}{f' USING {value}' if value else ''}"
