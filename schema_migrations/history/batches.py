"""Statements that run in batches: a part of the rows at a time.  Pure.

A comment above an ``UPDATE`` or ``DELETE`` names the columns in whose order the rows are
gone through: ``-- batches: "id"``.  Other programs see a comment, and run the statement
for all rows.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.scanner import Script, read_placed_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_migrations.history.revision import Revision
    from schema_migrations.history.statements import SourceStatement
    from schema_migrations.history.syntax import Syntax

LINE_START = "batches:"
"""How the comment begins."""

RowKey = tuple[str, ...]
"""The values of the columns in a row, as the server writes them as text."""

_LINE = re.compile(rf"--\s*{LINE_START}.*", re.DOTALL)
_NAME = r'"(?:[^"]|"")+"|[^\W\d][\w$]*'
_COLUMNS = re.compile(rf"\s*(?:{_NAME})\s*(?:,\s*(?:{_NAME})\s*)*")
_UNCERTAIN = re.compile(r"\\|\$\w*\$")
"""In texts with these, a word may be a part of a text or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchedStatement:
    """A statement taken apart, so that it can be run for some rows."""

    table: str
    """Its name as the statement has it, perhaps after ``ONLY``."""
    alias: str
    """By which the statement calls the table; empty: by its name."""
    head: str
    """The statement up to ``WHERE``."""
    condition: str
    """What is behind ``WHERE``, the space before it included; empty: all rows."""
    columns: tuple[str, ...] = ()
    """The columns in whose order the rows are gone through, as the comment has them."""

    @property
    def table_name(self) -> str:
        return self.table.removeprefix("ONLY ")

    @property
    def called(self) -> str:
        """What the statement calls the table where it names a column of it."""
        return self.alias or re.findall(_NAME, self.table_name)[-1]

    def with_condition(self, condition: str) -> str:
        """Return the statement for the rows of which a condition is true as well.

        What it has itself stays at its place, so that a position in it means the same.
        """
        if not self.condition:
            return f"{self.head} WHERE {condition}"
        # Its own condition may end with a comment.
        own = self.condition[self.condition[0].isspace() :]
        return f"{self.head}WHERE({own}\n) AND {condition}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    """How far a statement got, as the row of its file keeps it."""

    statement: str
    """A hash of its text."""
    after: RowKey | None
    """The rows up to this one are done; None: no row is."""
    last: RowKey
    """The last row when the statement began."""
    rows: int = 0
    """How many rows were gone through."""


def read_batched_statement(
    statement: SourceStatement, syntax: Syntax, *, file: str
) -> BatchedStatement | None:
    """Return a statement that has the comment, taken apart; None: it has none.

    Raises ``SyntaxProblem`` where the comment cannot be obeyed.
    """
    line = find_batches_line(statement)
    if not line:
        return None
    columns = statement.comments[line - statement.first_line].partition(LINE_START)[2]
    if not _COLUMNS.fullmatch(columns):
        raise SyntaxProblem(
            problem="-- batches: names no columns",
            file=file,
            line=line,
            advice='Write the columns of a key of the table: -- batches: "id"',
        )
    batched = None if statement.parts else take_apart(statement.sql, syntax)
    if batched is None:
        raise SyntaxProblem(
            problem="-- batches: is above a statement that cannot run in batches",
            file=file,
            line=line,
            advice="It must be UPDATE … SET … WHERE … or DELETE FROM … WHERE …, without"
            " WITH, RETURNING and backslashes.\nOr remove the line: then the statement"
            " runs for all rows at once.",
        )
    return replace(batched, columns=tuple(re.findall(_NAME, columns)))


def find_batches_line(statement: SourceStatement) -> int:
    """Return the line of the comment above a statement; 0: it has none."""
    for number, comment in enumerate(statement.comments):
        if _LINE.fullmatch(comment.strip()):
            return statement.first_line + number
    return 0


def take_apart(sql: str, syntax: Syntax) -> BatchedStatement | None:
    """Return an ``UPDATE`` or ``DELETE`` taken apart; None: another, or not certainly."""
    if _UNCERTAIN.search(sql):
        return None
    words = list(
        read_placed_words(Script(text=sql, syntax=syntax, file=""), 0, len(sql))
    )
    start = {"UPDATE": ["UPDATE"], "DELETE": ["DELETE", "FROM"]}.get(words[0][0], [])
    if not start or [word for word, _ in words[: len(start)]] != start:
        return None
    rest = words[len(start) :]
    if any(word in ("RETURNING", ";") for word, _ in rest):
        return None
    where = next((place for word, place in rest if word == "WHERE"), len(sql))
    ends = ("SET", "USING", "WHERE")
    named = list(takewhile(lambda each: each[0] not in ends, rest))
    end = rest[len(named)][1] if len(named) < len(rest) else len(sql)
    if start == ["UPDATE"] and not sql[end:].upper().startswith("SET"):
        return None
    found = _TABLE.fullmatch(sql[named[0][1] : end].strip()) if named else None
    if found is None:
        return None
    only = "ONLY " if found["only"] else ""
    return BatchedStatement(
        table=only + found["name"],
        alias=found["alias"] or "",
        head=sql[:where],
        condition=sql[where + len("WHERE") :],
    )


_TABLE = re.compile(
    rf"(?P<only>ONLY\s+)?(?P<name>(?:{_NAME})(?:\s*\.\s*(?:{_NAME}))*)"
    rf"(?:\s+(?:AS\s+)?(?P<alias>{_NAME}))?",
    re.IGNORECASE,
)


def compute_statement_hash(sql: str) -> str:
    """Return a hash by which a statement that was edited meanwhile is noticed."""
    return hashlib.sha256(sql.encode()).hexdigest()[:16]


def with_progress(revision: Revision, progress: BatchProgress) -> Revision:
    """Return the row with the progress of the statement that comes next."""
    kept = json.loads(revision.session_changes or "{}") | {
        "batches": {
            "statement": progress.statement,
            "after": progress.after,
            "last": progress.last,
            "rows": progress.rows,
        }
    }
    return replace(revision, session_changes=json.dumps(kept))


def drop_progress(revision: Revision) -> Revision:
    """Return the row without the progress, once the statement is done."""
    kept = json.loads(revision.session_changes or "{}")
    kept.pop("batches", None)
    return replace(revision, session_changes=json.dumps(kept) if kept else "")


def read_progress(revision: Revision) -> BatchProgress | None:
    """Return the progress that a row keeps."""
    kept = json.loads(revision.session_changes or "{}").get("batches")
    if kept is None:
        return None
    after: Sequence[str] | None = kept["after"]
    return BatchProgress(
        statement=kept["statement"],
        after=None if after is None else tuple(after),
        last=tuple(kept["last"]),
        rows=kept["rows"],
    )
