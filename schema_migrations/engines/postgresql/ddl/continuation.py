"""Let sequences go on after the values that columns hold.  Pure.

One that is new, begins anew or is moved knows nothing of them, and the next insert fails
where the column is a key.
https://www.postgresql.org/docs/current/functions-sequence.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.ddl.sequence_options import (
    LARGEST_INTEGERS,
    SequenceOptions,
    identity_options_of,
    may_be_behind,
    needs_restart,
    sequence_options_of,
)
from schema_migrations.engines.postgresql.quote import qualify, quote, quote_literal
from schema_migrations.plan.plan import Statement
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Key, Sequence

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


def continue_new_identity(change: ddl.AlterColumn) -> Statements:
    """Return the statement that continues a new identity after the values that are there.

    Without it the identity begins at its start:
    https://www.postgresql.org/docs/current/ddl-identity-columns.html
    """
    before, after = change.before, change.after
    if before.identity or not after.identity:
        return ()
    key = change.table.column(after.name)
    options = identity_options_of(after)
    table, column = quote_literal(qualify(key.table)), quote_literal(key.part)
    sequence = f"pg_get_serial_sequence({table}, {column})"
    if change.owns_other_sequence:  # then that function may return the other one
        sequence = IDENTITY_SEQUENCE.format(table=table, column=column)
    return _render_continuation(
        sequence, change.table, after, options, place=str(options.start)
    )


def continue_altered_identity(change: ddl.AlterColumn) -> Statements:
    """Return the statement that continues an identity whose sequence gets a new place."""
    before, after = change.before, change.after
    if not (before.identity and after.identity):
        return ()
    sequence = Key("sequence", change.table.namespace, before.identity_sequence)
    old, new = identity_options_of(before), identity_options_of(after)
    if not (needs_restart(old, new) or may_be_behind(old, new)):
        return ()
    return _continue_sequence(sequence, change.table, after, new)


def continue_new_default(change: ddl.AlterColumn) -> Statements:
    """Return the statement that continues a sequence of which a column begins to draw."""
    sequence = change.continued_sequence
    if sequence is None:
        return ()
    options = sequence_options_of(sequence)
    return _continue_sequence(sequence.key, change.table, change.after, options)


def continue_altered_sequence(change: ddl.Alter) -> Statements:
    """Return the statements that continue a sequence that gets a new place."""
    before, after = change.before, change.after
    if not (isinstance(before, Sequence) and isinstance(after, Sequence)):
        return ()
    old, new = sequence_options_of(before), sequence_options_of(after)
    if not (needs_restart(old, new) or may_be_behind(old, new)):
        return ()
    return tuple(
        statement
        for table, column in change.numbered_columns
        for statement in _continue_sequence(after.key, table, column, new)
    )


def _continue_sequence(
    key: Key, table: Key, column: Column, options: SequenceOptions
) -> Statements:
    sequence = qualify(key)
    place = f"(SELECT last_value FROM {sequence})"
    return _render_continuation(
        quote_literal(sequence), table, column, options, place=place
    )


def _render_continuation(
    sequence: str, table: Key, column: Column, options: SequenceOptions, *, place: str
) -> Statements:
    """Return the statement that moves a sequence on, never back.

    ``sequence`` is an expression for its name, ``place`` one for the value that it has.
    Where no number would be left, it stays: the numbers beside the values may be free.
    """
    name = quote(column.name)
    function, word = ("min", "smallest") if options.counts_down else ("max", "largest")
    last = f"{function}({name})"
    condition = f"{last} {'<=' if options.counts_down else '>='} {place}"
    if is_bounded(column, options):
        end, usable = end_of(options), last_usable_of(options)
        limits = (usable, place) if options.counts_down else (place, usable)
        condition = f"{last} BETWEEN {limits[0]} AND {limits[1]}"
        within = f"WHERE {name} {'>=' if options.counts_down else '<='} {end}\n"
    else:
        within = ""
    return (
        Statement(
            sql=f"SELECT setval({sequence}, {last}) FROM {qualify(table)}\n"
            f"{within}HAVING {condition}",
            comment=f"Continue the sequence after the {word} existing value of column "
            f"{name} of table {qualify(table)}",
        ),
    )


def is_bounded(column: Column, options: SequenceOptions) -> bool:
    """Tell whether a column can hold values beyond the end of its sequence."""
    limit = LARGEST_INTEGERS.get(column.type, LARGEST_INTEGERS["bigint"])
    return (
        -limit - 1 < options.smallest
        if options.counts_down
        else options.largest < limit
    )


def end_of(options: SequenceOptions) -> int:
    """Return the bound that a sequence counts to."""
    return options.smallest if options.counts_down else options.largest


def last_usable_of(options: SequenceOptions) -> int:
    """Return the last number that has another one after it."""
    return end_of(options) - options.increment
