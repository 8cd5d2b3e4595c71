"""Definitions on one line of a summary: short, and with what differs in sight.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

MAX_SHOWN = 60
"""Characters of a definition that a line shows."""
CONTEXT = 2
"""Words shown before and after what differs."""
LEFT_OUT = "…"


def shorten_definition(text: str) -> str:
    """Return a definition on one line, cut at its end if it is long."""
    line = " ".join(text.split())
    return (
        line
        if len(line) <= MAX_SHOWN
        else f"{line[: MAX_SHOWN - 1].rstrip()}{LEFT_OUT}"
    )


def describe_redefinition(before: str, after: str) -> str:
    """Return ``before -> after``, of long texts only where they differ."""
    if before.split() == after.split():
        return "spaces and line ends"
    return " -> ".join(shorten_pair(before, after))


def shorten_pair(before: str, after: str) -> tuple[str, str]:
    """Return both on a line each, of long texts only where they differ."""
    old, new = before.split(), after.split()
    if old != new and max(len(" ".join(old)), len(" ".join(new))) > MAX_SHOWN:
        old, new = _cut_alike(old, new)
    return _join(old), _join(new)


def _join(words: Sequence[str]) -> str:
    return shorten_definition(" ".join(words)) or "nothing"


def _cut_alike(old: list[str], new: list[str]) -> tuple[list[str], list[str]]:
    """Return both without what is alike, but for some words around what differs."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    groups = list(matcher.get_grouped_opcodes(CONTEXT))
    return (
        _join_pieces(old, [(group[0][1], group[-1][2]) for group in groups]),
        _join_pieces(new, [(group[0][3], group[-1][4]) for group in groups]),
    )


def _join_pieces(words: list[str], pieces: list[tuple[int, int]]) -> list[str]:
    """Return the pieces, from a word to another, with a mark for what is left out."""
    shown = [] if pieces[0][0] == 0 else [LEFT_OUT]
    for start, end in pieces:
        shown += [*words[start:end], LEFT_OUT]
    return shown[:-1] if pieces[-1][1] == len(words) else shown
