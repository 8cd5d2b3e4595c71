"""Passwords in SQL text, for everything that is shown or recorded: ``***``.  Pure.

Invariant: what runs is never changed, only what is told of it.
"""

from __future__ import annotations

import re

SHORTEST = 4
"""A shorter password is masked in its place only: elsewhere it would be any word."""

_WORD = r"\bpassword\s*(?:=\s*|\bTO\s+)?"

PLACES = tuple(
    re.compile(place, re.IGNORECASE | re.DOTALL)
    for place in (
        # CREATE ROLE r PASSWORD 'x', OPTIONS (password 'x'), UPDATE … SET password = 'x'
        rf"{_WORD}E'(?P<secret>(?:[^'\\]|''|\\.)+)'",
        rf"{_WORD}(?:U&)?'(?!')(?P<secret>(?:[^']|'')+)'",
        rf"{_WORD}(?P<tag>\$(?:[^\W\d]\w*)?\$)(?P<secret>.+?)(?P=tag)",
        # CONNECTION 'host=h password=x', and with a value in quotes of its own
        r"\bpassword\s*=\s*''(?P<secret>(?:[^'\\]|\\.)+)''",
        r"\b(?:ssl)?password=(?!\$\w*\$)(?P<secret>[^\s'\"&;,)(]+)",
        r"://[^\s/:@'\"]*:(?P<secret>[^\s@'\"]+)@",
    )
)


def concealed(text: str, sql: str = "") -> str:
    """Return ``text`` without its passwords, or those of the statement that it tells of.

    A server's message repeats words of the statement that it is about.
    """
    known = {
        found["secret"] for place in PLACES for found in place.finditer(sql or text)
    }
    for place in PLACES:
        text = place.sub(_masked, text)
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, "***")
    return text


def _masked(found: re.Match[str]) -> str:
    start, end = (position - found.start() for position in found.span("secret"))
    return f"{found[0][:start]}***{found[0][end:]}"
