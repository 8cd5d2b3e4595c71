"""The event that every command shows: it is not in ``events``, which is longer to import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something that does not stop the run but deserves attention."""

    message: str
