"""The options of a sequence, as values; what changes them without losing its place.  Pure.

A sequence may have counted to any value when a file runs, and the server refuses bounds
that exclude it.  So one that the new bounds are ahead of is moved there first; one that
cannot be within them, or turns around, begins anew.  What counts back comes only after
an ``ALTER SEQUENCE``, whose rollback undoes it: that of ``setval`` alone does not.
https://www.postgresql.org/docs/current/sql-altersequence.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.quote import quote_literal
from schema_migrations.plan.plan import Statement

if TYPE_CHECKING:
    from schema_migrations.schema.model import Column, Sequence

LARGEST_INTEGERS = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceOptions:
    """All options of a sequence, those that it has by default included."""

    type: str
    start: int
    increment: int
    smallest: int
    largest: int
    cache: int
    cycles: bool

    @property
    def counts_down(self) -> bool:
        return self.increment < 0

    @property
    def _default_bounds(self) -> tuple[int, int]:
        limit = LARGEST_INTEGERS[self.type]
        return (1, limit) if self.increment > 0 else (-limit - 1, -1)

    def with_type(self, type_: str) -> SequenceOptions:
        """Return the options once the server has changed the type alone.

        A bound that was that of the old type becomes that of the new one.
        """
        old, new = LARGEST_INTEGERS[self.type], LARGEST_INTEGERS[type_]
        smallest = -new - 1 if self.smallest == -old - 1 else self.smallest
        largest = new if self.largest == old else self.largest
        return replace(self, type=type_, smallest=smallest, largest=largest)


def is_larger(type_: str, other: str) -> bool:
    return LARGEST_INTEGERS[type_] > LARGEST_INTEGERS[other]


def read_options(text: str, type_: str) -> SequenceOptions:
    """Read options as the catalog query prints them: all, or those that differ."""

    def read_number(words: str) -> int | None:
        found = re.search(rf"\b{words} (-?\d+)", text)
        return int(found[1]) if found else None

    increment = read_number("INCREMENT BY") or 1
    limit = LARGEST_INTEGERS[type_]
    smallest, largest = read_number("MINVALUE"), read_number("MAXVALUE")
    if smallest is None:
        smallest = 1 if increment > 0 else -limit - 1
    if largest is None:
        largest = limit if increment > 0 else -1
    start = read_number("START WITH")
    if start is None:
        start = smallest if increment > 0 else largest
    return SequenceOptions(
        type=type_,
        start=start,
        increment=increment,
        smallest=smallest,
        largest=largest,
        cache=read_number("CACHE") or 1,
        cycles=bool(re.search(r"(?<!NO )\bCYCLE\b", text)),
    )


def sequence_options_of(sequence: Sequence) -> SequenceOptions:
    words = sequence.definition.split()
    return read_options(sequence.definition, words[1])


def identity_options_of(column: Column) -> SequenceOptions:
    """Return all options of the sequence behind an identity column."""
    return read_options(column.identity_options, column.type)


def list_changed_options(before: SequenceOptions, after: SequenceOptions) -> list[str]:
    """Return the options to set, besides the type, and whether to begin anew."""
    reached = before.with_type(after.type)
    shrinks = is_larger(before.type, after.type)
    smallest, largest = after._default_bounds
    bounds = (
        ("MINVALUE", reached.smallest, after.smallest, smallest),
        ("MAXVALUE", reached.largest, after.largest, largest),
    )
    options = []
    if reached.start != after.start:
        options.append(f"START WITH {after.start}")
    if reached.increment != after.increment:
        options.append(f"INCREMENT BY {after.increment}")
    for words, old, new, default in bounds:
        if old != new:
            # NO MAXVALUE means the largest value of the type before this statement.
            is_default = new == default and not shrinks
            options.append(f"NO {words}" if is_default else f"{words} {new}")
    if reached.cache != after.cache:
        options.append(f"CACHE {after.cache}")
    if reached.cycles != after.cycles:
        options.append("CYCLE" if after.cycles else "NO CYCLE")
    return options


def needs_restart(before: SequenceOptions, after: SequenceOptions) -> bool:
    """Tell whether a sequence gets a new place: it turns around or is out of its bounds."""
    return is_turned_around(before, after) or _is_out_of_bounds(before, after)


def is_turned_around(before: SequenceOptions, after: SequenceOptions) -> bool:
    return before.counts_down != after.counts_down


def _is_out_of_bounds(before: SequenceOptions, after: SequenceOptions) -> bool:
    """Tell whether no value that the sequence can have counted to is within the bounds."""
    if before.largest < after.smallest or before.smallest > after.largest:
        return True
    if after.counts_down:
        return before.start < after.smallest
    return before.start > after.largest


def may_be_behind(before: SequenceOptions, after: SequenceOptions) -> bool:
    """Tell whether the new bounds may be ahead of a sequence that goes on."""
    if needs_restart(before, after):
        return False
    if after.counts_down:
        return before.largest > after.largest
    return before.smallest < after.smallest


def may_be_beyond(before: SequenceOptions, after: SequenceOptions) -> bool:
    """Tell whether a sequence that goes on may have passed its new bounds."""
    if needs_restart(before, after):
        return False
    if after.counts_down:
        return before.smallest < after.smallest
    return before.largest > after.largest


def render_move(
    sequence: str, before: SequenceOptions, after: SequenceOptions
) -> tuple[Statement, ...]:
    """Return the statement that moves a sequence up to its new bounds; none if it is there.

    ``sequence`` is its quoted name.
    """
    if not may_be_behind(before, after):
        return ()
    first, sign = (after.largest, ">") if after.counts_down else (after.smallest, "<")
    return (
        Statement(
            sql=f"SELECT setval({quote_literal(sequence)}, {first}, false) FROM {sequence}\n"
            f"WHERE last_value {sign} {first}",
            comment=f"Move sequence {sequence} to its new bounds",
        ),
    )
