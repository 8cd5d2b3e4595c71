"""Passwords in SQL text: shown and recorded as ``***``.  Pure.

Invariant: the SQL that runs is never changed, only text about it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

SHORTEST_REPEATED_SECRET = 4
"""A shorter password is masked only in its place: elsewhere it could be any word."""

_PASSWORD_WORD = r"\bpassword\s*(?:=\s*|\bTO\s+)?"

SECRET_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # CREATE ROLE r PASSWORD 'x', OPTIONS (password 'x'), UPDATE … SET password = 'x'
        rf"{_PASSWORD_WORD}E'(?P<secret>(?:[^'\\]|''|\\.)+)'",
        rf"{_PASSWORD_WORD}(?:U&)?'(?!')(?P<secret>(?:[^']|'')+)'",
        rf"{_PASSWORD_WORD}(?P<tag>\$(?:[^\W\d]\w*)?\$)(?P<secret>.+?)(?P=tag)",
        # Within another string: EXECUTE 'ALTER ROLE r PASSWORD ''x'''
        rf"{_PASSWORD_WORD}''(?P<secret>(?:[^'\\]|\\.)+)''",
        # CONNECTION 'host=h password=x'
        r"\b(?:ssl)?password=(?!\$\w*\$)(?P<secret>[^\s'\"&;,)(]+)",
        r"://[^\s/:@'\"]*:(?P<secret>[^\s@'\"]+)@",
    )
)


def mask_secrets(text: str, statement: str = "") -> str:
    """Return ``text`` without its passwords and those of ``statement``.

    A server's message repeats words of the statement that it refers to.
    """
    return mask_known_secrets(text, find_secrets(statement or text))


def find_secrets(text: str) -> frozenset[str]:
    """Return the passwords in a text; of a long one this takes a while."""
    return frozenset(
        match["secret"]
        for pattern in SECRET_PATTERNS
        for match in pattern.finditer(text)
    )


def mask_known_secrets(text: str, secrets: Collection[str]) -> str:
    """Return ``text`` without its passwords and the ones given."""
    for pattern in SECRET_PATTERNS:
        text = pattern.sub(_mask_match, text)
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_REPEATED_SECRET:
            text = text.replace(secret, "***")
    return text


def _mask_match(match: re.Match[str]) -> str:
    start, end = (position - match.start() for position in match.span("secret"))
    return f"{match[0][:start]}***{match[0][end:]}"
