"""A table of text for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def align_columns(lines: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield each row of cells as a line; the first two columns are aligned to the left."""
    rows = list(lines)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(
            cell.ljust(width) if index < 2 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
