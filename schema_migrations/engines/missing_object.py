"""What a server says that it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingObject:
    """Something that a statement names and the server lacks."""

    kind: Literal["function", "collation", "operator class", "object"]
    name: str = ""
    """As read from the server's message; empty: unknown."""
    extension: str = ""
    """The extension that likely provides it; empty: unknown."""
    way_out: str = ""
    """Sentences on how to get it, where SQL cannot create it; empty: it can."""
