"""The string literals of statements that speak of a password.  Pure.

Which of them is the password only the server knows (``format``, ``||``, functions), so
all count, unless one stands right after the word; where a table or a function is defined,
those of the column or argument.

Invariant: the text is read once, from the beginning to the end, whatever is in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Span = tuple[int, int]
"""Start and end of a password in a text."""

LONGEST_DOLLAR_LITERAL = 200
"""What is longer between ``$tag$`` and ``$tag$`` is the text of a function."""

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))
      | (?P<escaped>(?<!\w)E'(?:[^'\\]|\\.|'')*+(?:'|\Z))
      | (?P<string>'(?:[^']|'')*+(?:'|\Z))
      | (?P<quoted>"(?:[^"]|"")*+(?:"|\Z))
      | (?P<tag>\$(?:[^\W\d]\w*+)?+\$)
      | (?P<word>[^\W\d]\w*+)
      | (?P<sign>[;(),])""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_MENTION = re.compile(r"passwo?r?d", re.IGNORECASE)
_COLUMN_NAME = re.compile(r"passwo?r?d\"?\Z", re.IGNORECASE)
_ANNOUNCEMENT = re.compile(
    r"passwo?r?d\w*+[\s=]*+(?:\bTO\s++)?(?:%[\d$]*+[LsI]|\$\d|'?\Z)"
    r"|passwo?r?d\s*+=",
    re.IGNORECASE,
)
_INNER_STRING = re.compile(r"''([^']++)''")

_ASSIGNMENT = re.compile(r"(?::=|\bDEFAULT)\s*+(?:E?'|\$\w*+\$)\Z", re.IGNORECASE)
_LONGEST_ASSIGNMENT = 30
"""Characters before what a literal holds, in which its ``:=`` is looked for."""

_DEFINITIONS = frozenset({"CREATE", "ALTER", "DROP"})
_DEFINED = frozenset(
    {
        *("TABLE", "INDEX", "VIEW", "TYPE", "DOMAIN", "SEQUENCE"),
        *("TRIGGER", "POLICY", "FUNCTION", "PROCEDURE"),
    }
)
_FIRST_WORDS = 5
"""``CREATE OR REPLACE TEMPORARY VIEW``: so many words say what is defined."""


def has_password_word(text: str) -> bool:
    """Return whether a text has the word, also within another."""
    return bool(_MENTION.search(text))


@dataclass(slots=True)
class _Statement:
    """What was read of a statement."""

    words: list[str] = field(default_factory=list)
    """The first ones, in capitals."""
    literals: list[Span] = field(default_factory=list)
    assigned: list[Span] = field(default_factory=list)
    """Those of ``literals`` that are the value of a variable."""
    is_about_password: bool = False
    depth: int = 0
    """How many brackets are open."""
    part_depth: int | None = None
    """The depth of the column or argument that is a password, while it is read."""
    is_named: bool = False
    """The word came just before, or a literal after it: ``PASSWORD 'a' 'b'``."""
    is_unanswered: bool = False
    """No literal came after the word yet."""

    @property
    def is_comment(self) -> bool:
        return self.words[:1] == ["COMMENT"]

    @property
    def is_definition(self) -> bool:
        return not _DEFINITIONS.isdisjoint(self.words[:1]) and not _DEFINED.isdisjoint(
            self.words
        )


@dataclass(slots=True)
class _Block:
    """What was read of the body of a ``DO``: its variables hold for all statements."""

    tag: str
    """What begins and ends it."""
    assigned: list[Span] = field(default_factory=list)
    is_about_password: bool = False

    def add(self, statement: _Statement) -> None:
        self.assigned += statement.assigned
        self.is_about_password |= statement.is_about_password

    @property
    def passwords(self) -> list[Span]:
        return self.assigned if self.is_about_password else []


def find_literals(text: str) -> Iterator[Span]:
    """Yield where the literals of statements that speak of a password are."""
    statement, after_literal = _Statement(), 0
    block: _Block | None = None
    for token in _TOKEN.finditer(text):
        kind, (start, end) = token.lastgroup, token.span()
        if kind == "comment" or start < after_literal:
            continue
        is_end = block is not None and token[0] == block.tag
        if is_end or (kind == "sign" and text[start] == ";"):
            yield from _choose_literals(statement)
            if block:
                block.add(statement)
            if block and is_end:
                yield from block.passwords
                block = None
            statement = _Statement()
        elif kind == "sign":
            _read_sign(statement, text[start])
        elif kind in ("word", "quoted"):
            _read_word(statement, token[0])
        elif kind == "tag":
            if span := _find_dollar_literal(text, end, token[0]):
                yield from _read_literal(statement, text, span)
                after_literal = span[1] + len(token[0])
            elif block is None and statement.words[:1] == ["DO"]:
                block, statement = _Block(token[0]), _Statement()
        elif span := _find_content(text, start + (kind == "escaped"), end):
            yield from _read_literal(statement, text, span)
    yield from _choose_literals(statement)
    if block:
        block.add(statement)
        yield from block.passwords


def _choose_literals(statement: _Statement) -> Iterator[Span]:
    _forget_name(statement)
    if statement.is_about_password and not (
        statement.is_comment or statement.is_definition
    ):
        yield from statement.literals


def _forget_name(statement: _Statement) -> None:
    """Take note that another thing than a literal comes after the word."""
    statement.is_about_password |= statement.is_unanswered
    statement.is_named = statement.is_unanswered = False


def _read_sign(statement: _Statement, sign: str) -> None:
    _forget_name(statement)
    statement.depth += {"(": 1, ")": -1}.get(sign, 0)
    part_depth = statement.part_depth
    if part_depth is not None and (
        statement.depth < part_depth or (sign == "," and statement.depth == part_depth)
    ):
        statement.part_depth = None


def _read_word(statement: _Statement, word: str) -> None:
    if len(statement.words) < _FIRST_WORDS:
        statement.words.append(word.upper())
    if _MENTION.search(word):
        _forget_name(statement)
        statement.is_named = statement.is_unanswered = True
        if statement.part_depth is None and _COLUMN_NAME.search(word):
            statement.part_depth = statement.depth
    elif word.upper() not in ("TO", "U"):  # U&'x'
        _forget_name(statement)


def _read_literal(statement: _Statement, text: str, span: Span) -> Iterator[Span]:
    """Remember a literal; yield what is a password whatever follows."""
    start, end = span
    content = text[start:end]
    if statement.is_named:
        statement.is_unanswered = False
        yield span
    elif _announces_password(content):
        after = text[end + 1 : end + 3]
        if after[:1] != ":" or after == "::":  # {'password': …} has a pattern
            statement.is_about_password = True
        for inner in _INNER_STRING.finditer(text, start, end):
            yield inner.span(1)
    elif statement.part_depth is not None and statement.is_definition:
        yield span
    else:
        statement.literals.append(span)
        if _ASSIGNMENT.search(text, max(start - _LONGEST_ASSIGNMENT, 0), start):
            statement.assigned.append(span)


def _announces_password(literal: str) -> bool:
    """Return whether the password follows a literal, or is in it: as with EXECUTE."""
    mention = _MENTION.search(literal)
    return mention is not None and (
        bool(_ANNOUNCEMENT.search(literal)) or "''" in literal[mention.start() :]
    )


def _find_content(text: str, start: int, end: int) -> Span | None:
    """Return where the content of a string is; None: it has none, or is an apostrophe."""
    if end - start >= 2 and text[end - 1] == "'":
        return (start + 1, end - 1) if end - start > 2 else None
    is_prose = start > 0 and text[start - 1].isalpha()
    return None if is_prose or end - start < 2 else (start + 1, end)


def _find_dollar_literal(text: str, start: int, tag: str) -> Span | None:
    """Return where the content of a short literal of one line is."""
    end = text.find(tag, start, start + LONGEST_DOLLAR_LITERAL)
    if end <= start or any(sign in text[start:end] for sign in ";\n"):
        return None
    return start, end
