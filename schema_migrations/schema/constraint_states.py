"""What a constraint says at the end of its definition, which can be altered.  Pure.

When a foreign key is checked, at once or at the end of a transaction; and whether the
existing rows were.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from schema_migrations.schema.model import Constraint, ForeignKey

NOT_VALID = " NOT VALID"
NOT_ENFORCED = " NOT ENFORCED"

_TIMES = re.compile(
    r"(?P<clause>.*?)(?P<deferrable> DEFERRABLE)?(?P<deferred> INITIALLY DEFERRED)?"
    r"(?P<rows> NOT VALID| NOT ENFORCED)?(?P<mark> /\*.*\*/)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """What can be altered of a foreign key, and the clause that cannot."""

    clause: str
    is_deferrable: bool
    is_deferred: bool
    rows: str
    """`` NOT VALID``: existing rows were not checked; `` NOT ENFORCED``: no row is."""


def read_key_state(key: ForeignKey) -> KeyState:
    """Return what the definition of a foreign key says, taken apart."""
    match = _TIMES.fullmatch(key.definition)
    assert match is not None
    return KeyState(
        clause=f"{match['clause']}{match['mark'] or ''}",
        is_deferrable=bool(match["deferrable"]),
        is_deferred=bool(match["deferred"]),
        rows=match["rows"] or "",
    )


def read_times(key: Constraint) -> str:
    """Return when a unique constraint or primary key is checked, as its definition ends."""
    match = re.search(r"( DEFERRABLE)?( INITIALLY DEFERRED)?$", key.definition)
    return match[0] if match else ""


def is_deferrability_alone(before: ForeignKey, after: ForeignKey) -> bool:
    """Tell whether two foreign keys of one table only are checked at other times."""
    old, new = read_key_state(before), read_key_state(after)
    same = replace(old, is_deferrable=new.is_deferrable, is_deferred=new.is_deferred)
    return before.table == after.table and old != new and same == new


def is_only_validated(
    before: Constraint | ForeignKey, after: Constraint | ForeignKey
) -> bool:
    """Tell whether a constraint stays as it is, and its existing rows are checked."""
    return before.definition == f"{after.definition}{NOT_VALID}"
