"""Parse the heads of statements that refuse transactions.  Pure.

Invariant: no statement is misread.  Only its head is matched, in the form of PostgreSQL's
grammar, and names stay as they are written; anything that looks different is ``None``.
The rest of a statement is never parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

GAP_PATTERN = r"(?:\s|--[^\n]*(?:\n|$)|/\*(?:[^*]|\*(?!/))*\*/)"
NAME_PATTERN = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
QUALIFIED_NAME_PATTERN = (
    rf"{NAME_PATTERN}(?:{GAP_PATTERN}*\.{GAP_PATTERN}*{NAME_PATTERN})*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndexConcurrently:
    """``CREATE INDEX CONCURRENTLY``."""

    unique: bool
    name: str
    """Empty: the server chooses a name."""
    table: str
    definition: str
    """The text after the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndexConcurrently:
    """``DROP INDEX CONCURRENTLY``."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReindexConcurrently:
    """``REINDEX … CONCURRENTLY``."""

    object_type: str
    """``INDEX``, ``TABLE``, ``SCHEMA`` or ``DATABASE``."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachConcurrently:
    """``ALTER TABLE … DETACH PARTITION … CONCURRENTLY``."""

    table: str
    partition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedObjectStatement:
    """``CREATE`` or ``DROP`` of a database, a tablespace or a subscription."""

    verb: Literal["CREATE", "DROP"]
    object_type: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatableStatement:
    """``VACUUM`` and other statements that may be repeated without harm."""


OutsideStatement = (
    CreateIndexConcurrently
    | DropIndexConcurrently
    | ReindexConcurrently
    | DetachConcurrently
    | SharedObjectStatement
    | RepeatableStatement
)


def _write_head(pattern: str) -> str:
    """Return a pattern in which a space matches white space and comments."""
    return f"{GAP_PATTERN}*" + pattern.replace(" ", f"{GAP_PATTERN}+")


def _match_head(head: str, sql: str) -> re.Match[str] | None:
    """Match a head; compiled when it is first used, since few files need it."""
    return re.match(head, sql, re.IGNORECASE)


# https://www.postgresql.org/docs/current/sql-createindex.html and its sibling pages
CREATE_INDEX_HEAD = _write_head(
    rf"CREATE (?P<unique>UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?"
    rf"(?:(?P<name>{NAME_PATTERN}) )?ON (?:ONLY )?(?P<table>{QUALIFIED_NAME_PATTERN})"
)
DROP_INDEX_HEAD = _write_head(
    rf"DROP INDEX CONCURRENTLY (?:IF EXISTS )?(?P<name>{QUALIFIED_NAME_PATTERN})"
)
REINDEX_HEAD = _write_head(
    rf"REINDEX(?:{GAP_PATTERN}*\([^)]*\){GAP_PATTERN}*| )(?P<what>INDEX|TABLE|SCHEMA|DATABASE)"
    rf"(?: CONCURRENTLY)?\b(?: (?!CONCURRENTLY\b)(?P<name>{QUALIFIED_NAME_PATTERN}))?"
)
DETACH_HEAD = _write_head(
    rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(?P<table>{QUALIFIED_NAME_PATTERN}) DETACH PARTITION"
    rf" (?P<partition>{QUALIFIED_NAME_PATTERN}) CONCURRENTLY\b"
)
SHARED_OBJECT_HEAD = _write_head(
    rf"(?P<verb>CREATE|DROP) (?P<what>DATABASE|TABLESPACE|SUBSCRIPTION)"
    rf" (?:IF EXISTS )?(?P<name>{NAME_PATTERN})"
)
VALIDATION_HEAD = _write_head(
    rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?{QUALIFIED_NAME_PATTERN}"
    rf" VALIDATE CONSTRAINT {NAME_PATTERN}{GAP_PATTERN}*$"
)
REPEATABLE_HEAD = _write_head(
    r"(?:VACUUM|ANALYZE|ANALYSE|CLUSTER|CHECKPOINT|ALTER SYSTEM"
    rf"|ALTER DATABASE {NAME_PATTERN} SET TABLESPACE|REINDEX)\b"
)


def parse_outside_statement(sql: str) -> OutsideStatement | None:
    """Return the kind of a statement and the names in its head; None: another statement."""
    if match := _match_head(CREATE_INDEX_HEAD, sql):
        return CreateIndexConcurrently(
            unique=bool(match["unique"]),
            name=match["name"] or "",
            table=match["table"],
            definition=sql[match.end() :],
        )
    if match := _match_head(DROP_INDEX_HEAD, sql):
        return DropIndexConcurrently(name=match["name"])
    match = _match_head(REINDEX_HEAD, sql)
    if match and re.search(r"\bCONCURRENTLY\b", match[0], re.IGNORECASE):
        return ReindexConcurrently(
            object_type=match["what"].upper(), name=match["name"] or ""
        )
    if match := _match_head(DETACH_HEAD, sql):
        return DetachConcurrently(table=match["table"], partition=match["partition"])
    if match := _match_head(SHARED_OBJECT_HEAD, sql):
        verb: Literal["CREATE", "DROP"] = (
            "CREATE" if match["verb"].upper() == "CREATE" else "DROP"
        )
        return SharedObjectStatement(
            verb=verb, object_type=match["what"].upper(), name=match["name"]
        )
    return RepeatableStatement() if _match_head(REPEATABLE_HEAD, sql) else None


def is_only_validation(sql: str) -> bool:
    """Tell whether a statement only validates a constraint: it reads all rows, and others
    read and write meanwhile.

    https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
    """
    return bool(_match_head(VALIDATION_HEAD, sql))
