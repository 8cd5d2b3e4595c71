"""Decide how a statement runs in a sealed room.  Pure.

Whatever is not listed here runs inside the room, whose rights end at its database.  So a
statement that is not recognized is at worst refused.  A pattern must match the whole
statement; what runs outside holds names and keywords only, for which the server evaluates
nothing that a file could have made (a constant like ``'{1}'::my_domain[]`` would do).
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

# Outside of a transaction these run in the room without the word: the schema is the same.
# Inside of one the server refuses them before it looks any further.
_CONCURRENTLY = re.compile(
    r"(?:CREATE\s+(?:UNIQUE\s+)?INDEX|DROP\s+INDEX"
    r"|REINDEX\s*(?:\([\w\s,]*\)\s*)?(?:INDEX|TABLE))\s+(?P<word>CONCURRENTLY)\b",
    re.IGNORECASE,
)

_VACUUM_WORD = r"(?:FULL|FREEZE|VERBOSE|ANALYZE|ANALYSE)\b"
_VACUUM = rf"""
    VACUUM\s*(?:\([\w\s,]*\)\s*)?(?:{_VACUUM_WORD}\s*)*
    (?P<tables>(?!{_VACUUM_WORD}){_OBJECT}(?:\s*,\s*{_OBJECT})*)?
"""

# https://www.postgresql.org/docs/current/sql-altertable.html
_OF_THE_CONNECTING_ROLE = (
    rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?{_OBJECT}\s+DETACH\s+PARTITION\s+{_OBJECT}"
    r"\s+(?:CONCURRENTLY|FINALIZE)",
    rf"ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_OBJECT}"
    rf"\s+(?:ENABLE|DISABLE)\s+TRIGGER\s+{_NAME}",
    rf"SET\s+{_SESSION}session_replication_role\s*(?:=|\bTO\b)\s*'?\w+'?",
    r"RESET\s+session_replication_role",
    rf"COMMENT\s+ON\s+EXTENSION\s+{_NAME}\s+IS\s+(?:NULL|'(?:[^']|'')*')",
)

# The room may create the extensions that the server's administrator calls trusted.
_EXTENSION = rf"""
    (?:CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?{{names}}
         (?:\s+WITH)?(?:\s+SCHEMA\s+(?!"?dsm_){_NAME})?
      |DROP\s+EXTENSION\s+(?:IF\s+EXISTS\s+)?{{names}}(?:\s+(?:CASCADE|RESTRICT))?)
"""

ADMINISTRATORS_EXTENSIONS = (
    "bloom",
    "pg_stat_statements",
    "postgis",
    "postgis_raster",
    "vector",
)
"""Extensions that only a superuser may create, whose scripts and functions reach nothing
outside of their database, and call nothing that a file could have made."""

_ROLE = rf"(?P<role>{_NAME}|'[^']+')"
_SET_ROLE = (
    rf"SET\s+{_SESSION}(?:ROLE|SESSION\s+AUTHORIZATION)\s+{_ROLE}",
    r"RESET\s+(?:ROLE|SESSION\s+AUTHORIZATION)",
)

# ``SET ROLE`` and ``OWNER TO`` name a role that must exist; who owns an object is not
# part of a schema.
_CHANGE_OWNER = rf"""
    ALTER\s+(?:AGGREGATE|COLLATION|CONVERSION|DOMAIN|FOREIGN\s+TABLE|FUNCTION|INDEX
      |MATERIALIZED\s+VIEW|PROCEDURE|ROUTINE|SCHEMA|SEQUENCE|STATISTICS|TABLE
      |TEXT\s+SEARCH\s+(?:CONFIGURATION|DICTIONARY)|TYPE|VIEW)
    \s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_OBJECT}
    (?:\s*\((?:[^()]|\([^()]*\))*\))?
    \s+OWNER\s+TO\s+{_ROLE}
"""

_CREATE_SCHEMA = rf"""
    CREATE\s+SCHEMA\s+(?:IF\s+NOT\s+EXISTS\s+)?
    (?:(?!AUTHORIZATION\b)(?P<name>{_NAME})\s+)?(?P<clause>AUTHORIZATION\s+{_ROLE})
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


def decide_rights(sql: str, *, in_transaction: bool) -> StatementRights:
    """Return how to run one statement of a file in a sealed room."""
    sql = sql.strip().rstrip(";")
    if _matches(_TRANSACTION, sql):
        return StatementRights(
            sql=sql,
            of="connecting role",
            ends_transaction=sql[:3].upper() in {"COM", "END"},
            in_transaction=False,
        )
    return (
        _check_roles(sql)
        or _without_concurrency(sql, in_transaction=in_transaction)
        or _let_outside(sql)
        or StatementRights(sql=sql)
    )


def _check_roles(sql: str) -> StatementRights | None:
    """Let a statement that names an owner check the role, and change nothing more."""
    for pattern in _SET_ROLE:
        if match := _matches(pattern, sql):
            return StatementRights(sql="", role=_find_role(match))
    if match := _matches(_CHANGE_OWNER, sql):
        # The room owns the object already; the server still looks for it.
        return StatementRights(
            sql=f"{sql[: match.start('role')]}CURRENT_USER", role=_find_role(match)
        )
    match = _matches(_CREATE_SCHEMA, sql)
    if match and (role := _find_role(match)):
        start = sql[: match.start("clause")]
        return StatementRights(sql=start if match["name"] else start + role, role=role)
    return None


def _without_concurrency(sql: str, *, in_transaction: bool) -> StatementRights | None:
    refused = StatementRights(sql=sql, of="connecting role", in_transaction=False)
    if match := _CONCURRENTLY.match(sql):
        if in_transaction:
            return refused
        start, end = match.span("word")  # blanks keep the positions of errors
        return StatementRights(sql=f"{sql[:start]}{' ' * (end - start)}{sql[end:]}")
    if match := _matches(_VACUUM, sql):
        if in_transaction:
            return refused
        tables = match["tables"]
        return StatementRights(sql=f"ANALYZE {tables}" if tables else "")
    return None


def _let_outside(sql: str) -> StatementRights | None:
    listed = "|".join(ADMINISTRATORS_EXTENSIONS)
    names = rf'(?:"(?:{listed})"|(?:{listed})\b)'
    patterns = (*_OF_THE_CONNECTING_ROLE, _EXTENSION.format(names=names))
    if not any(_matches(pattern, sql) for pattern in patterns):
        return None
    is_detach = re.search(r"\bDETACH\b", sql, re.IGNORECASE)
    return StatementRights(
        sql=sql, of="connecting role", in_transaction=is_detach is None
    )


def _matches(pattern: str, sql: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, sql, re.IGNORECASE | re.DOTALL | re.VERBOSE)


def _find_role(match: re.Match[str]) -> str:
    named = match.groupdict().get("role") or "none"
    if named.startswith("'"):
        named = '"' + named[1:-1].replace('"', '""') + '"'
    return "" if named.lower() in _CURRENT_ROLES else named
