"""The value that every form of dev server yields: a place for scratch databases.

Invariant: whoever opened the server closes it; a ``DevServer`` itself owns nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_migrations.engines.connection import DatabaseSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class DevServer:
    settings: DatabaseSettings = field(repr=False)
    """The settings of a database to connect to; it is never written to."""
    description: str
    """``embedded PostgreSQL 18.4``; no password."""
    major: int | None = None
    """The server's major version; None: it is a part of this process (SQLite)."""
    probes_target: bool = True
    """Whether it is worth asking the target's server for its version: not if this is it,
    nor if it just refused or did not answer, since a refused password is tried once."""
    is_shared: bool = False
    """Others use the server, so statements must not act outside their database."""
    choice_reason: str = ""
    """Why this form was taken, for the line that a command prints; "": it was asked for."""

    def describe(self) -> list[str]:
        """Return the lines that say which server was taken, and why."""
        reason = [f"         {self.choice_reason}"] if self.choice_reason else []
        return [f"Dev      {self.description}", *reason]

    def has_other_major(self, major: int) -> bool:
        """Return whether a target of this major version may print definitions otherwise."""
        return self.major is not None and self.major != major
