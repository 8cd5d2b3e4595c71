"""Passwords in SQL text: shown and recorded as ``***``.  Pure.

Two ways find them: patterns know forms in any text, and ``password_literals`` takes all
strings of a statement that speaks of a password.

Invariants: the SQL that runs is never changed, only text about it; the time grows with
the length of the text, whatever is in it, since locks are held meanwhile.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_migrations.history.password_literals import (
    find_literals,
    has_password_word,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from schema_migrations.history.password_literals import Span

MASK = "***"

SHORTEST_REPEATED_SECRET = 4
"""A shorter password is masked only in its place: elsewhere it could be any word."""

MOST_COMPARED = 200_000_000
"""Characters of texts to compare with one password after the other: below a second."""

# The word boundary comes second, since a search for a word is faster.
_PASSWORD_WORD = r"password(?<=\bpassword)(?:\"?+\s*+=>?+\s*+|\s++TO\s++|\"\s*+|\s++)"
_TAG = r"\$(?:[^\W\d]\w*)?\$"

# What a pattern reads to no avail belongs to its match, or holds no other start: nothing
# is read again and again.
_PASSWORD_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # CREATE ROLE r PASSWORD 'x', OPTIONS (password 'x'), UPDATE … SET password = 'x'
        rf"{_PASSWORD_WORD}E'(?P<secret>(?:[^'\\]++|''|\\.)+)'",
        rf"{_PASSWORD_WORD}(?:U&)?'(?!')(?P<secret>(?:[^']++|'')+)'",
        # Within another string: EXECUTE 'ALTER ROLE r PASSWORD ''x'''
        rf"{_PASSWORD_WORD}''(?P<secret>(?:[^'\\]++|\\.)+)''",
        # CONNECTION 'host=h password=x'
        r"password=(?:(?<=\bpassword=)|(?<=\bsslpassword=))(?!\$\w*\$)"
        r"(?P<secret>[^\s'\"&;,)(]++)",
        # {'PASSWORD': 'x'}, {"password": "x"}
        r"password['\"]\s*+:\s*+b?(?P<quote>['\"])"
        r"(?P<secret>(?:(?!(?P=quote))[^\\]|\\.)++)(?P=quote)",
        # SET app.password TO x; a column has no dot
        r"\bSET\s++(?:(?:SESSION|LOCAL)\s++)?+\w++\.[\w.]*password\s*+(?:=|(?<=\s)TO\s)"
        r"\s*+(?!\$\w*\$|DEFAULT\b)(?P<secret>[^\s'\"&;,)(]++)",
        # CONNECTION 'password = x'
        r"'\s*+password\s*+=\s*+(?P<secret>[^\s'\"&;,)(]++)",
    )
)
_SPACED_PATTERN = re.compile(
    r"password\s*+=\s*+(?P<secret>[^\s'\"&;,)(]++)", re.IGNORECASE
)
"""A password of a connection string with spaces; of SQL, without such a word, a name."""
_CONNECTION_WORD = re.compile(
    r"\b(?:host|hostaddr|port|dbname|user|service|sslmode)\s*+=", re.IGNORECASE
)
_DOLLAR_START = re.compile(rf"{_PASSWORD_WORD}(?P<tag>{_TAG})", re.IGNORECASE)
_EACH_TAG = re.compile(rf"(?={_TAG})(\$\w*+)")
_URL_PATTERN = re.compile(
    r"://[^\s/:@'\"]*+:(?:(?P<secret>[^\s@'\"]++)(?=@)|[^\s@'\"]++)"
)

_QUOTED_WORD = re.compile(r"[^\s'\"]++")
_WORD = re.compile(r"[^\s'\"(),;:=]++")


def mask_secrets(text: str, statement: str = "") -> str:
    """Return ``text`` without its passwords and those of ``statement``.

    A server's message repeats words of the statement that it refers to.
    """
    spans = tuple(_find_spans(text))
    repeated = find_secrets(statement) if statement else _cut_out(text, spans)
    return _mask_repeated(_mask_spans(text, spans), repeated)


def find_secrets(text: str) -> frozenset[str]:
    """Return the passwords in a text."""
    return _cut_out(text, _find_spans(text))


def mask_known_secrets(text: str, secrets: Collection[str]) -> str:
    """Return ``text`` without its passwords and the ones given."""
    return _mask_repeated(_mask_spans(text, _find_spans(text)), secrets)


def _cut_out(text: str, spans: Iterable[Span]) -> frozenset[str]:
    return frozenset(text[start:end] for start, end in spans)


def _mask_spans(text: str, spans: Iterable[Span]) -> str:
    parts, done = list[str](), 0
    for start, end in sorted(spans):
        if start >= done:
            parts += (text[done:start], MASK)
        done = max(done, end)
    return "".join((*parts, text[done:])) if parts else text


def _mask_repeated(text: str, secrets: Collection[str]) -> str:
    """Mask the passwords wherever they are; very many, in a long text, only as words."""
    secrets = {each for each in secrets if len(each) >= SHORTEST_REPEATED_SECRET}
    if len(text) * len(secrets) > MOST_COMPARED:
        return _mask_words(text, secrets)
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _mask_words(text: str, secrets: Collection[str]) -> str:
    for words in (_QUOTED_WORD, _WORD):
        text = words.sub(lambda word: MASK if word[0] in secrets else word[0], text)
    return text


def _find_spans(text: str) -> Iterator[Span]:
    """Yield where the passwords are; two forms may find overlapping ones."""
    patterns = [_URL_PATTERN] if "://" in text else []
    if has_password_word(text):
        patterns += _PASSWORD_PATTERNS
        if _CONNECTION_WORD.search(text):
            patterns.append(_SPACED_PATTERN)
        yield from _find_dollar_quoted(text)
        yield from find_literals(text)
    for pattern in patterns:
        for match in pattern.finditer(text):
            if match["secret"] is not None:
                yield match.span("secret")


def _find_dollar_quoted(text: str) -> Iterator[Span]:
    """Yield where the passwords between ``$tag$`` and ``$tag$`` are."""
    last_tags: Mapping[str, int] | None = None
    done = 0
    for match in _DOLLAR_START.finditer(text):
        if last_tags is None:
            last_tags = {f"{tag[1]}$": tag.start() for tag in _EACH_TAG.finditer(text)}
        start, tag = match.end(), match["tag"]
        if match.start() >= done and start < last_tags[tag]:
            end = text.index(tag, start + 1)
            yield start, end
            done = end + len(tag)
