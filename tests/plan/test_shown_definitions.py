"""A definition fits on a line, and what differs is in sight."""

from __future__ import annotations

import pytest

from schema_migrations.plan.shown_definitions import (
    MAX_RULE_SHOWN,
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
        (
            "(x  >\n0)",
            "(x > 0)",
            r"spaces and line ends: (x  >\n0) -> (x > 0)",
        ),
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


WIDE = "a_function_with_a_name_that_has_sixty_characters_or_even_more_({})"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{WIDE.format(1)} AND x", f"{WIDE.format(2)} AND x"),
        (f"{WIDE.format(1)} AND x", f"{WIDE.format(1)} AND y AND x"),
        (f"{WIDE.format('x')} {WIDE.format('y')} a", f"{WIDE.format('x')} z {WIDE} a"),
        (WIDE.format(1), f"{WIDE.format(1)}{'0' * 99}"),
        (f"{WIDE}\n  {WIDE} x", f"{WIDE}\n    {WIDE} x"),
    ],
)
def test_long_definitions_never_look_alike(before: str, after: str) -> None:
    shown = describe_redefinition(before, after).removeprefix("spaces and line ends: ")
    old, new = shown.split(" -> ")
    assert old != new
    assert max(len(old), len(new)) <= MAX_SHOWN


def test_a_rule_has_more_room() -> None:
    rule = (
        f"(a_id) REFERENCES a(id) ON DELETE {{}} DEFERRABLE INITIALLY DEFERRED{' ' * 4}"
    )
    shown = describe_redefinition(
        rule.format("CASCADE"), rule.format("SET NULL"), MAX_RULE_SHOWN
    )
    assert shown == " -> ".join(
        rule.format(each).strip() for each in ("CASCADE", "SET NULL")
    )


def test_a_long_definition_is_cut_at_its_end() -> None:
    shown = shorten_definition(LONG)
    assert len(shown) <= MAX_SHOWN
    assert shown.endswith("…")
    assert LONG.startswith(shown[:-1])
