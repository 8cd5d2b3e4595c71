"""A restriction: what may make a file fail on a table with rows.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schema_migrations.schema.model import Key

RestrictionCode = Literal[
    "new-primary-key",
    "new-unique",
    "new-check",
    "new-foreign-key",
    "new-exclusion",
    "not-null",
    "no-value",
    "equal-values",
    "narrower-type",
    "strict-table",
    "removed-label",
    "tighter-domain",
    "new-partition",
    "referenced-partition",
    "misplaced-rows",
    "counted-too-far",
    "numbers-used-up",
    "numbers-given-again",
    "stale-routine",
    "made-anew",
    "stale-results",
    "renamed-attribute",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """What somebody must look at before a file runs on a table with rows."""

    code: RestrictionCode
    message: str
    """What the file does and when it fails, without a full stop."""
    query: str = ""
    """SQL that finds the rows that break it, before the file has run; empty: there is no
    such query."""
    reads_rows: bool = True
    """False: the query asks only about values that the file itself gives."""
    subject: Key | None = None
    """The rule, column or type that the file adds or changes; None: it does neither."""
    clause: str = ""
    """Words of the statement that does it, if its change takes several statements."""
    statement: int | None = None
    """Number of that statement in the plan, 1-based; None: there is no such."""


def format_restriction(restriction: Restriction) -> tuple[str, ...]:
    """Return the lines for a reader; the query has one of its own."""
    if not restriction.query:
        return (f"NEEDS A LOOK: {restriction.message}.",)
    return (
        f"NEEDS A LOOK: {restriction.message}. This finds them:",
        f"    {' '.join(restriction.query.splitlines())};",
    )
