"""Where a sequence may have no number for the rows that are there, or come.  Pure.

How far a sequence has counted, and which numbers rows hold, only the database knows.
https://www.postgresql.org/docs/current/sql-altersequence.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schema_migrations.engines.postgresql.ddl.continuation import (
    end_of,
    is_bounded,
    last_usable_of,
)
from schema_migrations.engines.postgresql.ddl.sequence_options import (
    LARGEST_INTEGERS,
    SequenceOptions,
    identity_options_of,
    is_turned_around,
    may_be_beyond,
    sequence_options_of,
)
from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.plan.existing_rows import ExistingRows, FindRows
from schema_migrations.plan.plan import Changes
from schema_migrations.plan.restriction import Restriction
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Column, Key, Schema, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alteration:
    """New options of a sequence that exists."""

    subject: Key
    """The sequence, or the column whose identity it is."""
    before: SequenceOptions
    after: SequenceOptions
    sequence: Key | None
    """None: it has another name before the file runs."""
    columns: tuple[tuple[Key, Column], ...]
    """(table, column) pairs that have their numbers from it."""


def find_number_restrictions(
    changes: Changes, desired: Schema, find_rows: FindRows
) -> tuple[Restriction, ...]:
    """Return what the numbers that are there may stop, or let stop later inserts."""
    return tuple(
        restriction
        for change in changes
        for restriction in _restrict(change, desired, find_rows)
    )


def _restrict(
    change: ddl.Change, desired: Schema, find_rows: FindRows
) -> Iterator[Restriction]:
    match change:
        case ddl.Alter(before=Sequence() as before, after=Sequence() as after):
            alteration = _Alteration(
                subject=after.key,
                before=sequence_options_of(before),
                after=sequence_options_of(after),
                sequence=after.key,
                columns=change.numbered_columns,
            )
            yield from _restrict_alteration(alteration, find_rows)
        case ddl.AlterColumn(before=Column(identity=str(old)), after=after) if (
            old and after.identity
        ):
            yield from _restrict_alteration(
                _read_identity_alteration(change, find_rows(change.table)), find_rows
            )
        case ddl.AlterColumn(after=after):
            options = _find_new_options(change)
            if options and is_bounded(after, options):
                key, rows = change.table.column(after.name), find_rows(change.table)
                yield _restrict_end(key, options, rows, subject=key)
            elif options is None:
                yield from _restrict_unknown_numbers(change, desired)
        case ddl.AddColumn():
            yield from _restrict_added(change, desired, find_rows(change.table))
        case _:
            pass


def _read_identity_alteration(
    change: ddl.AlterColumn, rows: ExistingRows
) -> _Alteration:
    before, after = change.before, change.after
    sequence = Key("sequence", change.table.namespace, before.identity_sequence)
    is_renamed = rows.table != change.table or _render_old(after.name, rows) != quote(
        after.name
    )
    return _Alteration(
        subject=change.table.column(after.name),
        before=identity_options_of(before),
        after=identity_options_of(after),
        sequence=None if is_renamed else sequence,
        columns=((change.table, after),),
    )


def _restrict_alteration(
    change: _Alteration, find_rows: FindRows
) -> Iterator[Restriction]:
    before, after, end = change.before, change.after, end_of(change.after)
    source = qualify(change.sequence) if change.sequence else ""
    if may_be_beyond(before, after):
        sign = "<" if after.counts_down else ">"
        yield Restriction(
            code="counted-too-far",
            message=f"lets {change.subject} end at {end}: fails if it has counted beyond "
            "that",
            query=f"SELECT last_value FROM {source} WHERE last_value {sign} {end}"
            if source
            else "",
            subject=change.subject,
            clause="ALTER ",
        )
    if not is_turned_around(before, after):
        return
    for table, column in change.columns:
        if is_bounded(column, after) and _may_have_reached(before, after):
            yield _restrict_end(
                table.column(column.name),
                after,
                find_rows(table),
                subject=change.subject,
            )
    overlap = before.smallest <= after.largest and before.largest >= after.smallest
    if overlap and not change.columns:
        yield Restriction(
            code="numbers-given-again",
            message=f"lets {change.subject} count in the other direction: it gives "
            "numbers again if it has given any, and no column shows which",
            query=f"SELECT last_value FROM {source} WHERE is_called",
            subject=change.subject,
            clause="ALTER ",
        )


def _may_have_reached(before: SequenceOptions, after: SequenceOptions) -> bool:
    """Tell whether a sequence may have given what its new direction ends with."""
    ends = sorted((end_of(after), last_usable_of(after)))
    return before.smallest < ends[1] if after.counts_down else before.largest > ends[0]


def _find_new_options(change: ddl.AlterColumn) -> SequenceOptions | None:
    """Return the options of the sequence that a column begins to draw from."""
    if change.continued_sequence is not None:
        return sequence_options_of(change.continued_sequence)
    is_new = change.after.identity and not change.before.identity
    return identity_options_of(change.after) if is_new else None


def _restrict_end(
    column: Key, options: SequenceOptions, rows: ExistingRows, *, subject: Key
) -> Restriction:
    value, end = _render_old(column.part, rows), end_of(options)
    function, within, beyond, way = (
        ("min", ">=", "<", "down") if options.counts_down else ("max", "<=", ">", "up")
    )
    last = f"{function}({value})"
    return Restriction(
        code="numbers-used-up",
        message=f"numbers {column.path} {way} to {end}, after the values that are there: "
        "inserts fail afterwards if no number is left",
        query=f"SELECT {last} FROM {qualify(rows.table)} WHERE {value} {within} {end}"
        f" HAVING {last} {beyond} {last_usable_of(options)}",
        subject=subject,
        clause="setval",
    )


def _restrict_unknown_numbers(
    change: ddl.AlterColumn, desired: Schema
) -> Iterator[Restriction]:
    """Yield the restriction of a default that makes something else of the numbers."""
    if change.after.default is None:
        return
    sequences = {each.key for each in desired.of(Sequence)}
    for sequence in sorted(sequences & change.after.needs - change.before.needs):
        key = change.table.column(change.after.name)
        yield Restriction(
            code="numbers-given-again",
            message=f"lets {key.path} draw from {sequence}: it may give what rows hold "
            "already",
            subject=key,
        )


def _restrict_added(
    change: ddl.AddColumn, desired: Schema, rows: ExistingRows
) -> Iterator[Restriction]:
    """Yield the restriction of a new column whose existing rows get numbers."""
    column = change.column
    sequences = [s for s in desired.of(Sequence) if s.key in column.needs]
    if column.identity:
        options = identity_options_of(column)
    elif sequences and column.default:
        options = sequence_options_of(sequences[0])
    else:
        return
    count = _count_numbers(options)
    if options.cycles or count >= LARGEST_INTEGERS["integer"] or not rows.exists:
        return
    key = change.table.column(column.name)
    yield Restriction(
        code="numbers-used-up",
        message=f"numbers the rows of {change.table.path} in {key.path}: fails if there "
        f"are more than {count}",
        query=f"SELECT count(*) FROM {qualify(rows.table)} HAVING count(*) > {count}",
        subject=key,
    )


def _count_numbers(options: SequenceOptions) -> int:
    return abs(end_of(options) - options.start) // abs(options.increment) + 1


def _render_old(column: str, rows: ExistingRows) -> str:
    return rows.values[column].sql if column in rows.values else quote(column)
