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
from typing import TYPE_CHECKING, Any

from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.scanner import Script, read_placed_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_migrations.history.revision import Revision
    from schema_migrations.history.statements import SourceStatement
    from schema_migrations.history.syntax import Syntax

LINE_START = "batches:"
"""How the comment begins."""

UNBATCHED_WARNING = (
    "-- batches: has no effect in a transaction. Put -- atlas:txmode none at the top of the"
    " file, followed by a blank line, and no BEGIN around the statement."
)

RowKey = tuple[str, ...]
"""The values of the columns in a row, as the server writes them as text."""

_LINE = re.compile(rf"--\s*{LINE_START}.*", re.DOTALL | re.IGNORECASE)
_NAME = r'"(?:[^"]|"")+"|[^\W\d][\w$]*'
_COLUMNS = re.compile(rf"\s*(?:{_NAME})\s*(?:,\s*(?:{_NAME})\s*)*")
_WRITES_ROWS = re.compile(r"(?:UPDATE|DELETE|WITH|MERGE)\b", re.IGNORECASE)
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
    written: frozenset[str] = frozenset()
    """The names of the columns that it gives values, as the catalog has them."""
    columns: tuple[str, ...] = ()
    """The columns in whose order the rows are gone through, as the comment has them."""

    @property
    def hash(self) -> str:
        """A hash by which it is noticed that somebody edited the statement meanwhile."""
        text = "\0".join((self.head, self.condition, *self.columns))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def table_name(self) -> str:
        return self.table.removeprefix("ONLY ")

    @property
    def table_reference(self) -> str:
        """The name of the table in front of its columns: its alias, if it has one."""
        return self.alias or re.findall(_NAME, self.table_name)[-1]

    def with_condition(self, condition: str) -> str:
        """Return the statement for the rows of which a condition is true as well.

        What it has itself stays at its place, so that a position in it means the same.
        """
        if not self.condition:
            # The head may end with a comment.
            return f"{self.head}\nWHERE {condition}"
        # Its own condition may end with a comment.
        own = self.condition[self.condition[0].isspace() :]
        return f"{self.head}WHERE({own}\n) AND {condition}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    """How far a statement got, as the row of its file keeps it."""

    statement: str
    """Its ``hash``."""
    types: tuple[str, ...]
    """The types of the columns."""
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
    comment = statement.comments[line - statement.first_line]
    columns = comment.partition(":")[2]
    if not _COLUMNS.fullmatch(columns):
        if not _WRITES_ROWS.match(statement.sql):
            return None  # prose
        raise SyntaxProblem(
            problem="-- batches: is followed by something else than names of columns",
            file=file,
            line=line,
            advice='Write the columns of a key of the table: -- batches: "id", "day"',
        )
    batched = None if statement.parts else parse_update_or_delete(statement.sql, syntax)
    if batched is None:
        raise SyntaxProblem(
            problem="-- batches: is above a statement that cannot run in batches",
            file=file,
            line=line,
            advice="It must be UPDATE … SET … or DELETE FROM …, without WITH, RETURNING,"
            " backslashes and $$, and without a comment before SET.\nOr remove the line:"
            " then the statement runs for all rows at once.",
        )
    names = tuple(re.findall(_NAME, columns))
    if written := {fold_name(each) for each in names} & batched.written:
        raise SyntaxProblem(
            problem=f"-- batches: names {', '.join(sorted(written))}, which the statement"
            " writes: a row could come twice",
            file=file,
            line=line,
            advice="Name the columns of another key.\nOr remove the line: then the"
            " statement runs for all rows at once.",
        )
    return replace(batched, columns=names)


def fold_name(name: str) -> str:
    """Return the name of a column as the catalog has it, which folds ASCII only."""
    if name.startswith('"'):
        return name[1:-1].replace('""', '"')
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), name)


def find_batches_line(statement: SourceStatement) -> int:
    """Return the line of the comment above a statement; 0: it has none."""
    for number, comment in enumerate(statement.comments):
        if _LINE.fullmatch(comment.strip()):
            return statement.first_line + number
    return 0


def parse_update_or_delete(sql: str, syntax: Syntax) -> BatchedStatement | None:
    """Return an ``UPDATE`` or ``DELETE`` taken apart; None: another, or not certainly."""
    # A delimiter of the file's own comes after the usual one.
    sql = sql.rstrip().removesuffix(";")
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
    written = _find_written(sql, rest[len(named) :])
    if found is None or written is None or (found["alias"] or "").upper() == "AS":
        return None
    only = "ONLY " if found["only"] else ""
    return BatchedStatement(
        table=only + found["name"],
        alias=found["alias"] or "",
        head=sql[:where],
        condition=sql[where + len("WHERE") :],
        written=written,
    )


def _find_written(sql: str, words: Sequence[tuple[str, int]]) -> frozenset[str] | None:
    """Return the columns that a statement gives values; None: it names several at once."""
    written = set()
    for (before, _), (word, place), (after, _) in zip(
        words, words[1:], words[2:], strict=False
    ):
        if before in ("SET", ","):
            if word == "(":
                return None
            if after == "=" and (name := re.match(_NAME, sql[place:])):
                written.add(fold_name(name[0]))
        if word in ("FROM", "WHERE"):
            break
    return frozenset(written)


_TABLE = re.compile(
    rf"(?P<only>ONLY\s+)?(?P<name>(?:{_NAME})(?:\s*\.\s*(?:{_NAME}))*)"
    rf"(?:\s+(?:AS\s+)?(?P<alias>{_NAME}))?",
    re.IGNORECASE,
)


def with_progress(revision: Revision, progress: BatchProgress) -> Revision:
    """Return the row with the progress of one of the statements that come next."""
    kept = _read_kept(revision)
    kept["batches"] = kept.get("batches", {}) | {
        progress.statement: {
            "types": progress.types,
            "after": progress.after,
            "last": progress.last,
            "rows": progress.rows,
        }
    }
    return _with_kept(revision, kept)


def drop_progress(revision: Revision, statement: str) -> Revision:
    """Return the row without the progress of a statement, given by its hash."""
    kept = _read_kept(revision)
    batches = kept.pop("batches", {})
    batches.pop(statement, None)
    return _with_kept(revision, kept | ({"batches": batches} if batches else {}))


def read_progress(revision: Revision) -> tuple[BatchProgress, ...]:
    """Return the progress of each statement of which a row keeps any."""
    return tuple(
        BatchProgress(
            statement=statement,
            types=tuple(each["types"]),
            after=None if each["after"] is None else tuple(each["after"]),
            last=tuple(each["last"]),
            rows=each["rows"],
        )
        for statement, each in _read_kept(revision).get("batches", {}).items()
    )


def find_progress(revision: Revision, statement: str) -> BatchProgress | None:
    """Return the progress of a statement, given by its hash; None: there is none."""
    found = (each for each in read_progress(revision) if each.statement == statement)
    return next(found, None)


def _read_kept(revision: Revision) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(revision.session_changes or "{}")
    return kept


def _with_kept(revision: Revision, kept: dict[str, Any]) -> Revision:
    # A key may hold the mark that the comment begins with.
    text = json.dumps(kept).replace("--", "-\\u002d") if kept else ""
    return replace(revision, session_changes=text)
