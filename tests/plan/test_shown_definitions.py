"""A definition fits on a line, and what differs is in sight."""

from __future__ import annotations

import pytest

from schema_migrations.plan.shown_definitions import (
    MAX_SHOWN,
    describe_redefinition,
    shorten_definition,
)

LONG = (
    "SELECT a, b, c, d FROM one JOIN other ON one.id = other.id AND {} ORDER BY a, b, c"
)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("(x > 0)", "(x > 1)", "(x > 0) -> (x > 1)"),
        ("(x  >\n0)", "(x > 0)", "spaces and line ends"),
        ("", "(x > 1)", "nothing -> (x > 1)"),
        (
            LONG.format("x > 0"),
            LONG.format("x >= 0"),
            "… AND x > 0 ORDER … -> … AND x >= 0 ORDER …",
        ),
        (
            LONG.format("x"),
            LONG.format("x AND y"),
            "… AND x ORDER BY … -> … AND x AND y ORDER BY …",
        ),
        (
            LONG.format("x"),
            LONG.format("x") + ", d",
            "… a, b, c -> … a, b, c, d",
        ),
    ],
)
def test_what_differs_is_shown(before: str, after: str, shown: str) -> None:
    assert describe_redefinition(before, after) == shown


def test_a_long_definition_is_cut_at_its_end() -> None:
    shown = shorten_definition(LONG)
    assert len(shown) <= MAX_SHOWN
    assert shown.endswith("…")
    assert LONG.startswith(shown[:-1])
