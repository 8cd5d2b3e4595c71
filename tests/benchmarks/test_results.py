"""What a table of ``benchmarks`` says of medians, bounds and spread."""

from __future__ import annotations

import pytest

from benchmarks.results import (
    Bound,
    Row,
    Run,
    Table,
    bound_growth,
    format_bound,
    format_table,
    format_verdict,
    judge_row,
    list_missed,
)


def make_row(
    what: str, *seconds: float, group: str = "10 models", bounds: tuple[Bound, ...] = ()
) -> Row:
    runs = tuple(Run(seconds=each) for each in seconds)
    return Row(what=what, runs=runs, group=group, bounds=bounds)


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Bound(parts=((1.3, "a"),)), "≤ 1.3 × a"),
        (Bound(parts=((1, "a"),), constant=0.5), "≤ a + 0.5 s"),
        (Bound(parts=((1 / 15, "a"),)), "≤ 1/15 × a"),
        (Bound(parts=((1, "a"), (-2, "b"))), "≤ a - 2 × b"),
        (Bound(constant=300, of="mebibytes"), "≤ 300 MiB"),
        (Bound(constant=80, of="server_share", at_least=True), "≥ 80 % server"),
    ],
)
def test_a_bound_reads_as_it_is_computed(bound: Bound, text: str) -> None:
    assert format_bound(bound) == text


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Bound(parts=((2, "peer"),)), "met: ≤ 2 × peer = 4.00 s"),
        (Bound(parts=((1.5, "peer"),)), "met: ≤ 1.5 × peer = 3.00 s"),
        (
            Bound(parts=((1, "peer"),), constant=0.5),
            "**not met** by 0.500 s, 20 %: ≤ peer + 0.5 s = 2.50 s",
        ),
        (Bound(constant=4, at_least=True), "**not met** by 1.00 s, 25 %: ≥ 4 s"),
        (
            Bound(parts=((1, "absent"),)),
            "not judged: ≤ absent, which was not measured",
        ),
        (Bound(parts=((3, "1 model"),)), "met: ≤ 3 × 1 model = 3.00 s"),
    ],
)
def test_a_verdict_compares_medians(bound: Bound, text: str) -> None:
    row = make_row("ours", 9.0, 3.0, 2.0, bounds=(bound,))
    rows = [
        make_row("peer", 1.0, 2.0, 8.0),
        make_row("peer", 100.0, group="100 models"),
        make_row("ours", 1.0, group="1 model"),
        row,
    ]
    (verdict,) = judge_row(row, rows)
    assert format_verdict(verdict) == text


def test_time_may_grow_as_the_size_does() -> None:
    rows = [
        make_row("ours", 1.0, group="1"),
        make_row("ours", 3.4, group="3"),
        make_row("peer", 9.0, group="3"),
    ]
    table = Table(title="Growth", rows=tuple(bound_growth(rows, "ours", (1, 3), str)))
    assert list_missed(table) == [
        "3, ours: **not met** by 0.100 s, 3 %: ≤ 3.3 × 1 = 3.30 s"
    ]


def test_a_table_shows_median_spread_ratio_and_bound() -> None:
    bound = Bound(parts=((1, "`peer`"),))
    table = Table(
        title="All",
        reference="`peer`",
        rows=(
            make_row("`peer`", 2.0),
            make_row("`ours`", 1.0, 3.0, 0.5, bounds=(bound,)),
        ),
        notes=("A note.",),
    )
    assert format_table(table).splitlines() == [
        "| size | what | median, s | from–to, s | runs | ratio | bound |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
        "| 10 models | `peer` | 2.00 | 2.00–2.00 | 1 | 1.00 |  |",
        "| 10 models | `ours` | 1.00 | 0.500–3.00 | 3 | 0.50 | met: ≤ `peer` = 2.00 s |",
        "",
        "A note.",
    ]


def test_what_failed_is_in_the_table_and_bounds_nothing() -> None:
    failed = Row(what="peer", runs=(), group="10 models", problem="exit code 3")
    ours = make_row("ours", 1.0, bounds=(Bound(parts=((1, "peer"),)),))
    table = Table(title="All", rows=(failed, ours), reference="peer")
    assert format_table(table).splitlines()[2:] == [
        "| 10 models | peer |  |  |  | **failed**: exit code 3 |",
        "| 10 models | ours | 1.00 | 1.00–1.00 | 1 |"
        " not judged: ≤ peer, which was not measured |",
    ]
    assert list_missed(table) == [
        "10 models, peer: **failed**: exit code 3",
        "10 models, ours: not judged: ≤ peer, which was not measured",
    ]


def test_the_greatest_memory_counts() -> None:
    runs = tuple(Run(seconds=1.0, mebibytes=size) for size in (1.0, 1.0, 400.0))
    bounds = (Bound(constant=300, of="mebibytes"),)
    row = Row(what="ours", runs=runs, bounds=bounds)
    assert [format_verdict(each) for each in judge_row(row, [row])] == [
        "**not met** by 100 MiB, 33 %: ≤ 300 MiB"
    ]


def test_medians_alone_have_a_column_for_each_size() -> None:
    rows = (make_row("diff", 1.0, group="10"), make_row("diff", 20.0, group="100"))
    table = Table(title="Phases", rows=rows, has_medians_alone=True)
    assert format_table(table).splitlines() == [
        "| seconds | 10 | 100 |",
        "| --- | ---: | ---: |",
        "| diff | 1.00 | 20.0 |",
    ]
