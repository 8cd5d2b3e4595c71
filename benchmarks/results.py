"""What was measured, what it may take at most, and the tables that say so.  Pure.

A row belongs to a group ("100 models") and is about something ("`check`").  A bound is a
sum of multiples of other rows' medians, and a constant.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

Measure = Literal["seconds", "mebibytes", "server_share"]

UNITS: dict[Measure, str] = {
    "seconds": "s",
    "mebibytes": "MiB",
    "server_share": "% server",
}
TENTH_MORE = 1.1
HEADS = ("what", "median, s", "from–to, s", "runs", "ratio", "MiB", "bound")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a process took."""

    seconds: float
    mebibytes: float = 0.0
    """Its greatest memory; 0: not measured."""
    server_share: float = 0.0
    """The percentage of all cores that the server was busy meanwhile; 0: not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a median may be at most, or with ``at_least`` at least.

    The name of a part is another row's of the same group; or a group's, whose row is
    about the same as that which has the bound.
    """

    parts: tuple[tuple[float, str], ...] = ()
    constant: float = 0.0
    of: Measure = "seconds"
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    what: str
    runs: tuple[Run, ...]
    """Empty: it failed."""
    group: str = ""
    bounds: tuple[Bound, ...] = ()
    problem: str = ""
    """Why it failed."""

    def find_figure(self, of: Measure = "seconds") -> float:
        """Return the median of the runs; of memory the greatest."""
        values: list[float] = [getattr(run, of) for run in self.runs]
        return max(values) if of == "mebibytes" else statistics.median(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    title: str
    rows: tuple[Row, ...]
    reference: str = ""
    """The ratio is to the row of the group that is about this; empty: no ratio."""
    notes: tuple[str, ...] = ()
    has_medians_alone: bool = False
    """Each group is a column then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a bound was met."""

    bound: Bound
    value: float
    limit: float | None
    """``None``: what stands beside was not measured."""

    @property
    def is_met(self) -> bool:
        if self.limit is None:
            return False
        if self.bound.at_least:
            return self.value >= self.limit
        return self.value <= self.limit


def judge_row(row: Row, rows: Sequence[Row]) -> list[Verdict]:
    """Compare a row with its bounds; ``rows`` are those of its table."""
    return [_judge(row, bound, rows) for bound in row.bounds if row.runs]


def _judge(row: Row, bound: Bound, rows: Sequence[Row]) -> Verdict:
    found = [_find_part(row, name, rows) for _, name in bound.parts]
    limit = None
    if all(found):
        limit = bound.constant + sum(
            factor * part.find_figure(bound.of)
            for (factor, _), part in zip(bound.parts, found, strict=True)
            if part
        )
    return Verdict(bound=bound, value=row.find_figure(bound.of), limit=limit)


def _find_part(row: Row, name: str, rows: Sequence[Row]) -> Row | None:
    wanted = ((row.group, name), (name, row.what))
    measured = (each for each in rows if each.runs)
    return next((each for each in measured if (each.group, each.what) in wanted), None)


def list_missed(table: Table) -> list[str]:
    """Return a line for each bound that is not met, and for each row that failed."""
    return [
        f"{', '.join(filter(None, (row.group, row.what)))}: {problem}"
        for row in table.rows
        for problem in _list_problems(row, table.rows)
    ]


def _list_problems(row: Row, rows: Sequence[Row]) -> Iterator[str]:
    if row.problem:
        yield f"**failed**: {row.problem}"
    for verdict in judge_row(row, rows):
        if not verdict.is_met:
            yield format_verdict(verdict)


def format_verdict(verdict: Verdict) -> str:
    """Say that a bound is met, or by how much it is not."""
    rule = format_bound(verdict.bound)
    if verdict.limit is None:
        return f"not judged: {rule}, which was not measured"
    unit = UNITS[verdict.bound.of]
    limit = f"{format_figure(verdict.limit)} {unit}"
    if verdict.bound.parts:
        rule = f"{rule} = {limit}"
    if verdict.is_met:
        return f"met: {rule}"
    by = abs(verdict.value - verdict.limit)
    share = f", {100 * by / verdict.limit:.0f} %" if verdict.limit > 0 else ""
    return f"**not met** by {format_figure(by)} {unit}{share}: {rule}"


def format_bound(bound: Bound) -> str:
    """Return the sum that a value may be at most, or must be at least."""
    terms = [_format_part(*part) for part in bound.parts]
    if bound.constant or not terms:
        terms.append(f"+ {bound.constant:g} {UNITS[bound.of]}")
    sign = "≥" if bound.at_least else "≤"
    return f"{sign} {' '.join(terms).removeprefix('+ ')}"


def _format_part(factor: float, name: str) -> str:
    size = abs(factor)
    text = f"1/{round(1 / size, 2):g}" if size < 1 else f"{round(size, 2):g}"
    times = "" if size == 1 else f"{text} × "
    return f"{'-' if factor < 0 else '+'} {times}{name}"


def format_figure(number: float) -> str:
    """Return a number with as many digits as say something."""
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.{_digits(number)}f}"


