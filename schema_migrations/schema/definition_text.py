"""Read the outer form of a definition that a server printed: its groups and lists.  Pure.

Invariant: what stands in quotes or in parentheses is never read as a keyword.
"""

from __future__ import annotations

HIDDEN = "\0"
"""Stands in a masked text for each character in quotes or in parentheses."""


def mask_nested(text: str) -> str:
    """Return the text with all that is quoted or nested replaced, at the same length.

    A quote is doubled within its like, so it hides and shows again in one place.
    """
    masked = []
    depth, quote = 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
            masked.append(HIDDEN)
            continue
        depth -= character == ")"
        quote = character if character in "'\"`" else ""
        masked.append(HIDDEN if depth or quote else character)
        depth += character == "("
    return "".join(masked)


def split_list(text: str) -> tuple[str, ...]:
    """Return the items between the commas of a list."""
    items, start = [], 0
    for end, character in enumerate(f"{mask_nested(text)},"):
        if character == ",":
            items.append(text[start:end].strip())
            start = end + 1
    return tuple(items)


def read_group(text: str) -> tuple[str, str]:
    """Return what is in the first parentheses, and what follows them."""
    masked = mask_nested(text)
    start = masked.index("(")
    end = masked.index(")", start)
    return text[start + 1 : end], text[end + 1 :]


def read_condition(text: str) -> str:
    """Return the condition of a ``WHERE`` at the end; empty without one."""
    start = mask_nested(text).upper().find(" WHERE ")
    return "" if start < 0 else text[start + len(" WHERE ") :].strip()


def unquote(name: str) -> str:
    """Return a name as the server stores it."""
    if name[:1] == name[-1:] == '"' and len(name) > 1:
        return name[1:-1].replace('""', '"')
    return name
