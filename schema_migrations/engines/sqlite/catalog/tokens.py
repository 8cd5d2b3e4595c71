"""Split SQLite's SQL into tokens, and print tokens as canonical text.

SQLite stores definitions as they were typed, so equality of SQL is decided here.
Invariant: ``format_tokens(tokenize(sql))`` means the same as ``sql`` and is a fixed
point.
https://www.sqlite.org/lang_keywords.html, https://www.sqlite.org/lang_expr.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal, cast

from schema_migrations.engines.sqlite.quote import fold_case, quote

TokenKind = Literal["word", "name", "string", "blob", "number", "symbol"]


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    """As typed, except that a quoted name is unquoted."""

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.upper() in words

    def is_symbol(self, *symbols: str) -> bool:
        return self.kind == "symbol" and self.text in symbols


Tokens = tuple[Token, ...]

# Keywords that can never be an identifier: those without a %fallback in SQLite's
# parse.y.  Any other bare word may be a name, so its case must stay.
RESERVED_WORDS = frozenset(
    [
        "ADD",
        "ALL",
        "ALTER",
        "AND",
        "AS",
        "AUTOINCREMENT",
        "BETWEEN",
        "CASE",
        "CHECK",
        "COLLATE",
        "COMMIT",
        "CONSTRAINT",
        "CREATE",
        "DEFAULT",
        "DEFERRABLE",
        "DELETE",
        "DISTINCT",
        "DROP",
        "ELSE",
        "ESCAPE",
        "EXISTS",
        "FOREIGN",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "INDEX",
        "INSERT",
        "INTO",
        "IS",
        "ISNULL",
        "LIMIT",
        "NOT",
        "NOTHING",
        "NOTNULL",
        "NULL",
        "ON",
        "OR",
        "ORDER",
        "PRIMARY",
        "REFERENCES",
        "RETURNING",
        "SELECT",
        "SET",
        "TABLE",
        "THEN",
        "TO",
        "TRANSACTION",
        "UNIQUE",
        "UPDATE",
        "USING",
        "VALUES",
        "WHEN",
        "WHERE",
    ]
)
# Words that are operators or constants within an expression.
EXPRESSION_WORDS = frozenset(
    [
        "ASC",
        "CAST",
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "DESC",
        "END",
        "FALSE",
        "FIRST",
        "GLOB",
        "LAST",
        "LIKE",
        "MATCH",
        "NULLS",
        "RAISE",
        "REGEXP",
        "TRUE",
    ]
)
BUILTIN_COLLATIONS = ("BINARY", "NOCASE", "RTRIM")

_TOKEN_PATTERN = re.compile(
    r"""
      (?P<space>   [ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<blob>    [xX]'[^']*' )
    | (?P<string>  '(?:[^']|'')*' )
    | (?P<name>    "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
    | (?P<number>  0[xX][0-9a-fA-F_]+ | (?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)? )
    | (?P<word>    [^\x00-@\[-^`{-\x7f][^\x00-#%-/:-@\[-^`{-\x7f]* )  # no ASCII punctuation
    | (?P<symbol>  ->>|->|\|\||<<|>>|<=|>=|<>|==|!=|. )
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(sql: str) -> Tokens:
    """Return the tokens of ``sql`` without white space and comments."""
    tokens = []
    for match in _TOKEN_PATTERN.finditer(sql):
        kind = match.lastgroup
        if kind == "name":
            tokens.append(Token("name", _unquote(match[0])))
        elif kind != "space":  # the other groups have the names of the kinds
            tokens.append(Token(cast("TokenKind", kind), match[0]))
    return tuple(tokens)


def _unquote(text: str) -> str:
    if text[0] == "[":
        return text[1:-1]
    return text[1:-1].replace(text[0] * 2, text[0])


def name_of(token: Token) -> str:
    """Return the name that a token means in a position for names only.

    SQLite accepts a string there as well: https://www.sqlite.org/lang_keywords.html
    """
    if token.kind == "string":
        return token.text[1:-1].replace("''", "'")
    return token.text


def format_tokens(tokens: Iterable[Token]) -> str:
    """Return tokens as text, with minimal spaces and reserved words in upper case."""
    printed: list[str] = []
    before: Token | None = None
    sign = False  # whether ``before`` is the sign of the number that follows
    for token in tokens:
        if (before is not None and not sign and _needs_space(before, token)) or (
            sign and token.kind != "number"
        ):
            printed.append(" ")
        printed.append(_format_token(token))
        sign = token.is_symbol("-", "+") and (before is None or _awaits_operand(before))
        before = token
    return "".join(printed)


def _format_token(token: Token) -> str:
    match token.kind:
        case "name":
            return quote(token.text)
        case "word" if token.text.upper() in RESERVED_WORDS:
            return token.text.upper()
        case _:
            return token.text


def _needs_space(before: Token, token: Token) -> bool:
    if "number" in (before.kind, token.kind) and "." in (before.text, token.text):
        return True
    if before.is_symbol("(", ".") or token.is_symbol(")", ",", ".", ";"):
        return False
    if token.is_symbol("("):
        is_operator = before.text.upper() in RESERVED_WORDS | EXPRESSION_WORDS
        return before.kind != "word" or (is_operator and not before.is_word("CAST"))
    return True


def _awaits_operand(token: Token) -> bool:
    if token.kind == "word":
        return token.text.upper() in RESERVED_WORDS | EXPRESSION_WORDS
    return token.kind == "symbol" and token.text != ")"


def strip_parentheses(tokens: Tokens) -> Tokens:
    """Return tokens without parentheses around the whole."""
    while len(tokens) > 2 and all(_measure_depths(tokens[:-1])):
        tokens = tokens[1:-1]
    return tokens


def _measure_depths(tokens: Tokens) -> Iterable[int]:
    """Return the number of open parentheses after each token."""
    return accumulate(t.is_symbol("(") - t.is_symbol(")") for t in tokens)


def canonicalize_expression(
    tokens: Tokens, table: str, columns: Mapping[str, str]
) -> Tokens:
    """Return an expression over a table's columns in its canonical form.

    ``columns`` maps folded names to the columns' declared spelling.  Columns are quoted
    and spelled as declared, without their table's name (which would be wrong while the
    table is rebuilt under another name); functions are lower case.
    """
    tokens = strip_parentheses(_strip_qualifiers(tokens, table, columns))
    result = []
    end = Token("symbol", ";")
    previous = end
    for token, following in pairwise((*tokens, end)):
        result.append(_canonicalize_token(token, previous, following, columns))
        previous = token
    return tuple(result)


def _strip_qualifiers(tokens: Tokens, table: str, columns: Mapping[str, str]) -> Tokens:
    result = list(tokens)
    for i in range(len(tokens) - 3, -1, -1):
        owner, dot, column = tokens[i : i + 3]
        if (
            dot.is_symbol(".")
            and owner.kind in ("word", "name")
            and fold_case(owner.text) == fold_case(table)
            and fold_case(column.text) in columns
        ):
            del result[i : i + 2]
    return tuple(result)


def _canonicalize_token(
    token: Token, previous: Token, following: Token, columns: Mapping[str, str]
) -> Token:
    if token.kind not in ("word", "name"):
        return token
    word = token.text.upper()
    if previous.is_word("COLLATE"):
        builtin = word in BUILTIN_COLLATIONS
        return Token("word", word) if builtin else Token("name", token.text)
    if token.kind == "word":
        if word in RESERVED_WORDS or word in EXPRESSION_WORDS:
            return Token("word", word)
        if following.is_symbol("("):
            return Token("word", token.text.lower())
    if fold_case(token.text) in columns:
        return Token("name", columns[fold_case(token.text)])
    return token


def is_literal(expression: str) -> bool:
    """Tell whether an expression is one constant that needs no parentheses."""
    tokens = tokenize(expression)
    if len(tokens) == 2 and tokens[0].is_symbol("-", "+"):
        return tokens[1].kind == "number"
    return len(tokens) == 1 and (
        tokens[0].kind in ("string", "blob", "number")
        or tokens[0].is_word("NULL", "TRUE", "FALSE")
    )
