"""Texts are read by people who do not know the code, many of whom learned English late.

The phrases below puzzled readers; each has a plain word.  ``CONTRIBUTING.md``, Words.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PUZZLES = {
    r"\bto be had\b": "available",
    r"\bin so many words\b": "explicitly",
    r"\band the like\b": "name them, or: and similar",
    r"\bwithout a word\b": "silently",
    r"\b(is|are) that of\b": "repeat the noun",
    r"\bstands? on\b": "depends on, is based on, belongs to",
    r"\bstands? in the way\b": "prevents, conflicts with",
    r"\bnone is\b": "no … is",
    r"\bas is the\b": "and so is the",
    r"\bMay it go\b": "say what is accepted",
    r"\btaken care of\b": "handled",
}
"""Pattern → what to write instead."""
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "schema_migrations").rglob("*.py"),
        *(ROOT / "tools").rglob("*.py"),
    ]
)


@pytest.mark.parametrize("pattern", PUZZLES)
def test_no_page_puzzles(pattern: str) -> None:
    found = [
        f"{page.relative_to(ROOT)}:{number}: {line.strip()}"
        for page in PAGES
        for number, line in enumerate(page.read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == [], f"write: {PUZZLES[pattern]}"
