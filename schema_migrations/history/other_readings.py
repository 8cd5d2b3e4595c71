r"""What Atlas reads in another way than the server: in files that both are to run.  Pure.

Each form is tried by itself: a statement that holds it is split once more as Atlas splits
it.  Invariant: what the server would read as Atlas does is no finding, whatever its text
looks like; a role is one, since Atlas writes its revisions as that role.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.scanner import NAME_CHARACTER
from schema_migrations.history.statements import (
    BEGIN_WORDS,
    BYTE_ORDER_MARK,
    SourceStatement,
    find_transaction_control,
    split,
)
from schema_migrations.history.syntax import Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherReading:
    """A place that Atlas reads in another way."""

    line: int
    message: str
    """What Atlas does with it, and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    mark: re.Pattern[str]
    """Every text of this form has it; other texts may."""
    message: str
    as_read: Callable[[Syntax], Syntax] = lambda syntax: syntax
    """The lexical features that Atlas knows."""
    rewrite: Callable[[str], str] | None = None
    """Make the text one, as long, that is split here as Atlas splits the first."""
    takes_rest: bool = False
    """What has no end is no error for Atlas, but takes the rest of the file."""


_FOREIGN_TAG = re.compile(r"\$(?=\w*[^\x00-\x7f])[^\W\d]\w*\$")
_TAG_IN_NAME = re.compile(rf"{NAME_CHARACTER}(?=\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$)")
_BLOCK_COMMENT = re.compile(r"/\*.*?\*/")
_DASHES_IN_LAST_LINE = re.compile(r"(?<![^\n])(?=[^\n]*+\Z)[^\n]*?--")


def _uncover_comment(text: str) -> str:
    """Make the comment at the end of a text SQL; what Atlas lets stay open in it is gone."""
    start = text.rfind("\n") + 1
    before, dashes, comment = text[start:].rpartition("--")
    closed, end, rest = comment.rpartition("*/")  # to look for more ends takes long
    sql = _BLOCK_COMMENT.sub(lambda block: "?" * len(block[0]), closed + end) + rest
    sql = re.sub(r"[$/[]", "?", sql)
    return f"{text[:start]}{before.replace('--', '??')}{'?' * len(dashes)}{sql}"


_FORMS = (
    _Form(
        mark=re.compile(r"/\*(?:(?!\*/).)*?/\*", re.DOTALL),
        message="Atlas ends a comment at its first */ and sends the rest as SQL. Put no"
        " comment into a comment.",
        as_read=lambda syntax: replace(syntax, nested_comments=False),
    ),
    _Form(
        mark=re.compile(r"\\'"),
        message="Atlas takes the quote in \\' for the end of the text. Write '' for a"
        " quote.",
        as_read=lambda syntax: replace(syntax, escape_strings=False),
    ),
    _Form(
        mark=re.compile(r"\r(?!\n)"),
        message="Atlas does not end a comment at a carriage return alone, and drops the"
        " line below. End lines with a line feed.",
        as_read=lambda syntax: replace(syntax, comment_ends="\n"),
    ),
    _Form(
        mark=_FOREIGN_TAG,
        message="Atlas knows dollar quotes with Latin letters only. Write $body$.",
        rewrite=lambda text: _FOREIGN_TAG.sub(lambda tag: "?" * len(tag[0]), text),
    ),
    _Form(
        mark=_TAG_IN_NAME,
        message="Atlas takes the two $ in a name for a dollar quote. Put the name into"
        " double quotes.",
        rewrite=lambda text: _TAG_IN_NAME.sub("?", text),
        takes_rest=True,
    ),
    _Form(
        mark=_DASHES_IN_LAST_LINE,
        message="Atlas reads a comment at the end of a file without a line end as SQL."
        " Add the line end.",
        as_read=lambda syntax: replace(syntax, backtick_names=True),
        rewrite=_uncover_comment,
    ),
    _Form(
        mark=re.compile("`"),
        message="Atlas takes ` for a quote. Choose another name.",
        as_read=lambda syntax: replace(syntax, backtick_names=True),
    ),
    _Form(
        mark=re.compile(r"\["),
        message="Atlas knows no names in brackets. Put the name into double quotes.",
        as_read=lambda syntax: replace(syntax, bracket_names=False),
    ),
)

MOST_PLACES = 10
"""Of one form in a file that are named."""

_MARK_MESSAGE = (
    "Atlas sends the byte order mark to the server, and reads no directive behind it."
    " Save the file without the mark."
)
_BLOCK_MESSAGE = (
    "Atlas takes all from this BEGIN to END for one statement. Write COMMIT instead of"
    " END."
)
_ROLE_MESSAGE = (
    "Atlas writes its revisions as this role, and fails where the role may not. Grant it"
    " the table atlas_schema_revisions, or set no role."
)

