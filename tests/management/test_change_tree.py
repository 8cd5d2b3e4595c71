"""The list of changes: a line each, and no line that a terminal would break."""

from __future__ import annotations

import pytest
from django.core.management.color import no_style

from schema_migrations.management.output.change_tree import format_change_tree
from schema_migrations.management.output.lines import View
from schema_migrations.plan.summary import SummaryLine

LONG = "… integer) RETURNS integer LANGUAGE sql AS $function$SELECT…"
OTHER = LONG.replace("RETURNS integer", "RETURNS text")


def show(detail: str, *, on_terminal: bool) -> list[str]:
    line = SummaryLine(sign="~", kind="function", table="", name="f", detail=detail)
    view = View(style=no_style(), on_terminal=on_terminal)
    return list(format_change_tree([line], view))


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("", ["    ~ function f"]),
        ("a -> b", ["    ~ function f  a -> b"]),
        (
            f"{LONG} -> {OTHER}",
            ["    ~ function f", f"         {LONG}", f"      -> {OTHER}"],
        ),
        # Which of the arrows is the change nobody can tell.
        (
            f"{LONG} -> {LONG} -> {LONG}",
            ["    ~ function f", f"      {LONG} -> {LONG} -> {LONG}"],
        ),
    ],
)
def test_a_detail_stands_below_where_a_terminal_has_no_room(
    detail: str, shown: list[str]
) -> None:
    assert show(detail, on_terminal=True) == ["  database", *shown]
    piped = f"    ~ function f  {detail}".rstrip()
    assert show(detail, on_terminal=False) == ["  database", piped]
