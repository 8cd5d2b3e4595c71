"""Tell from its words whether a file reaches outside of its database.  Pure."""

from __future__ import annotations

import re

_OUTSIDE_WORDS = re.compile(
    r"^\s*(?:ALTER\s+SYSTEM|(?:CREATE|ALTER|DROP|COMMENT\s+ON)"
    r"\s+(?:ROLE|USER|GROUP|DATABASE|TABLESPACE|SUBSCRIPTION)\b(?!\s+MAPPING))",
    re.IGNORECASE | re.MULTILINE,
)


def may_leave(text: str) -> bool:
    """Return whether a line of a file begins as a statement on something outside of its
    database does.  A hint only: the room itself refuses all that would leave it."""
    return bool(_OUTSIDE_WORDS.search(text))
