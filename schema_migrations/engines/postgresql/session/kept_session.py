"""Tell which statements leave their session as it is: its settings, its role, its locks.

Invariant: what is not listed may change the session, and so may everything where the
database has functions of its own, since defaults, checks and event triggers call them.
Not seen is what a table's own check, of an earlier file, does with ``set_config``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.session.execution import fetch_row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schema_migrations.engines.connection import Connection

MOST_STATEMENTS = 50
"""Looking at the session takes no longer than reading so many statements."""

_ONLY_DEFINES = re.compile(
    r"(?:(?:CREATE\s+(?:UNLOGGED\s+)?|ALTER\s+|DROP\s+)TABLE|COMMENT\s+ON\s+\w+"
    r"|(?:CREATE\s+(?:UNIQUE\s+)?|ALTER\s+|DROP\s+)INDEX"
    r"|(?:CREATE|ALTER|DROP)\s+SEQUENCE)\b",
    re.IGNORECASE,
)

# What follows may compute something, read a view, or call what runs a text as SQL.
_MAY_CALL = re.compile(
    r"\b(?:SELECT|VALUES|TABLE|EXECUTE)\b"
    r"|set_config|advisory|_to_xml|ts_stat|ts_rewrite|\bU&",
    re.IGNORECASE,
)

OWN_FUNCTIONS_QUERY = """
SELECT pg_catalog.max(oid) >= 16384 FROM pg_catalog.pg_proc
"""
"""Whether there are others than the server's own:
https://www.postgresql.org/docs/current/system-catalog-initial-data.html"""


@dataclass(slots=True)
class _KnownFunctions:
    are_any: bool | None = None
    """Whether the database has functions of its own; None: not known."""


def prepare_session_check(
    connection: Connection,
) -> Callable[[Sequence[str]], bool]:
    """Return a function that tells whether statements may change the session.

    Ask it before they run; it remembers what the database has until they may change it.
    """
    known = _KnownFunctions()

    def may_change_session(statements: Sequence[str]) -> bool:
        if not is_only_defining(statements):
            known.are_any = None
            return True
        if known.are_any is None:
            (known.are_any,) = fetch_row(connection, OWN_FUNCTIONS_QUERY)
        return bool(known.are_any)

    return may_change_session


def is_only_defining(statements: Sequence[str]) -> bool:
    """Return whether few statements define something, and surely do nothing else."""
    return len(statements) <= MOST_STATEMENTS and all(map(is_definition, statements))


def is_definition(sql: str) -> bool:
    """Return whether a statement surely does nothing but define something."""
    head = _ONLY_DEFINES.match(sql)
    return head is not None and not _MAY_CALL.search(sql, head.end())
