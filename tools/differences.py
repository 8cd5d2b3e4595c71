"""Say what differs from what must hold, and how long it took to find out."""

from __future__ import annotations

import time

MAX_LINES = 40
"""The most differences to show one by one."""


class Differs(Exception):
    """Something is not as it must be; the text says what it is."""


def expect(holds: bool, otherwise: str) -> None:
    """Raise ``Differs`` with a text unless something holds."""
    if not holds:
        raise Differs(otherwise)


def expect_equal(what: str, ours: frozenset[str], theirs: frozenset[str]) -> None:
    """Raise ``Differs`` with what only one of them has."""
    if ours != theirs:
        lines = [f"- {fact}" for fact in sorted(theirs - ours)]
        lines += [f"+ {fact}" for fact in sorted(ours - theirs)]
        text = format_indented("\n".join(lines[:MAX_LINES]))
        raise Differs(f"{what} (- Django's, + ours, {len(lines)}):\n        {text}")


def format_indented(text: str) -> str:
    """Return a text whose lines after the first stand under the line that names it."""
    return text.replace("\n", "\n        ")


def format_elapsed(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"
