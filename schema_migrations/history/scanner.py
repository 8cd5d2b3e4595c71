r"""Find where a statement ends, in one pass over the text.

A regular expression takes everything that cannot matter (quoted text, ``--``
comments, words) in one step; the loop decides only at parentheses, delimiters,
dollar quotes, block comments and bodies.  Invariant: what is read as quoted or
commented here is read so by the server, or ``SyntaxProblem`` is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from typing import NoReturn

from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.syntax import Syntax

SPACE = " \t\n\r\f\v"
# Characters of an unquoted name: letters, digits, _ and $, and in PostgreSQL and SQLite
# whatever is not ASCII.  Said by what they are not: a range up to U+10FFFF takes re
# milliseconds to compile, at every start of a command.
NAME = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
_NAME_START = r"[^\x00-@\[-^`{-\x7f]"
_TAG = r"[^\x00-/:-@\[-^`{-\x7f]"  # without $: the name in $name$

_SPACES = re.compile(rf"[{SPACE}]*+")
_TOKEN = re.compile(rf"""{_NAME_START}{NAME}*+|"[^"]*+"|'[^']*+'|.""", re.DOTALL)
_DOLLAR = re.compile(rf"\$(?:{_NAME_START}{_TAG}*+)?\$")
_NAME_TAIL = re.compile(rf"{NAME}*+")
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_BEGIN = re.compile(rf"(?<!{NAME})(?i:BEGIN)(?!{NAME})")
_ATOMIC = re.compile(rf"ATOMIC(?!{NAME})", re.IGNORECASE)
_END = re.compile(rf"END(?!{NAME})", re.IGNORECASE)
_META = re.compile(rf"\\[^{SPACE};]*")
_DOT = re.compile(r"\.[A-Za-z]+")
# How a statement with a body, or with rows after it, may start; most do not.
_SPECIAL = re.compile(
    rf"(?:COPY|EXPLAIN|CREATE(?![{SPACE}]++(?:TABLE|INDEX|UNIQUE)(?!{NAME})))(?!{NAME})",
    re.IGNORECASE,
)
_QUOTES = {"'": "string", '"': "quoted name", "`": "quoted name", "[": "quoted name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A text with all that is needed to read it and to complain about it."""

    text: str
    syntax: Syntax
    file: str
    delimiter: str = ";"

    def problem(self, message: str, pos: int, *, hint: str = "") -> NoReturn:
        line = self.text.count("\n", 0, pos) + 1
        raise SyntaxProblem(message, file=self.file, line=line, hint=hint)


def _past(pattern: re.Pattern[str], source: Source, pos: int) -> int:
    """Return where the match that starts at ``pos`` ends, or -1."""
    found = pattern.match(source.text, pos)
    return found.end() if found else -1


def delimiter_at(source: Source, pos: int) -> int:
    """Return where the delimiter that starts at ``pos`` ends, or -1."""
    return _past(_delimiter(source.delimiter), source, pos)


def comment_end(source: Source, pos: int) -> int:
    """Return where the comment that starts at ``pos`` ends, or -1: no comment."""
    text = source.text
    if not text.startswith(("--", "/*"), pos):
        return -1
    if text[pos] == "-":
        return _past(_line_comment(source.syntax.line_ends), source, pos)
    depth, at = 1, pos + 2
    while depth:
        edge = _BLOCK_EDGE.search(text, at)
        if edge is None:
            source.problem("the comment that starts here has no end (*/)", pos)
        if edge[0] == "*/":
            depth, at = depth - 1, edge.end()
        elif source.syntax.nested_comments:
            depth, at = depth + 1, edge.end()
        else:
            at = edge.start() + 1  # "/*/" ends a comment that does not nest
    return at


def skip_space(source: Source, pos: int) -> int:
    return _past(_SPACES, source, pos)


def skip_gap(source: Source, pos: int) -> int:
    """Return where the white space and comments at ``pos`` end."""
    pos = skip_space(source, pos)
    while (end := comment_end(source, pos)) >= 0:
        pos = skip_space(source, end)
    return pos


def words(source: Source, pos: int, end: int) -> Iterator[str]:
    """Yield the tokens outside parentheses, words in upper case."""
    depth = 0
    while (pos := skip_gap(source, pos)) < end:
        start, pos = pos, _past(_TOKEN, source, pos)
        token = source.text[start:pos]
        depth -= token == ")"
        if depth <= 0 and token != ")":
            yield token.upper()
        depth += token == "("


def statement_end(source: Source, start: int) -> int:
    """Return where the statement that starts at ``start`` ends, delimiter excluded."""
    text, syntax = source.text, source.syntax
    shape = _shape(source, start)
    plain = _plain(syntax, source.delimiter, stop_at_begin=shape == "routine")
    body = start if shape == "trigger" else -1
    depth, opened, pos = 0, start, start
    while True:
        pos = _past(plain, source, pos)
        if pos >= len(text):
            break
        char = text[pos]
        if depth == 0 and (after := delimiter_at(source, pos)) >= 0:
            if body < 0:
                break
            if (done := _body_end(source, after)) >= 0:
                body, after = -1, done
            pos = after
        elif char == "(":
            depth, opened, pos = depth + 1, opened if depth else pos, pos + 1
        elif char == ")":
            if depth == 0:
                source.problem("')' without an opening '('", pos)
            depth, pos = depth - 1, pos + 1
        elif shape == "routine" and _past(_BEGIN, source, pos) > 0:
            pos, atomic = _atomic(source, pos)
            if atomic and depth == 0 and (done := _body_end(source, pos)) < 0:
                body = pos
        else:
            pos = _step(source, pos)
    if depth:
        source.problem("'(' is never closed", opened)
    if body >= 0:
        source.problem("the body that starts here has no 'END;'", body)
    if shape == "copy":
        _refuse_rows(source, start, pos)
    return pos


def _step(source: Source, pos: int) -> int:
    """Return the end of the quote or comment at ``pos``; else go one character on."""
    char = source.text[pos]
    if char == "$":
        return _dollar_end(source, pos)
    if char == "/":
        return max(comment_end(source, pos), pos + 1)
    if char == "\\" and source.syntax.backslash_commands:
        command = source.text[pos : _past(_META, source, pos)]
        source.problem(
            f"{command} is a command of psql, not SQL",
            pos,
            hint="Remove the line: files are sent to the server, not to psql.",
        )
    if char in _QUOTES and not source.text.startswith(source.delimiter, pos):
        source.problem(f"the {_QUOTES[char]} that starts here has no end", pos)
    after = delimiter_at(source, pos)
    return after if after >= 0 else pos + 1


def _dollar_end(source: Source, pos: int) -> int:
    text = source.text
    before = pos
    while before and _NAME_TAIL.fullmatch(text[before - 1]):
        before -= 1
    # "abc$x$" is a name, "1$x$" and "$1$x$" are a number, then a quote.
    if before < pos and text[before] not in "0123456789$":
        return _past(_NAME_TAIL, source, pos)
    tag = _DOLLAR.match(text, pos)
    if tag is None:
        return pos + 1
    end = text.find(tag[0], tag.end())
    if end < 0:
        source.problem(f"the text that {tag[0]} starts here has no end", pos)
    return end + len(tag[0])


def _shape(source: Source, start: int) -> str:
    """Return ``trigger``, ``routine`` or ``copy`` for a statement to look into."""
    command = _past(_DOT, source, start) if source.syntax.dot_commands else -1
    if command > 0:
        source.problem(
            f"{source.text[start:command]} is a command of the sqlite3 shell, not SQL",
            start,
            hint="Remove the line: files are sent to the database, not to a shell.",
        )
    if not _SPECIAL.match(source.text, start):
        return ""
    syntax = source.syntax
    head = list(islice(words(source, start, len(source.text)), 6))
    if syntax.copy_from_stdin and head[0] == "COPY":
        return "copy"
    if source.delimiter != ";":
        return ""
    kinds = head[head.index("CREATE") + 1 :] if "CREATE" in head else []
    while kinds and kinds[0] in {"OR", "REPLACE", "TEMP", "TEMPORARY"}:
        kinds.pop(0)
    if syntax.trigger_bodies and kinds[:1] == ["TRIGGER"]:
        return "trigger"
    if syntax.atomic_bodies and kinds and kinds[0] in {"FUNCTION", "PROCEDURE"}:
        return "routine"
    return ""


def _atomic(source: Source, pos: int) -> tuple[int, bool]:
    """Return the end of ``BEGIN ATOMIC``, or of a ``BEGIN`` that is only a name."""
    after = pos + len("BEGIN")
    atomic = _past(_ATOMIC, source, skip_gap(source, after))
    return (atomic, True) if atomic > 0 else (after, False)


def _body_end(source: Source, pos: int) -> int:
    """Return the end of an ``END`` that closes a body, or -1.

    Only an ``END`` between semicolons does: the one of a ``CASE`` follows an
    expression, and a column may be called ``end`` (``SELECT 1 end;``).
    """
    end = _past(_END, source, skip_gap(source, pos))
    if end < 0:
        return -1
    after = skip_gap(source, end)
    closed = after == len(source.text) or delimiter_at(source, after) >= 0
    return end if closed else -1


def _refuse_rows(source: Source, start: int, end: int) -> None:
    pairs = pairwise(words(source, start, end))
    # STDOUT is taken for STDIN here: gram.y, copy_file_name.
    if any(a == "FROM" and b in {"STDIN", "STDOUT"} for a, b in pairs):
        source.problem(
            "COPY … FROM STDIN needs rows that only psql can send",
            start,
            hint="Write the rows as INSERT statements"
            " (pg_dump --inserts, or --rows-per-insert=1000).",
        )


@lru_cache(maxsize=64)
def _line_comment(line_ends: str) -> re.Pattern[str]:
    return re.compile(rf"--[^{re.escape(line_ends)}]*+")


@lru_cache(maxsize=64)
def _delimiter(delimiter: str) -> re.Pattern[str]:
    """Match the delimiter; its line feeds also where the file has CRLF."""
    parts = delimiter.replace("\r\n", "\n")
    return re.compile("".join(r"\r?\n" if c == "\n" else re.escape(c) for c in parts))


@lru_cache(maxsize=64)
def _plain(syntax: Syntax, delimiter: str, *, stop_at_begin: bool) -> re.Pattern[str]:
    """Match all up to the next character that the loop must decide about."""
    ends = re.escape(syntax.line_ends)
    quoted = ['"[^"]*+"', rf"--[^{ends}]*+", "-(?!-)", r"/(?!\*)", *_strings(syntax)]
    stops = "'\"()/-"
    if syntax.backtick_names:
        quoted.append("`[^`]*+`")
        stops += "`"
    if syntax.bracket_names:
        quoted.append(r"\[[^\]]*+\]")
        stops += "["
    stops += "$" * syntax.dollar_quotes + "\\" * syntax.backslash_commands
    if stop_at_begin:
        quoted.append(rf"(?!{_BEGIN.pattern})[bB]")
        stops += "bB"
    guard = ""
    if delimiter == ";":
        stops += ";"
    else:
        first = "\r\n" if delimiter[0] in "\r\n" else delimiter[0]
        guard = f"(?!{_delimiter(delimiter).pattern})"
        if first not in stops:
            quoted.append(f"[{re.escape(first)}]")
            stops += first
    inner = f"{guard}(?:[^{re.escape(stops)}]++|{'|'.join(quoted)})"
    # Parentheses without anything to decide inside are taken in one step as well.
    flat = rf"{guard}\({_repeated(inner)}\)"
    return re.compile(_repeated(rf"{inner}|{flat}"))


def _repeated(pattern: str) -> str:
    """Repeat as ``(?:…)*+`` does, which Python before 3.11.5 matches wrongly.

    https://github.com/python/cpython/issues/106052
    """
    return f"(?>(?:{pattern})*)"


def _strings(syntax: Syntax) -> tuple[str, ...]:
    if not syntax.escape_strings:
        return ("'[^']*+'",)
    # After E'…' a string on the next line goes on with the same rules:
    # https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS
    after_e = rf"(?<=[eE])(?<!{NAME}[eE])"
    gap = _repeated(r"[ \t\f\v]|--[^\r\n]*+")
    more = _repeated(rf"[{SPACE}]++|--[^\r\n]*+(?=[\r\n])")
    go_on = rf"'{gap}[\r\n]{more}'"
    escaped = _repeated(rf"[^'\\]++|\\[\s\S]|''|{go_on}")
    return (rf"(?!{after_e})'[^']*+'", rf"{after_e}'{escaped}'")
