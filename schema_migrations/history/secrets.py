"""Passwords in SQL text, for everything that is shown or recorded: ``***``.  Pure.

Invariant: what runs is never changed, only what is told of it.
"""

from __future__ import annotations

import re

SHORTEST_REPEATED_SECRET = 4
"""A shorter password is masked in its place only: elsewhere it would be any word."""

_PASSWORD_WORD = r"\bpassword\s*(?:=\s*|\bTO\s+)?"

SECRET_PATTERNS = tuple(
    re.compile(place, re.IGNORECASE | re.DOTALL)
    for place in (
        # CREATE ROLE r PASSWORD 'x', OPTIONS (password 'x'), UPDATE … SET password = 'x'
        rf"{_PASSWORD_WORD}E'(?P<secret>(?:[^'\\]|''|\\.)+)'",
        rf"{_PASSWORD_WORD}(?:U&)?'(?!')(?P<secret>(?:[^']|'')+)'",
        rf"{_PASSWORD_WORD}(?P<tag>\$(?:[^\W\d]\w*)?\$)(?P<secret>.+?)(?P=tag)",
        # CONNECTION 'host=h password=x', and with a value in quotes of its own
        r"\bpassword\s*=\s*''(?P<secret>(?:[^'\\]|\\.)+)''",
        r"\b(?:ssl)?password=(?!\$\w*\$)(?P<secret>[^\s'\"&;,)(]+)",
        r"://[^\s/:@'\"]*:(?P<secret>[^\s@'\"]+)@",
    )
)


def mask_secrets(text: str, statement: str = "") -> str:
    """Return ``text`` without its passwords, or those of the statement that it tells of.

    A server's message repeats words of the statement that it is about.
    """
    known = {
        found["secret"]
        for place in SECRET_PATTERNS
        for found in place.finditer(statement or text)
    }
    for place in SECRET_PATTERNS:
        text = place.sub(_mask_match, text)
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= SHORTEST_REPEATED_SECRET:
            text = text.replace(secret, "***")
    return text


def _mask_match(found: re.Match[str]) -> str:
    start, end = (position - found.start() for position in found.span("secret"))
    return f"{found[0][:start]}***{found[0][end:]}"
