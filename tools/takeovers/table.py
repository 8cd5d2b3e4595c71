"""Lay out what was measured as a Markdown table, a column for each project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tools.takeovers.walk import Measure


def format_table(measured: Mapping[str, Sequence[Measure]]) -> Iterator[str]:
    """Yield the lines of the table; what a project lacks stays empty."""
    columns = {
        project: {each.what: each.value for each in measures}
        for project, measures in measured.items()
    }
    names = dict.fromkeys(what for column in columns.values() for what in column)
    yield _format_row(["", *columns])
    yield _format_row(["---", *("---:" for _ in columns)])
    for what in names:
        yield _format_row(
            [what, *(column.get(what, "") for column in columns.values())]
        )


def _format_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
