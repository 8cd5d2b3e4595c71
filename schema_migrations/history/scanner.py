r"""A scanner that finds the end of a statement in one pass over the text.

A regular expression skips everything that cannot matter (quoted text, ``--``
comments, words) in one step; the loop decides only at parentheses, delimiters,
dollar quotes, block comments and bodies.  Invariant: text read as quoted or commented
is read so by the server as well, or ``SyntaxProblem`` is raised.
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

SPACE_CHARACTERS = " \t\n\r\f\v"
# Characters of an unquoted name: letters, digits, _ and $, and in PostgreSQL and SQLite
# everything outside ASCII.  Written as the negation: re takes milliseconds to compile a
# range up to U+10FFFF, at every start of a command.
NAME_CHARACTER = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
_NAME_START = r"[^\x00-@\[-^`{-\x7f]"
_TAG_CHARACTER = r"[^\x00-/:-@\[-^`{-\x7f]"  # without $: the name in $name$

_SPACES = re.compile(rf"[{SPACE_CHARACTERS}]*+")
_TOKEN = re.compile(
    rf"""{_NAME_START}{NAME_CHARACTER}*+|"[^"]*+"|'[^']*+'|.""", re.DOTALL
)
_DOLLAR_TAG = re.compile(rf"\$(?:{_NAME_START}{_TAG_CHARACTER}*+)?\$")
_NAME_TAIL = re.compile(rf"{NAME_CHARACTER}*+")
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_BEGIN = re.compile(rf"(?<!{NAME_CHARACTER})(?i:BEGIN)(?!{NAME_CHARACTER})")
_ATOMIC = re.compile(rf"ATOMIC(?!{NAME_CHARACTER})", re.IGNORECASE)
_END = re.compile(rf"END(?!{NAME_CHARACTER})", re.IGNORECASE)
_BACKSLASH_COMMAND = re.compile(rf"\\[^{SPACE_CHARACTERS};]*")
_DOT_COMMAND = re.compile(r"\.[A-Za-z]+")
# The possible starts of a statement with a body, or with rows after it.
_SPECIAL_START = re.compile(
    rf"(?:COPY|EXPLAIN|CREATE(?![{SPACE_CHARACTERS}]++(?:TABLE|INDEX|UNIQUE)(?!{NAME_CHARACTER})))(?!{NAME_CHARACTER})",
    re.IGNORECASE,
)
_QUOTE_KINDS = {
    "'": "string",
    '"': "quoted name",
    "`": "quoted name",
    "[": "quoted name",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A text with all that is needed to scan it and to report errors."""

    text: str
    syntax: Syntax
    file: str
    delimiter: str = ";"

    def raise_problem(self, message: str, pos: int, *, hint: str = "") -> NoReturn:
        line = self.text.count("\n", 0, pos) + 1
        raise SyntaxProblem(problem=message, file=self.file, line=line, advice=hint)


def _find_match_end(pattern: re.Pattern[str], script: Script, pos: int) -> int:
    """Return the end of the match that starts at ``pos``, or -1."""
    match = pattern.match(script.text, pos)
    return match.end() if match else -1


def find_delimiter_end(script: Script, pos: int) -> int:
    """Return the end of the delimiter that starts at ``pos``, or -1."""
    return _find_match_end(_compile_delimiter(script.delimiter), script, pos)


def find_comment_end(script: Script, pos: int) -> int:
    """Return the end of the comment that starts at ``pos``, or -1."""
    text = script.text
    if not text.startswith(("--", "/*"), pos):
        return -1
    if text[pos] == "-":
        return _find_match_end(
            _compile_line_comment(script.syntax.comment_ends), script, pos
        )
    depth, at = 1, pos + 2
    while depth:
        edge = _BLOCK_EDGE.search(text, at)
        if edge is None:
            script.raise_problem("the comment that starts here has no end (*/)", pos)
        if edge[0] == "*/":
            depth, at = depth - 1, edge.end()
        elif script.syntax.nested_comments:
            depth, at = depth + 1, edge.end()
        else:
            at = edge.start() + 1  # "/*/" ends a comment that does not nest
    return at


def skip_space(script: Script, pos: int) -> int:
    return _find_match_end(_SPACES, script, pos)


def skip_space_and_comments(script: Script, pos: int) -> int:
    """Return the end of the white space and comments at ``pos``."""
    pos = skip_space(script, pos)
    while (end := find_comment_end(script, pos)) >= 0:
        pos = skip_space(script, end)
    return pos


def read_words(script: Script, pos: int, end: int) -> Iterator[str]:
    """Yield the tokens outside parentheses, words in upper case."""
    return (token for token, _ in read_placed_words(script, pos, end))


def read_placed_words(script: Script, pos: int, end: int) -> Iterator[tuple[str, int]]:
    """Yield the tokens outside parentheses, words in upper case, and where each begins."""
    depth = 0
    while (pos := skip_space_and_comments(script, pos)) < end:
        start, pos = pos, _find_match_end(_TOKEN, script, pos)
        token = script.text[start:pos]
        depth -= token == ")"
        if depth <= 0 and token != ")":
            yield token.upper(), start
        depth += token == "("


def find_statement_end(script: Script, start: int) -> int:
    """Return the end of the statement at ``start``, without the delimiter."""
    text, syntax = script.text, script.syntax
    shape = _classify_statement(script, start)
    plain = _compile_plain_text(
        syntax, script.delimiter, stop_at_begin=shape == "routine"
    )
    body = start if shape == "trigger" else -1
    depth, opened, pos = 0, start, start
    while True:
        pos = _skip_plain_text(plain, script, pos)
        if pos >= len(text):
            break
        char = text[pos]
        if depth == 0 and (after := find_delimiter_end(script, pos)) >= 0:
            if body < 0:
                break
            if (body_end := _find_body_end(script, after)) >= 0:
                body, after = -1, body_end
            pos = after
        elif char == "(":
            depth, opened, pos = depth + 1, opened if depth else pos, pos + 1
        elif char == ")":
            if depth == 0:
                script.raise_problem("')' without an opening '('", pos)
            depth, pos = depth - 1, pos + 1
        elif shape == "routine" and _find_match_end(_BEGIN, script, pos) > 0:
            pos, atomic = _skip_begin(script, pos)
            if atomic and depth == 0 and _find_body_end(script, pos) < 0:
                body = pos
        else:
            pos = _skip_token(script, pos)
    if depth:
        script.raise_problem("'(' is never closed", opened)
    if body >= 0:
        script.raise_problem("the body that starts here has no 'END;'", body)
    if shape == "copy":
        _refuse_copy_rows(script, start, pos)
    return pos


def _skip_plain_text(plain: re.Pattern[str], script: Script, pos: int) -> int:
    while True:
        start, pos = pos, _find_match_end(plain, script, pos)
        if pos - start < _MOST_PIECES:
            return pos


def _skip_token(script: Script, pos: int) -> int:
    """Return the end of the quote or comment at ``pos``, else the next position."""
    char = script.text[pos]
    if char == "$":
        return _skip_dollar(script, pos)
    if char == "/":
        return max(find_comment_end(script, pos), pos + 1)
    if char == "\\" and script.syntax.backslash_commands:
        command = script.text[pos : _find_match_end(_BACKSLASH_COMMAND, script, pos)]
        script.raise_problem(
            f"{command} is a command of psql, not SQL",
            pos,
            hint="Remove the line: files are sent to the server, not to psql.",
        )
    if char in _QUOTE_KINDS and not script.text.startswith(script.delimiter, pos):
        script.raise_problem(
            f"the {_QUOTE_KINDS[char]} that starts here has no end", pos
        )
    after = find_delimiter_end(script, pos)
    return after if after >= 0 else pos + 1


def _skip_dollar(script: Script, pos: int) -> int:
    text = script.text
    before = pos
    while before and _NAME_TAIL.fullmatch(text[before - 1]):
        before -= 1
    # "abc$x$" is a name, "1$x$" and "$1$x$" are a number, then a quote.
    if before < pos and text[before] not in "0123456789$":
        return _find_match_end(_NAME_TAIL, script, pos)
    tag = _DOLLAR_TAG.match(text, pos)
    if tag is None:
        return pos + 1
    end = text.find(tag[0], tag.end())
    if end < 0:
        script.raise_problem(f"the text that starts here with {tag[0]} has no end", pos)
    return end + len(tag[0])


def _classify_statement(script: Script, start: int) -> str:
    """Return ``trigger``, ``routine`` or ``copy``; empty for any other statement."""
    command = (
        _find_match_end(_DOT_COMMAND, script, start)
        if script.syntax.dot_commands
        else -1
    )
    if command > 0:
        script.raise_problem(
            f"{script.text[start:command]} is a command of the sqlite3 shell, not SQL",
            start,
            hint="Remove the line: files are sent to the database, not to a shell.",
        )
    if not _SPECIAL_START.match(script.text, start):
        return ""
    syntax = script.syntax
    head = list(islice(read_words(script, start, len(script.text)), 6))
    if syntax.copy_from_stdin and head[0] == "COPY":
        return "copy"
    if script.delimiter != ";":
        return ""
    kinds = head[head.index("CREATE") + 1 :] if "CREATE" in head else []
    while kinds and kinds[0] in {"OR", "REPLACE", "TEMP", "TEMPORARY"}:
        kinds.pop(0)
    if syntax.trigger_bodies and kinds[:1] == ["TRIGGER"]:
        return "trigger"
    if syntax.atomic_bodies and kinds and kinds[0] in {"FUNCTION", "PROCEDURE"}:
        return "routine"
    return ""


def _skip_begin(script: Script, pos: int) -> tuple[int, bool]:
    """Return the end of ``BEGIN ATOMIC``, or of a ``BEGIN`` that is only a name."""
    after = pos + len("BEGIN")
    atomic = _find_match_end(_ATOMIC, script, skip_space_and_comments(script, after))
    return (atomic, True) if atomic > 0 else (after, False)


def _find_body_end(script: Script, pos: int) -> int:
    """Return the end of an ``END`` that closes a body, or -1.

    Only an ``END`` between semicolons closes one: that of a ``CASE`` follows an
    expression, and a column may be named ``end`` (``SELECT 1 end;``).
    """
    end = _find_match_end(_END, script, skip_space_and_comments(script, pos))
    if end < 0:
        return -1
    after = skip_space_and_comments(script, end)
    closed = after == len(script.text) or find_delimiter_end(script, after) >= 0
    return end if closed else -1


def _refuse_copy_rows(script: Script, start: int, end: int) -> None:
    pairs = pairwise(read_words(script, start, end))
    # PostgreSQL accepts STDOUT as STDIN here: gram.y, copy_file_name.
    if any(a == "FROM" and b in {"STDIN", "STDOUT"} for a, b in pairs):
        script.raise_problem(
            "COPY … FROM STDIN needs rows that only psql can send",
            start,
            hint="Write the rows as INSERT statements"
            " (pg_dump --inserts or --rows-per-insert=1000).",
        )


@lru_cache(maxsize=64)
def _compile_line_comment(line_ends: str) -> re.Pattern[str]:
    return re.compile(rf"--[^{re.escape(line_ends)}]*+")


@lru_cache(maxsize=64)
def _compile_delimiter(delimiter: str) -> re.Pattern[str]:
    """Return a pattern of the delimiter; its line feeds also match CRLF."""
    parts = delimiter.replace("\r\n", "\n")
    return re.compile("".join(r"\r?\n" if c == "\n" else re.escape(c) for c in parts))


@lru_cache(maxsize=64)
def _compile_plain_text(
    syntax: Syntax, delimiter: str, *, stop_at_begin: bool
) -> re.Pattern[str]:
    """Return a pattern of the text up to the next character for the loop to handle."""
    ends = re.escape(syntax.comment_ends)
    quoted = [
        '"[^"]*+"',
        rf"--[^{ends}]*+",
        "-(?!-)",
        r"/(?!\*)",
        *_build_string_patterns(syntax),
    ]
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
        guard = f"(?!{_compile_delimiter(delimiter).pattern})"
        if first not in stops:
            quoted.append(f"[{re.escape(first)}]")
            stops += first
    inner = f"{guard}(?:[^{re.escape(stops)}]++|{'|'.join(quoted)})"
    # Parentheses with only plain text inside are skipped in one step as well.
    flat = rf"{guard}\({_repeat_pattern(inner, most=_MOST_PIECES)}\)"
    return re.compile(_repeat_pattern(rf"{inner}|{flat}", most=_MOST_PIECES))


_MOST_PIECES = 10_000
"""The pieces of a text that are skipped in one step: re takes memory for each of them."""


def _repeat_pattern(pattern: str, *, most: int | None = None) -> str:
    """Return the equivalent of ``(?:…)*+``, which Python before 3.11.5 matches wrongly.

    https://github.com/python/cpython/issues/106052
    """
    times = "*" if most is None else f"{{0,{most}}}"
    return f"(?>(?:{pattern}){times})"


def _build_string_patterns(syntax: Syntax) -> tuple[str, ...]:
    if not syntax.escape_strings:
        return ("'[^']*+'",)
    # A string on the next line continues an E'…' by the same rules:
    # https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-STRINGS
    after_e = rf"(?<=[eE])(?<!{NAME_CHARACTER}[eE])"
    gap = _repeat_pattern(r"[ \t\f\v]|--[^\r\n]*+")
    more = _repeat_pattern(rf"[{SPACE_CHARACTERS}]++|--[^\r\n]*+(?=[\r\n])")
    go_on = rf"'{gap}[\r\n]{more}'"
    escaped = _repeat_pattern(rf"[^'\\]++|\\[\s\S]|''|{go_on}")
    return (rf"(?!{after_e})'[^']*+'", rf"{after_e}'{escaped}'")
