"""Which statement that refuses transactions is this, and what does it name?  Pure.

Invariant: a statement that is read is read rightly: only its head counts, in the form
that PostgreSQL's grammar gives it, and names stay as they are written; whatever looks
different is ``None``.  The rest of a statement is never looked into.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

GAP = r"(?:\s|--[^\n]*(?:\n|$)|/\*(?:[^*]|\*(?!/))*\*/)"
NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
QUALIFIED = rf"{NAME}(?:{GAP}*\.{GAP}*{NAME})*"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexMade:
    """``CREATE INDEX CONCURRENTLY``."""

    unique: bool
    name: str
    """Empty: the server chooses one."""
    table: str
    definition: str
    """What follows the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDropped:
    """``DROP INDEX CONCURRENTLY``."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reindexed:
    """``REINDEX … CONCURRENTLY``."""

    what: str
    """``INDEX``, ``TABLE``, ``SCHEMA`` or ``DATABASE``."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detached:
    """``ALTER TABLE … DETACH PARTITION … CONCURRENTLY``."""

    table: str
    partition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """``CREATE`` or ``DROP`` of a database, a tablespace or a subscription."""

    verb: Literal["CREATE", "DROP"]
    what: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatable:
    """``VACUUM`` and its like: doing it once more changes nothing."""


Standalone = IndexMade | IndexDropped | Reindexed | Detached | Shared | Repeatable


def _head(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which a space stands for white space and comments."""
    return re.compile(f"{GAP}*" + pattern.replace(" ", f"{GAP}+"), re.IGNORECASE)


# https://www.postgresql.org/docs/current/sql-createindex.html, and the pages beside it
INDEX_MADE = _head(
    rf"CREATE (?P<unique>UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?"
    rf"(?:(?P<name>{NAME}) )?ON (?:ONLY )?(?P<table>{QUALIFIED})"
)
INDEX_DROPPED = _head(rf"DROP INDEX CONCURRENTLY (?:IF EXISTS )?(?P<name>{QUALIFIED})")
REINDEXED = _head(
    rf"REINDEX(?:{GAP}*\([^)]*\){GAP}*| )(?P<what>INDEX|TABLE|SCHEMA|DATABASE)"
    rf"(?: CONCURRENTLY)?\b(?: (?!CONCURRENTLY\b)(?P<name>{QUALIFIED}))?"
)
DETACHED = _head(
    rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(?P<table>{QUALIFIED}) DETACH PARTITION"
    rf" (?P<partition>{QUALIFIED}) CONCURRENTLY\b"
)
SHARED = _head(
    rf"(?P<verb>CREATE|DROP) (?P<what>DATABASE|TABLESPACE|SUBSCRIPTION)"
    rf" (?:IF EXISTS )?(?P<name>{NAME})"
)
REPEATABLE = _head(
    r"(?:VACUUM|ANALYZE|ANALYSE|CLUSTER|CHECKPOINT|ALTER SYSTEM"
    rf"|ALTER DATABASE {NAME} SET TABLESPACE|REINDEX)\b"
)
CONCURRENTLY = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)


def standalone(sql: str) -> Standalone | None:
    """Return what the statement is and names; None: another one."""
    if found := INDEX_MADE.match(sql):
        return IndexMade(
            unique=bool(found["unique"]),
            name=found["name"] or "",
            table=found["table"],
            definition=sql[found.end() :],
        )
    if found := INDEX_DROPPED.match(sql):
        return IndexDropped(name=found["name"])
    if (found := REINDEXED.match(sql)) and CONCURRENTLY.search(found[0]):
        return Reindexed(what=found["what"].upper(), name=found["name"] or "")
    if found := DETACHED.match(sql):
        return Detached(table=found["table"], partition=found["partition"])
    if found := SHARED.match(sql):
        verb: Literal["CREATE", "DROP"] = (
            "CREATE" if found["verb"].upper() == "CREATE" else "DROP"
        )
        return Shared(verb=verb, what=found["what"].upper(), name=found["name"])
    return Repeatable() if REPEATABLE.match(sql) else None
