"""Decide with whose rights a statement runs in a sealed room.  Pure.

Whatever is not listed here runs with the room's own rights, which end at its database.
So a statement that is not recognized is at worst refused; a pattern must match the whole
statement, and none of those listed runs code of the file with more rights than the room's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_OBJECT = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_SESSION = r"(?:SESSION\s+|LOCAL\s+)?"

_TRANSACTION = rf"""
    (?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE
      |SET\s+TRANSACTION|SET\s+SESSION\s+CHARACTERISTICS)
    (?:\s+(?!PREPARED\b){_NAME}|\s*,)*
"""

# The server refuses these inside a function, or lets only an administrator run them.  All
# of them act on this database alone; expressions in an index run as the table's owner.
# https://www.postgresql.org/docs/current/sql-createindex.html
_OF_THE_CONNECTING_ROLE = (
    r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\b.*",
    r"DROP\s+INDEX\s+CONCURRENTLY\b.*",
    rf"REINDEX\s*(?:\([\w\s,]*\)\s*)?(?:INDEX|TABLE|SCHEMA)\s+(?:CONCURRENTLY\s+)?{_OBJECT}",
    rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?{_OBJECT}\s+DETACH\s+PARTITION\s+{_OBJECT}"
    r"\s+(?:CONCURRENTLY|FINALIZE)",
    # Without a table it would reach the catalogs that all databases share.
    r"VACUUM\s*(?:\([\w\s,]*\)\s*)?(?:(?:FULL|FREEZE|VERBOSE|ANALYZE)\s+)*"
    rf"(?!(?:FULL|FREEZE|VERBOSE|ANALYZE)\b)(?!.*\bpg_){_OBJECT}(?:\s*,\s*{_OBJECT})*",
    rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_OBJECT}"
    rf"\s+(?:ENABLE|DISABLE)\s+TRIGGER\s+{_NAME}",
    rf"SET\s+{_SESSION}session_replication_role\s*(?:=|\bTO\b)\s*'?\w+'?",
    r"RESET\s+session_replication_role",
    r"(?:CREATE|ALTER|DROP|COMMENT\s+ON)\s+(?:PUBLICATION|OPERATOR\s+CLASS|OPERATOR\s+FAMILY)\b.*",
    r"(?:ALTER|DROP|COMMENT\s+ON)\s+EXTENSION\b.*",
)

_CREATE_EXTENSION = (
    rf"CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<extension>{_NAME})\b.*"
)

REACHING_EXTENSIONS = frozenset(
    [
        "aws_lambda",
        "aws_s3",
        "dblink",
        "http",
        "pg_background",
        "pg_cron",
        "pg_net",
        "plproxy",
    ]
)
"""Extensions with functions for everybody that reach other databases or servers."""

_ROLE = rf"(?P<role>{_NAME}|'[^']+')"
_SET_ROLE = (
    rf"SET\s+{_SESSION}(?:ROLE|SESSION\s+AUTHORIZATION)\s+{_ROLE}",
    r"RESET\s+(?:ROLE|SESSION\s+AUTHORIZATION)",
)

# ``SET ROLE`` and ``OWNER TO`` name a role that must exist; who owns an object is not
# part of a schema.
_CHANGE_OWNER = rf"""
    ALTER\s+(?:AGGREGATE|COLLATION|CONVERSION|DOMAIN|FOREIGN\s+TABLE|FUNCTION|INDEX
      |MATERIALIZED\s+VIEW|PROCEDURE|ROUTINE|SCHEMA|SEQUENCE|STATISTICS|TABLE|TYPE|VIEW)
    \s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_OBJECT}
    (?:\s*\((?:[^()]|\([^()]*\))*\))?
    \s+OWNER\s+TO\s+{_ROLE}
"""

_CURRENT_ROLES = frozenset(
    ["none", "default", "current_user", "current_role", "session_user"]
)


_OUTSIDE_WORDS = re.compile(
    r"^\s*(?:ALTER\s+SYSTEM|(?:CREATE|ALTER|DROP|COMMENT\s+ON)"
    r"\s+(?:ROLE|USER|GROUP|DATABASE|TABLESPACE|SUBSCRIPTION)\b(?!\s+MAPPING))",
    re.IGNORECASE | re.MULTILINE,
)


def may_leave(text: str) -> bool:
    """Return whether a line of a file begins as a statement on something outside of its
    database does.  A hint only: the room itself refuses all that would leave it."""
    return bool(_OUTSIDE_WORDS.search(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRights:
    """How a statement runs in a sealed room."""

    sql: str
    """What is sent; empty: nothing."""
    of: Literal["room", "connecting role"] = "room"
    role: str = ""
    """A role that must exist, quoted as in the statement."""
    ends_transaction: bool = False
    """It may commit, so the transaction must be looked at before."""
    in_transaction: bool = True
    """False: it controls transactions, or the server refuses it inside of one."""


def decide_rights(sql: str) -> StatementRights:
    """Return how to run one statement of a file in a sealed room."""
    sql = sql.strip()
    if _matches(_TRANSACTION, sql):
        return StatementRights(
            sql=sql,
            of="connecting role",
            ends_transaction=sql[:3].upper() in {"COM", "END"},
            in_transaction=False,
        )
    for pattern in _SET_ROLE:
        if match := _matches(pattern, sql):
            return StatementRights(sql="", role=_find_role(match))
    if match := _matches(_CHANGE_OWNER, sql):
        # The room owns the object already; the server still looks for it.
        return StatementRights(
            sql=f"{sql[: match.start('role')]}CURRENT_USER", role=_find_role(match)
        )
    if match := _matches(_CREATE_EXTENSION, sql):
        name = match["extension"].strip('"').lower()
        if name not in REACHING_EXTENSIONS:
            return StatementRights(sql=sql, of="connecting role")
    if any(_matches(pattern, sql) for pattern in _OF_THE_CONNECTING_ROLE):
        return StatementRights(
            sql=sql, of="connecting role", in_transaction=not _refuses_transaction(sql)
        )
    return StatementRights(sql=sql)


def _matches(pattern: str, sql: str) -> re.Match[str] | None:
    return re.fullmatch(
        pattern, sql.rstrip(";"), re.IGNORECASE | re.DOTALL | re.VERBOSE
    )


def _refuses_transaction(sql: str) -> bool:
    return bool(
        re.match(r"VACUUM|REINDEX", sql, re.IGNORECASE)
        or re.search(r"\bCONCURRENTLY\b", sql, re.IGNORECASE)
    )


def _find_role(match: re.Match[str]) -> str:
    named = match.groupdict().get("role") or "none"
    if named.startswith("'"):
        named = '"' + named[1:-1].replace('"', '""') + '"'
    return "" if named.lower() in _CURRENT_ROLES else named
