"""Render the renames and moves of the sequences behind identity columns.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.sequence_names import (
    compose_sequence_name,
    is_server_chosen,
)
from schema_migrations.engines.postgresql.ddl.sequence_options import (
    identity_options_of,
    render_move,
)
from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.plan.plan import Statement
from schema_migrations.schema.model import Key

if TYPE_CHECKING:
    from schema_migrations.schema.model import Column

Statements = tuple[Statement, ...]


def render_sequence_following(column: Column, before: Key, after: Key) -> Statements:
    """Return the statement that renames a sequence like its renamed column or table.

    ``before`` and ``after`` are keys of the column.  A name that the server did not
    choose stays: no statement.
    """
    if not is_server_chosen(column.identity_sequence, before.name, before.part):
        return ()
    return _render_rename(
        column.identity_sequence, compose_sequence_name(after.name, after.part), after
    )


def render_sequence_rename(before: Column, after: Column, key: Key) -> Statements:
    """Return the statement that renames a column's sequence; none if its name stays."""
    if before.custom_sequence == after.custom_sequence or not (
        before.identity and after.identity
    ):
        return ()
    name = after.custom_sequence or compose_sequence_name(key.name, key.part)
    return _render_rename(before.identity_sequence, name, key)


def render_identity_move(before: Column, after: Column, key: Key) -> Statements:
    """Return the statement that moves an identity's sequence up to its new bounds."""
    if not (before.identity and after.identity):
        return ()
    sequence = Key(
        kind="sequence", namespace=key.namespace, name=before.identity_sequence
    )
    return render_move(
        qualify(sequence), identity_options_of(before), identity_options_of(after)
    )


def _render_rename(before: str, after: str, column: Key) -> Statements:
    if before == after:
        return ()
    sequence = Key(kind="sequence", namespace=column.namespace, name=before)
    old, new = qualify(sequence), quote(after)
    return (
        Statement(
            # A database with a longer history may still have it under an older name.
            sql=f"ALTER SEQUENCE IF EXISTS {old} RENAME TO {new}",
            comment=f"Rename sequence {old} to {new}",
        ),
    )
