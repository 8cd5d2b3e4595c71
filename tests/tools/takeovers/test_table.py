"""The table has a column for each project and a line for whatever one of them measured."""

from __future__ import annotations

from tools.takeovers.table import format_table
from tools.takeovers.walk import Measure


def test_what_a_project_lacks_stays_empty() -> None:
    measured = {
        "pretix": [Measure(what="models", value="3"), Measure(what="rows", value="1")],
        "weblate": [Measure(what="models", value="4"), Measure(what="late", value="x")],
    }
    assert [*format_table(measured)] == [
        "|  | pretix | weblate |",
        "| --- | ---: | ---: |",
        "| models | 3 | 4 |",
        "| rows | 1 |  |",
        "| late |  | x |",
    ]
