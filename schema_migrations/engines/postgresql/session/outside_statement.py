"""Which statement that refuses transactions is this, and what does it name?  Pure.

Invariant: a statement that is read is read rightly: only its head counts, in the form
that PostgreSQL's grammar gives it, and names stay as they are written; whatever looks
different is ``None``.  The rest of a statement is never looked into.
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
    """Empty: the server chooses one."""
    table: str
    definition: str
    """What follows the table."""


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
    """``VACUUM`` and its like: doing it once more changes nothing."""


OutsideStatement = (
    CreateIndexConcurrently
    | DropIndexConcurrently
    | ReindexConcurrently
    | DetachConcurrently
    | SharedObjectStatement
    | RepeatableStatement
)


def _compile_head(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which a space stands for white space and comments."""
    return re.compile(
        f"{GAP_PATTERN}*" + pattern.replace(" ", f"{GAP_PATTERN}+"), re.IGNORECASE
    )


# https://www.postgresql.org/docs/current/sql-createindex.html, and the pages beside it
CREATE_INDEX_HEAD = _compile_head(
    rf"CREATE (?P<unique>UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?"
    rf"(?:(?P<name>{NAME_PATTERN}) )?ON (?:ONLY )?(?P<table>{QUALIFIED_NAME_PATTERN})"
)
DROP_INDEX_HEAD = _compile_head(
    rf"DROP INDEX CONCURRENTLY (?:IF EXISTS )?(?P<name>{QUALIFIED_NAME_PATTERN})"
)
REINDEX_HEAD = _compile_head(
    rf"REINDEX(?:{GAP_PATTERN}*\([^)]*\){GAP_PATTERN}*| )(?P<what>INDEX|TABLE|SCHEMA|DATABASE)"
    rf"(?: CONCURRENTLY)?\b(?: (?!CONCURRENTLY\b)(?P<name>{QUALIFIED_NAME_PATTERN}))?"
)
DETACH_HEAD = _compile_head(
    rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(?P<table>{QUALIFIED_NAME_PATTERN}) DETACH PARTITION"
    rf" (?P<partition>{QUALIFIED_NAME_PATTERN}) CONCURRENTLY\b"
)
SHARED_OBJECT_HEAD = _compile_head(
    rf"(?P<verb>CREATE|DROP) (?P<what>DATABASE|TABLESPACE|SUBSCRIPTION)"
    rf" (?:IF EXISTS )?(?P<name>{NAME_PATTERN})"
)
REPEATABLE_HEAD = _compile_head(
    r"(?:VACUUM|ANALYZE|ANALYSE|CLUSTER|CHECKPOINT|ALTER SYSTEM"
    rf"|ALTER DATABASE {NAME_PATTERN} SET TABLESPACE|REINDEX)\b"
)
CONCURRENTLY_WORD = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)


def parse_outside_statement(sql: str) -> OutsideStatement | None:
    """Return what the statement is and names; None: another one."""
    if found := CREATE_INDEX_HEAD.match(sql):
        return CreateIndexConcurrently(
            unique=bool(found["unique"]),
            name=found["name"] or "",
            table=found["table"],
            definition=sql[found.end() :],
        )
    if found := DROP_INDEX_HEAD.match(sql):
        return DropIndexConcurrently(name=found["name"])
    if (found := REINDEX_HEAD.match(sql)) and CONCURRENTLY_WORD.search(found[0]):
        return ReindexConcurrently(
            object_type=found["what"].upper(), name=found["name"] or ""
        )
    if found := DETACH_HEAD.match(sql):
        return DetachConcurrently(table=found["table"], partition=found["partition"])
    if found := SHARED_OBJECT_HEAD.match(sql):
        verb: Literal["CREATE", "DROP"] = (
            "CREATE" if found["verb"].upper() == "CREATE" else "DROP"
        )
        return SharedObjectStatement(
            verb=verb, object_type=found["what"].upper(), name=found["name"]
        )
    return RepeatableStatement() if REPEATABLE_HEAD.match(sql) else None
