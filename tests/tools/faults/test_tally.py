"""The figures below the table of trials say what was not compared."""

from __future__ import annotations

from tools.faults.points import parse_point
from tools.faults.tally import describe_figures
from tools.faults.trial import Trial


def test_points_that_no_pg_dump_compared_are_counted() -> None:
    point = parse_point("none:term:call17")
    trials = [Trial(point=point, unread_major=major) for major in (0, 999, 999)]
    lines = list(describe_figures(trials))
    assert [line for line in lines if "NOT COMPARED" in line] == [
        "2 points: NOT COMPARED by pg_dump: none here reads PostgreSQL 999. Install it, or"
        " write down in tools.clients why it is missing."
    ]
    assert not any("NOT COMPARED" in line for line in describe_figures(trials[:1]))
