"""Render the renames and the advance of the sequences behind identity columns.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.sequence_names import (
    compose_sequence_name,
    is_server_chosen,
)
from schema_migrations.engines.postgresql.ddl.render_column import identity_options_of
from schema_migrations.engines.postgresql.ddl.sequence_options import (
    read_options,
    render_move,
)
from schema_migrations.engines.postgresql.quote import qualify, quote, quote_literal
from schema_migrations.plan.plan import Statement
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Key

if TYPE_CHECKING:
    from schema_migrations.schema.model import Column

Statements = tuple[Statement, ...]

IDENTITY_SEQUENCE = """(
  SELECT objid::regclass FROM pg_depend
  WHERE classid = 'pg_class'::regclass AND deptype = 'i'
    AND refclassid = 'pg_class'::regclass AND refobjid = {table}::regclass
    AND refobjsubid = (SELECT attnum FROM pg_attribute
                       WHERE attrelid = refobjid AND attname = {column})
)"""
"""An identity is what its sequence depends on internally:
https://www.postgresql.org/docs/current/catalog-pg-depend.html"""


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


def render_sequence_advance(change: ddl.AlterColumn) -> Statements:
    """Return the statement that continues a new identity after the values that are there.

    Without it the identity begins at its start:
    https://www.postgresql.org/docs/current/ddl-identity-columns.html
    """
    before, after = change.before, change.after
    if before.identity or not after.identity:
        return ()
    key = change.table.column(after.name)
    options = read_options(after.identity_options, after.type)
    table, column = quote_literal(qualify(key.table)), quote_literal(key.part)
    sequence = f"pg_get_serial_sequence({table}, {column})"
    if change.owns_other_sequence:  # then that function may return the other one
        sequence = IDENTITY_SEQUENCE.format(table=table, column=column)
    return _render_advance(
        sequence, key, str(options.start), counts_down=options.increment < 0
    )


def render_sequence_continuation(change: ddl.AlterColumn) -> Statements:
    """Return the statement that continues a new sequence of a column after its values."""
    if change.continued_sequence is None:
        return ()
    sequence = qualify(change.continued_sequence.key)
    return _render_advance(
        quote_literal(sequence),
        change.table.column(change.after.name),
        f"(SELECT last_value FROM {sequence})",
        counts_down="INCREMENT BY -" in change.continued_sequence.definition,
    )


def _render_advance(
    sequence: str, key: Key, start: str, *, counts_down: bool
) -> Statements:
    table, column = qualify(key.table), quote(key.part)
    last, sign, word = (
        (f"min({column})", "<=", "smallest")
        if counts_down
        else (f"max({column})", ">=", "largest")
    )
    return (
        Statement(
            sql=f"SELECT setval({sequence}, {last}) FROM {table}\n"
            f"HAVING {last} {sign} {start}",
            comment=f"Continue the sequence after the {word} existing value of column {column} of table {table}",
        ),
    )


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
