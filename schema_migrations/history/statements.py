"""Split SQL text into statements, each with its position and the comments above it.

Invariant: only white space, comments and delimiters are between two statements; text
that cannot be split with certainty raises ``SyntaxProblem``.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.encoding import refuse_nul
from schema_migrations.history.scanner import (
    SPACE_CHARACTERS,
    Script,
    find_comment_end,
    find_delimiter_end,
    find_statement_end,
    skip_space,
)
from schema_migrations.history.syntax import Syntax

BYTE_ORDER_MARK = "\ufeff"

__all__ = [
    "BEGIN_WORDS",
    "BYTE_ORDER_MARK",
    "ROLLBACK_WORDS",
    "SourceStatement",
    "Syntax",
    "compute_partial_hashes",
    "find_transaction_control",
    "refuse_chained_transactions",
    "refuse_hidden_control",
    "refuse_transaction_control",
    "split",
    "split_chunk",
    "with_parts",
]

BEGIN_WORDS = ("BEGIN", "START TRANSACTION")
ROLLBACK_WORDS = ("ROLLBACK", "ABORT")
"""What ``find_transaction_control`` returns at the start of a transaction, and where it
is undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatement:
    """One statement of a file."""

    sql: str
    """The statement without its delimiter and the comments above it."""
    terminator: str = ""
    """What ends ``sql``, if the file has it: a ``;``, perhaps after white space or comments."""
    line: int
    """1-based line of the first character of ``sql``."""
    column: int
    """1-based column of the first character of ``sql``."""
    offset: int
    """0-based character position of ``sql`` in the file."""
    comments: tuple[str, ...] = ()
    """The comments directly above, as written, without line ends."""
    first_line: int
    """Line of the first of ``comments``; without comments the same as ``line``."""
    parts: tuple[str, ...] = ()
    """The statements in it, where a delimiter of the file's own ends it and there are
    several."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The statements in it; usually one."""
        return self.parts or (self.sql,)

    lead: str = ""
    """What Atlas takes for the beginning of the statement: a byte order mark, and the
    comments below it."""

    @property
    def terminated_sql(self) -> str:
        """``sql`` with the ``;`` at its end, if the file has one."""
        return self.sql + self.terminator

    def locate(self, position: int) -> tuple[int, int]:
        """Return the line and column in the file of a 1-based position in ``sql``."""
        before = self.sql[: max(position - 1, 0)]
        newline = before.rfind("\n")
        if newline < 0:
            return self.line, self.column + len(before)
        return self.line + before.count("\n"), len(before) - newline


def split(
    text: str,
    syntax: Syntax,
    *,
    file: str,
    delimiter: str = ";",
    keep_empty: bool = False,
) -> tuple[SourceStatement, ...]:
    """Return the statements of ``text``; ``file`` is only for messages.

    Raises ``SyntaxProblem``.  Empty statements are dropped; with ``keep_empty`` those
    are kept that Atlas sends: a delimiter behind another, and a comment at the end
    without a line end.  A custom delimiter inside quotes, comments or parentheses does
    not count, as in Atlas.
    """
    refuse_nul(text, file=file)
    source = Script(text=text, syntax=syntax, file=file, delimiter=delimiter)
    return tuple(_scan_statements(source, keep_empty=keep_empty))


def compute_partial_hashes(statements: Iterable[SourceStatement]) -> tuple[str, ...]:
    """Return ``h1:…`` for statements 1, 1-2, 1-3, …, as Atlas stores them.

    Atlas hashes a statement with its ``;`` and without the comments above it, so the
    comments of a half applied file may be edited.
    """
    digest = hashlib.sha256()
    hashes = []
    for statement in statements:
        digest.update(statement.lead.encode())
        digest.update(statement.sql.encode())
        digest.update(statement.terminator.encode())
        hashes.append("h1:" + base64.b64encode(digest.digest()).decode())
    return tuple(hashes)


def find_transaction_control(sql: str) -> str:
    """Return the command with which ``sql`` starts or ends a transaction, or nothing.

    One of ``BEGIN``, ``START TRANSACTION``, ``COMMIT``, ``END``, ``ROLLBACK``,
    ``ABORT``, ``PREPARE TRANSACTION``.  Savepoints do not count, nor do ``COMMIT
    PREPARED`` and ``ROLLBACK PREPARED``: they end a transaction of another session.
    """
    if not _CONTROL_START.match(sql):
        return ""
    while (bare := _COMMENT.sub(" ", sql)) != sql:  # inner comments first
        sql = bare
    first, second, third = ([*_WORD.findall(sql.upper())[:3], "", "", ""])[:3]
    if first in {"START", "PREPARE"}:
        named = first == "PREPARE" and third in {"AS", "("}
        return f"{first} {second}" if second == "TRANSACTION" and not named else ""
    target = third if second in {"WORK", "TRANSACTION"} else second
    if target == "PREPARED" or (first == "ROLLBACK" and target == "TO"):
        return ""
    return first if first in _CONTROL_WORDS else ""


def split_chunk(chunk: SourceStatement, syntax: Syntax) -> tuple[SourceStatement, ...]:
    """Return the statements between two delimiters of a file's own; usually one.

    They are sent to the server together.  What cannot be split is one statement.
    """
    try:
        parts = split(chunk.sql, syntax, file="")
    except SyntaxProblem:
        return (chunk,)
    return tuple(
        replace(part, line=chunk.line + part.line - 1, column=1) for part in parts
    )


