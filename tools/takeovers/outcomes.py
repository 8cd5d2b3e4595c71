"""Read how tests ended, and compare two runs test by test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

Outcomes = Mapping[str, str]
"""A test → passed, failed, error or skipped."""

TAGS = {"failure": "failed", "error": "error", "skipped": "skipped"}


def parse_outcomes(report: str) -> Outcomes:
    """Return the outcomes in a JUnit report; a test that fails twice is an error."""
    found: dict[str, str] = {}
    for case in ElementTree.fromstring(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        ends = [TAGS[child.tag] for child in case if child.tag in TAGS]
        found[name] = "error" if name in found else (ends or ["passed"])[0]
    return found


def find_different_outcomes(without: Outcomes, under: Outcomes) -> Iterator[str]:
    """Describe each test that ends otherwise under the takeover, or runs in one only."""
    for name in sorted({*without, *under}):
        before, after = (each.get(name, "not run") for each in (without, under))
        if before != after:
            yield f"{name}: {before} without, {after} under the takeover"


def format_outcomes(outcomes: Outcomes) -> str:
    counts = Counter(outcomes.values())
    return ", ".join(f"{count} {end}" for end, count in sorted(counts.items()))
