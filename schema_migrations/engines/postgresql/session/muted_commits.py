"""Mute COMMIT in PL/pgSQL, and give it back.  Pure.

Code that commits cannot run in a function, and without its COMMIT it leads to the same
rows and the same schema.  ROLLBACK does not, so it stays, and the server refuses it.
"""

from __future__ import annotations

import re

from schema_migrations.engines.postgresql.session.outside_statement import GAP_PATTERN

MARK = "/*dsm-muted "
"""What a definition with a muted COMMIT holds."""

# Where a statement of PL/pgSQL begins; elsewhere the word may be a name.
_COMMIT = re.compile(
    rf"(?P<before>(?:;|>>|\b(?:BEGIN|LOOP|THEN|ELSE)\b){GAP_PATTERN}*)"
    r"(?P<commit>COMMIT(?:\s+AND\s+(?:NO\s+)?CHAIN)?)"
    rf"(?={GAP_PATTERN}*;)",
    re.IGNORECASE,
)
_MUTED = re.compile(rf"NULL{re.escape(MARK)}(?P<commit>[^*]*)\*/")


def with_muted_commits(sql: str) -> str:
    """Put a statement that does nothing in the place of each COMMIT."""
    return _COMMIT.sub(rf"\g<before>NULL{MARK}\g<commit>*/", sql)


def with_restored_commits(sql: str) -> str:
    return _MUTED.sub(r"\g<commit>", sql)
