"""Passwords in SQL text, for everything that is shown or recorded: ``***``.  Pure.

Invariant: what runs is never changed, only what is told of it.
"""

from __future__ import annotations

import re

SHORTEST = 4
"""A shorter password is masked in its place only: elsewhere it would be any word."""

PLACES = (
    # CREATE ROLE r PASSWORD 'x', OPTIONS (password 'x'), UPDATE … SET password = 'x'
    re.compile(r"\bpassword\s*(?:=\s*)?(?:E|U&)?'(?!')((?:[^']|'')+)'", re.IGNORECASE),
    # CONNECTION 'host=h password=x', and with a value in quotes of its own
    re.compile(r"\bpassword\s*=\s*''((?:[^'\\]|\\.)+)''", re.IGNORECASE),
    re.compile(r"\bpassword=([^\s'\"&;,)(]+)", re.IGNORECASE),
    re.compile(r"://[^\s/:@'\"]*:([^\s@'\"]+)@"),
)


def concealed(text: str, sql: str = "") -> str:
    """Return ``text`` without its passwords, or those of the statement that it tells of.

    A server's message repeats words of the statement that it is about.
    """
    known = {found for place in PLACES for found in place.findall(sql or text)}
    for place in PLACES:
        text = place.sub(_masked, text)
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, "***")
    return text


def _masked(found: re.Match[str]) -> str:
    start, end = (position - found.start() for position in found.span(1))
    return f"{found[0][:start]}***{found[0][end:]}"