_LONG_BEGIN = re.compile(r"BEGIN\s+\w", re.IGNORECASE)
_GAP = r"(?:\s|--[^\n]*+\n|/\*(?:(?!\*/).)*+\*/)"
_SETS_ROLE = re.compile(
    rf"""
    SET {_GAP}++ (?:(?:SESSION|LOCAL) {_GAP}++)?
    (?: (?:ROLE|SESSION {_GAP}++ AUTHORIZATION) {_GAP}++ (?!TO\b|=)
      | (?:ROLE|SESSION_AUTHORIZATION) {_GAP}*+ (?:TO\b|=) {_GAP}*+ )
    (?! (?:NONE|DEFAULT)\b | (?-i:'none'|"none") )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
"""A role is set, not given up."""


def find_other_readings(file: MigrationFile, syntax: Syntax) -> Sequence[OtherReading]:
    """Return the places that Atlas reads in another way, a statement once for each form.

    Of a form there are ten at most; the last one says how many are below.  A file that
    cannot be split here has none: it does not run.
    """
    try:
        found = tuple(_find_readings(file, syntax))
    except SyntaxProblem:
        return ()
    return sorted(found, key=lambda each: each.line)


def _find_readings(file: MigrationFile, syntax: Syntax) -> Iterator[OtherReading]:
    text, delimiter = file.text, file.directives.delimiter
    statements = file.split_statements(syntax)
    if file.content.startswith(BYTE_ORDER_MARK.encode()):
        yield OtherReading(line=1, message=_MARK_MESSAGE)
    for form in _FORMS:
        lines = _find_lines(form, text, statements, syntax, delimiter)
        yield from _name_places(lines, form.message)
    yield from _name_places(_find_blocks(statements), _BLOCK_MESSAGE)
    roles = (each.line for each in statements if _SETS_ROLE.match(each.sql))
    yield from _name_places(roles, _ROLE_MESSAGE)


def _name_places(lines: Iterable[int], message: str) -> Iterator[OtherReading]:
    found = tuple(lines)
    more = len(found) - MOST_PLACES
    places = "place is" if more == 1 else "places are"
    for number, line in enumerate(found[:MOST_PLACES], 1):
        ends = number == MOST_PLACES and more > 0
        alike = f" {more} more {places} below." if ends else ""
        yield OtherReading(line=line, message=f"{message}{alike}")


def _find_lines(
    form: _Form,
    text: str,
    statements: Sequence[SourceStatement],
    syntax: Syntax,
    delimiter: str,
) -> Iterator[int]:
    """Yield the line of each statement that the form splits otherwise.

    Each is read by itself: up to the first one Atlas has read the same, and once that is
    mended, up to the next.
    """
    as_read = form.as_read(syntax)
    is_same = as_read == syntax and form.rewrite is None
    if is_same or not form.mark.search(text):
        return
    as_read, start = replace(as_read, backslash_commands=False), 0
    line, counted = 1, 0
    ends = [each.offset + len(each.terminated_sql) for each in statements]
    last = max(ends, default=0)
    for end in (*ends, len(text)):
        piece = text[start:end]
        if mark := form.mark.search(piece):
            rewritten = form.rewrite(piece) if form.rewrite else piece
            read = _list_spans(rewritten, as_read, delimiter)
            is_alone = read is None and form.takes_rest and end >= last
            if not is_alone and read != _list_spans(piece, syntax, delimiter):
                place = start + mark.start()
                line += text.count("\n", counted, place)
                counted = place
                yield line
        start = end


def _list_spans(
    text: str, syntax: Syntax, delimiter: str
) -> Sequence[tuple[int, int]] | None:
    """Return where the statements of a text are; None: it cannot be split."""
    try:
        found = split(text, syntax, file="", delimiter=delimiter, keep_empty=True)
    except SyntaxProblem:
        return None
    return [(each.offset, len(each.terminated_sql)) for each in found]


def _find_blocks(statements: Sequence[SourceStatement]) -> Iterator[int]:
    """Yield the line of each ``BEGIN`` with a word behind it whose transaction a bare
    ``END`` ends."""
    begin: SourceStatement | None = None
    for each in statements:
        word = find_transaction_control(each.sql)
        if word == "END" and each.sql.upper() == "END" and begin:
            yield begin.line
        if word:
            is_long = word in BEGIN_WORDS and _LONG_BEGIN.match(each.sql)
            begin = each if is_long else None
