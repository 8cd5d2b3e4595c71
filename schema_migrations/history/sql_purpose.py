"""What a statement that a person wrote is for: rows, a table, an object of its own.

Only its first words are read.  Invariant: what may change rows, or is not understood, is
for rows.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal

from schema_migrations.history.scanner import (
    Script,
    read_placed_words,
    skip_space_and_comments,
)
from schema_migrations.history.syntax import Syntax

Purpose = Literal["rows", "table", "object", "extension", "session"]
"""``table``: what models can describe; ``object``: what they cannot, a trigger, say;
``session``: only a setting or a transaction."""

_SESSION = {
    "ABORT",
    "BEGIN",
    "COMMIT",
    "END",
    "LOCK",
    "RELEASE",
    "RESET",
    "ROLLBACK",
    "SAVEPOINT",
    "SET",
    "START",
}
_MODIFIERS = {
    "CONSTRAINT",
    "DEFAULT",
    "GLOBAL",
    "LOCAL",
    "OR",
    "PROCEDURAL",
    "RECURSIVE",
    "REPLACE",
    "TRUSTED",
    "UNIQUE",
    "UNLOGGED",
}
"""Between ``CREATE`` and the kind of what it creates."""
_DESCRIBED = {"TABLE", "INDEX", "COLUMN"}
_OBJECTS = {
    "AGGREGATE",
    "CAST",
    "COLLATION",
    "CONVERSION",
    "DOMAIN",
    "FUNCTION",
    "MATERIALIZED",
    "OPERATOR",
    "POLICY",
    "PROCEDURE",
    "RULE",
    "SCHEMA",
    "SEQUENCE",
    "STATISTICS",
    "TEXT",
    "TRIGGER",
    "TYPE",
    "VIEW",
}
_BLOCK_OF_ROWS = re.compile(
    r"\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY|PERFORM|EXECUTE|CALL|INTO)\b",
    re.IGNORECASE,
)
_BLOCK_CREATES = re.compile(r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(\w+)", re.IGNORECASE)
_BLOCK_CHANGES = re.compile(r"\b(?:ALTER|DROP)\s+(\w+)", re.IGNORECASE)
_ROW_SECURITY = re.compile(
    r"\bALTER\s+TABLE\s[^;]*?\bROW\s+LEVEL\s+SECURITY\b", re.IGNORECASE
)
_LONG_KINDS = (
    ("ACCESS", "METHOD"),
    ("EVENT", "TRIGGER"),
    ("FOREIGN", "DATA", "WRAPPER"),
    ("FOREIGN", "TABLE"),
    ("MATERIALIZED", "VIEW"),
    ("OPERATOR", "CLASS"),
    ("OPERATOR", "FAMILY"),
    ("PROCEDURAL", "LANGUAGE"),
    ("TEXT", "SEARCH"),
)
"""What a ``DROP`` names with more than one word."""
_MOST_WORDS = 400
_CREATE_EXTENSION = re.compile(
    r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([\w-]+)"?', re.IGNORECASE
)
_REINDEX_CONCURRENTLY = re.compile(
    r"\bREINDEX\s*\([^)]*\bCONCURRENTLY\b(?!\s*(?:FALSE|OFF|0)\b)", re.IGNORECASE
)
_OUTSIDE = {"VACUUM", "CHECKPOINT"}
_SHARED = {"DATABASE", "TABLESPACE", "SUBSCRIPTION"}


def choose_purpose(sql: str, syntax: Syntax) -> Purpose:
    """Return what one statement is for."""
    verb, *rest = _read_words(sql, syntax) or [""]
    if verb in _SESSION:
        return "session"
    if verb == "CREATE":
        return _choose_by_kind(_skip_modifiers(rest), rest)
    if verb == "COMMENT":
        return "table" if rest[1:2] and rest[1] in _DESCRIBED else "object"
    if verb in ("ALTER", "DROP"):
        return _choose_for_existing(verb, rest)
    if verb == "DO":
        return _choose_for_block(sql)
    return "rows"


def _read_words(sql: str, syntax: Syntax) -> list[str]:
    return [word for word, _ in _read_placed_words(sql, syntax)]


def _read_placed_words(sql: str, syntax: Syntax) -> list[tuple[str, int]]:
    """Return the first words, without those in parentheses, and where each begins."""
    script = Script(text=sql, syntax=syntax, file="")
    start = skip_space_and_comments(script, 0)
    return list(read_placed_words(script, start, min(len(sql), start + _MOST_WORDS)))


def _skip_modifiers(words: list[str]) -> str:
    """Return the first word that is no modifier; ``CONSTRAINT TRIGGER`` is a trigger."""
    return next((word for word in words if word not in _MODIFIERS), "")


def _choose_by_kind(kind: str, words: list[str]) -> Purpose:
    if kind == "EXTENSION":
        return "extension"
    if kind == "TABLE":
        fills = "AS" in words or "SELECT" in words  # CREATE TABLE … AS SELECT
        return "rows" if fills else "table"
    if kind == "INDEX":
        return "table"
    return "object" if kind in _OBJECTS else "rows"


def _choose_for_existing(verb: str, words: list[str]) -> Purpose:
    kind = words[0] if words else ""
    if verb == "ALTER" and _has_restart(words):
        return "rows"  # a counter belongs to them
    if kind == "TABLE" and verb == "ALTER" and {"ROW", "SECURITY"} <= set(words):
        return "object"
    if kind in ("TABLE", "INDEX"):
        return "table"
    return "object" if kind in _OBJECTS else "rows"


def _has_restart(words: list[str]) -> bool:
    """Return whether a sequence or a numbered column begins anew.

    https://www.postgresql.org/docs/current/sql-altersequence.html
    """
    is_possible = words[:1] in (["SEQUENCE"], ["TABLE"])
    before_names = {"ADD", "ALTER", "COLUMN", "DROP", "EXISTS", "RENAME", "TO"}
    return is_possible and any(
        word == "RESTART" and before not in before_names
        for before, word in pairwise(words[1:])
    )


def _choose_for_block(sql: str) -> Purpose:
    """Return what an anonymous block is for, by the words in it."""
    kinds = {kind.upper() for kind in _BLOCK_CREATES.findall(sql)}
    changed = {
        kind.upper() for kind in _BLOCK_CHANGES.findall(_ROW_SECURITY.sub("", sql))
    }
    if (
        _BLOCK_OF_ROWS.search(sql)
        or not kinds <= _OBJECTS | {"UNIQUE", "INDEX"}
        or not changed <= _OBJECTS
    ):
        return "rows"
    if kinds & _OBJECTS:
        return "object"
    return "table" if kinds else "rows"


def is_drop(sql: str, syntax: Syntax) -> bool:
    return _read_words(sql, syntax)[:1] == ["DROP"]


def is_index(sql: str, syntax: Syntax) -> bool:
    """Return whether a statement creates an index."""
    verb, *rest = _read_words(sql, syntax) or [""]
    return verb == "CREATE" and _skip_modifiers(rest) == "INDEX"


def is_refused_in_transaction(sql: str, syntax: Syntax) -> bool:
    """Return whether a server runs a statement only outside of a transaction.

    https://www.postgresql.org/docs/current/sql-createindex.html and its sibling pages
    """
    verb, *rest = _read_words(sql, syntax) or [""]
    if verb in _OUTSIDE:
        return True
    words = [word for word in rest if word != "("]
    kind = words[0] if words else ""
    match verb:
        case "CREATE" | "DROP" if kind in _SHARED:
            return True
        case "ALTER" if kind in _SHARED | {"SYSTEM"}:
            return _is_refused_change(kind, words)
        case "REINDEX" if kind in ("DATABASE", "SYSTEM", "SCHEMA"):
            return True
        case "REINDEX" if _REINDEX_CONCURRENTLY.search(sql):
            return True
        case "CLUSTER":
            return not set(words) - {"VERBOSE", ";"}
        case "CREATE" | "DROP" | "REINDEX" | "ALTER":
            return "CONCURRENTLY" in words
        case _:
            return False


def _is_refused_change(kind: str, words: list[str]) -> bool:
    """Return whether a server changes such an object only outside of a transaction."""
    match kind:
        case "SYSTEM":
            return True
        case "DATABASE":
            return "TABLESPACE" in words
        case "SUBSCRIPTION":
            return not {"REFRESH", "PUBLICATION"}.isdisjoint(words)
        case _:
            return False


def render_plain_index(sql: str, syntax: Syntax) -> str:
    """Return a ``CREATE INDEX`` that can run in a transaction."""
    words = _read_placed_words(sql, syntax)
    for (word, start), (_, after) in pairwise(words):
        if word == "CONCURRENTLY":
            return sql[:start] + sql[after:]
    return sql


def render_drop_if_there(sql: str, syntax: Syntax) -> str:
    """Return a ``DROP`` that is content where there is nothing to drop."""
    placed = _read_placed_words(sql, syntax)
    words = tuple(word for word, _ in placed[1:])
    kind = next((kind for kind in _LONG_KINDS if words[: len(kind)] == kind), words[:1])
    if kind[:2] == ("TEXT", "SEARCH"):
        kind = words[:3]
    name = len(kind) + 1
    if len(placed) <= name or placed[name][0] == "IF":
        return sql
    start = placed[name][1]
    return f"{sql[:start]}IF EXISTS {sql[start:]}"


def extension_name_of(sql: str) -> str:
    """Return the name of the extension that a statement creates; empty: none."""
    match = _CREATE_EXTENSION.search(sql)
    return match[1] if match else ""
