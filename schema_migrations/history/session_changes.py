"""What the done statements of a file left in their session, as its row keeps it.  Pure.

A run that goes on half-way through a file has another session.  It runs each ``SET``
again, and takes from the row what ``DO``, functions and ``set_config`` have set.  The row
keeps that as a comment in ``error_stmt``, which nobody reads while a file is half done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

_MARK = "-- session: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a session has that its end takes away."""

    values: Mapping[str, str] = field(default_factory=dict)
    """Parameter → value, of those that were set in it."""
    temporary: frozenset[str] = frozenset()
    """The names of its temporary tables and views."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanges:
    values: Mapping[str, str | None] = field(default_factory=dict)
    """Parameter → value that another statement than ``SET`` gave it; None: the value
    that the session began with."""
    temporary: frozenset[str] = frozenset()
    """The temporary tables and views that the file has made."""
    maybe_local: frozenset[str] = frozenset()
    """Parameters that the last statement set, perhaps only for its transaction: the run
    ended before it could see which."""

    def __bool__(self) -> bool:
        return bool(self.values or self.temporary or self.maybe_local)


def advance_changes(
    changes: SessionChanges, before: Session, after: Session, *, repeatable: bool
) -> SessionChanges:
    """Return the changes once statements have led from one state to another.

    ``repeatable``: these were only ``SET`` and ``RESET``, which a later run repeats.
    """
    names = sorted(find_changed_values(before, after))
    changed = {name: after.values.get(name) for name in names}
    values = {k: v for k, v in changes.values.items() if k not in changed}
    made = after.temporary - before.temporary
    return SessionChanges(
        values=values if repeatable else values | changed,
        temporary=(changes.temporary & after.temporary) | made,
    )


def find_changed_values(before: Session, after: Session) -> frozenset[str]:
    """Return the parameters that have another value, or none any more."""
    return frozenset(
        name
        for name in before.values.keys() | after.values.keys()
        if before.values.get(name) != after.values.get(name)
    )


def describe_changes(changes: SessionChanges) -> str:
    """Return the changes as a row keeps them; empty: there are none."""
    if not changes:
        return ""
    found = {
        "set": dict(changes.values),
        "temporary": sorted(changes.temporary),
        "maybe_local": sorted(changes.maybe_local),
    }
    return json.dumps({name: value for name, value in found.items() if value})


def read_changes(description: str) -> SessionChanges:
    """Return the changes that a row keeps."""
    kept = json.loads(description) if description else {}
    return SessionChanges(
        values=kept.get("set", {}),
        temporary=frozenset(kept.get("temporary", ())),
        maybe_local=frozenset(kept.get("maybe_local", ())),
    )


def add_to_statement(statement: str, description: str) -> str:
    """Return the text of ``error_stmt``: the statement that failed, if any did, and the
    changes as a comment below it."""
    return "\n".join(filter(None, (statement, description and _MARK + description)))


def split_statement(text: str) -> tuple[str, str]:
    """Return the statement that failed and the changes, from what a row has for both."""
    statement, mark, description = text.rpartition(_MARK)
    if not mark or not description.endswith("}"):
        return text, ""
    return statement.removesuffix("\n"), description
