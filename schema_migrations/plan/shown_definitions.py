"""Definitions on one line of a summary: short, and with what differs in sight.  Pure."""

from __future__ import annotations

from difflib import SequenceMatcher

MAX_SHOWN = 60
"""Characters of a definition that a line shows."""
MAX_RULE_SHOWN = 120
"""Of what a constraint or an index says: what differs may be its last word."""
CONTEXT = 2
"""Words shown before and after what differs."""
LEFT_OUT = "…"
NOTHING = "nothing"


def shorten_definition(text: str, longest: int = MAX_SHOWN) -> str:
    """Return a definition on one line, cut at its end if it is long."""
    return _cut_end(" ".join(text.split()), longest)


def describe_redefinition(before: str, after: str, longest: int = MAX_SHOWN) -> str:
    """Return ``before -> after``, of long texts only where they differ."""
    if before.split() == after.split():
        old, new = _escape_spaces(before), _escape_spaces(after)
        pair = _show_first_difference(old, new, longest)
        return f"spaces and line ends: {' -> '.join(pair)}"
    return " -> ".join(shorten_pair(before, after, longest))


def shorten_pair(before: str, after: str, longest: int = MAX_SHOWN) -> tuple[str, str]:
    """Return both on a line each, of long texts only where they differ.

    Texts with other words never look alike.
    """
    old, new = before.split(), after.split()
    lines = " ".join(old), " ".join(new)
    if old == new or max(map(len, lines)) <= longest:
        return lines[0] or NOTHING, lines[1] or NOTHING
    shown = tuple(" ".join(words) for words in _cut_alike(old, new))
    first, second = (_cut_end(each, longest) or NOTHING for each in shown)
    return (
        (first, second) if first != second else _show_first_difference(*lines, longest)
    )


def _cut_end(line: str, longest: int) -> str:
    if len(line) <= longest:
        return line
    return f"{line[: longest - len(LEFT_OUT)].rstrip()}{LEFT_OUT}"


def _escape_spaces(text: str) -> str:
    return text.replace("\n", r"\n").replace("\t", r"\t").replace("\r", r"\r")


def _show_first_difference(before: str, after: str, longest: int) -> tuple[str, str]:
    """Return of both the characters from just before the first one that differs."""
    pairs = enumerate(zip(before, after, strict=False))
    shorter = min(len(before), len(after))
    place = next((i for i, (one, other) in pairs if one != other), shorter)
    start = max(0, place - longest // 3)
    mark = LEFT_OUT if start else ""
    old, new = (_cut_end(f"{mark}{text[start:]}", longest) for text in (before, after))
    return old, new


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