def with_parts(chunk: SourceStatement, syntax: Syntax) -> SourceStatement:
    """Return a chunk that knows the statements in it, if there are several."""
    parts = split_chunk(chunk, syntax)
    return (
        replace(chunk, parts=tuple(p.sql for p in parts)) if len(parts) > 1 else chunk
    )


def refuse_hidden_control(
    chunks: Iterable[SourceStatement], syntax: Syntax, *, file: str
) -> None:
    """Raise ``SyntaxProblem`` where a transaction begins or ends within a chunk.

    What is committed there could not be told from what is not, and would run again.
    """
    for chunk in chunks:
        parts = split_chunk(chunk, syntax)
        for part in parts if len(parts) > 1 else ():
            if word := find_transaction_control(part.sql):
                raise SyntaxProblem(
                    problem=f"{word} stands between two delimiters together with other"
                    " statements, so how far they got could not be recorded",
                    file=file,
                    line=part.line,
                    advice=f"Put a delimiter before and after {word}.",
                )


def refuse_chained_transactions(
    statements: Iterable[SourceStatement], *, file: str
) -> None:
    """Raise ``SyntaxProblem`` for ``AND CHAIN``: a run that goes on within the next
    transaction would lack how that begins."""
    for statement in statements:
        word = find_transaction_control(statement.sql)
        if word and _CHAIN.search(_COMMENT.sub(" ", statement.sql)):
            raise SyntaxProblem(
                problem=f"{word} AND CHAIN begins a transaction that a later run could not"
                " go on with",
                file=file,
                line=statement.line,
                advice=f"Write {word}; BEGIN; instead.",
            )


def refuse_transaction_control(
    statements: Iterable[SourceStatement], *, file: str
) -> None:
    """Raise ``SyntaxProblem`` for what would end the transaction that a file runs in."""
    for statement in statements:
        word = find_transaction_control(statement.sql)
        if word:
            raise SyntaxProblem(
                problem=f"{word} would break up the transaction that this file runs in",
                file=file,
                line=statement.line,
                advice="Remove it: the file and its revision are committed together. Or"
                " put -- atlas:txmode none at the top, and a blank line below it.",
            )


_CONTROL_WORDS = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "ABORT"})
_CONTROL_START = re.compile(
    r"\s*(?:--|/\*|(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|PREPARE)\b)", re.IGNORECASE
)
_COMMENT = re.compile(r"--[^\r\n]*|/\*(?:(?!/\*|\*/).)*\*/", re.DOTALL)
_CHAIN = re.compile(r"\bAND\s+CHAIN\b", re.IGNORECASE)
_WORD = re.compile(r"\w+|\S")


def _scan_statements(script: Script, *, keep_empty: bool) -> Iterator[SourceStatement]:
    text = script.text
    pos = int(text.startswith(BYTE_ORDER_MARK))
    lead_start = 0 if pos else -1
    line, line_start, counted = 1, pos, 0
    while True:
        comments, start = _read_comments_above(script, pos)
        if start >= len(text):
            start = _find_open_comment(text, comments)
            if start < 0 or not keep_empty:
                return
            comments, end, pos = [], len(text), len(text)
        elif (pos := find_delimiter_end(script, start)) >= 0:
            if not keep_empty:
                continue
            end = start
        else:
            end = find_statement_end(script, start)
            pos = max(find_delimiter_end(script, end), end)
        if breaks := text.count("\n", counted, start):
            line, line_start = line + breaks, text.rindex("\n", counted, start) + 1
        counted = start
        above = comments[0][0] if comments else start
        while end > start and text[end - 1] in SPACE_CHARACTERS:
            end -= 1
        terminator = text[end:pos].rstrip(SPACE_CHARACTERS)
        yield SourceStatement(
            sql=text[start:end],
            terminator=terminator if script.delimiter == ";" else "",
            line=line,
            column=start - line_start + 1,
            offset=start,
            comments=tuple(text[a:b].rstrip("\r") for a, b in comments),
            first_line=line - text.count("\n", above, start),
            lead=text[lead_start:start] if lead_start >= 0 else "",
        )
        lead_start = -1


def _find_open_comment(text: str, comments: Sequence[tuple[int, int]]) -> int:
    """Return the start of a comment at the end of a file that has no line end, or -1."""
    if not comments:
        return -1
    start, _ = comments[-1]
    is_open = text.startswith("--", start) and "\n" not in text[start:]
    return start if is_open else -1


def _read_comments_above(script: Script, pos: int) -> tuple[list[tuple[int, int]], int]:
    """Return the comments that belong to the next statement, and the statement's start.

    A blank line detaches the comments above it; so does the end of the line on which
    the previous statement ended.
    """
    text, comments = script.text, list[tuple[int, int]]()
    own_line = pos <= 1  # at most a byte order mark is before the first one
    while True:
        start = skip_space(script, pos)
        breaks = text.count("\n", pos, start)
        if breaks > 1 or (breaks and not own_line):
            comments.clear()
        own_line = own_line or breaks > 0
        if (
            find_delimiter_end(script, start) >= 0
            or (end := find_comment_end(script, start)) < 0
        ):
            return comments, start
        comments.append((start, end))
        pos = end