def _digits(number: float) -> int:
    return 1 if abs(number) >= 10 else 2 if abs(number) >= 1 else 3


def format_table(table: Table) -> str:
    """Return the table in Markdown, with its notes."""
    lines = _format_medians(table) if table.has_medians_alone else _format_rows(table)
    return "\n".join([*lines, *(f"\n{note}" for note in table.notes)])


def _format_medians(table: Table) -> list[str]:
    groups = list(dict.fromkeys(row.group for row in table.rows))
    medians = {(row.what, row.group): row.find_figure() for row in table.rows}
    subjects = dict.fromkeys(row.what for row in table.rows)
    return [
        _format_line(["seconds", *groups]),
        _format_line(["---", *("---:" for _ in groups)]),
        *(
            _format_line(
                [what, *(format_figure(medians[what, group]) for group in groups)]
            )
            for what in subjects
        ),
    ]


def _format_rows(table: Table) -> list[str]:
    """Return a line for each row; columns in which nothing stands are left out."""
    grouped = any(row.group for row in table.rows)
    heads = (*(("size",) if grouped else ()), *HEADS)
    lines = [
        (*((row.group,) if grouped else ()), *_list_cells(row, table))
        for row in table.rows
    ]
    kept = [
        number
        for number in range(len(heads))
        if not lines or any(line[number] for line in lines)
    ]
    marks = ["---:" if _is_number(head) else "---" for head in heads]
    return [
        _format_line([line[number] for number in kept])
        for line in (heads, marks, *lines)
    ]


def _is_number(head: str) -> bool:
    return head not in {"size", "what", "bound"}


def _format_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _list_cells(row: Row, table: Table) -> Iterator[str]:
    yield row.what
    if not row.runs:
        yield from ("", "", "", "", "", f"**failed**: {row.problem}")
        return
    seconds = [run.seconds for run in row.runs]
    yield format_figure(statistics.median(seconds))
    yield f"{format_figure(min(seconds))}–{format_figure(max(seconds))}"
    yield str(len(seconds))
    reference = (
        _find_part(row, table.reference, table.rows) if table.reference else None
    )
    yield _format_ratio(row, reference)
    peak = row.find_figure("mebibytes")
    yield f"{peak:.0f}" if peak else ""
    yield "<br>".join(map(format_verdict, judge_row(row, table.rows)))


def _format_ratio(row: Row, reference: Row | None) -> str:
    if reference is None:
        return ""
    return f"{row.find_figure() / reference.find_figure():.2f}"


def bound_growth(
    rows: Sequence[Row], what: str, sizes: Sequence[int], name: Callable[[int], str]
) -> list[Row]:
    """Return the rows, bounded by those of the size before: the time may grow as the
    size does, and a tenth more.

    ``what`` is the row of each group, ``name`` the group of a size.
    """
    growth = {
        name(large): Bound(parts=((TENTH_MORE * large / small, name(small)),))
        for small, large in pairwise(sizes)
    }
    return [
        with_bound(row, growth[row.group])
        if row.what == what and row.group in growth
        else row
        for row in rows
    ]


def with_bound(row: Row, bound: Bound) -> Row:
    return replace(row, bounds=(*row.bounds, bound))
