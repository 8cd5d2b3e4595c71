"""Versions of other tools as versions of the directory.

Invariant: new versions have the order of the old ones, as text and as numbers, and room
for the next one.  They stay as they are where that holds of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

LEAST_WIDTH = 3
"""Digits of a counted version that may stay: with fewer the next one soon needs more."""
PADDED_WIDTH = 4
YEAR_WIDTH = 4


def format_versions(versions: Sequence[str]) -> tuple[str, ...]:
    """Return a version for each of some versions in order, such as ``1``, ``2.10``."""
    parts = [re.findall(r"\d+", version) for version in versions]
    if all(len(each) == 1 for each in parts):
        width = _choose_width([each[0] for each in parts])
        return tuple(str(int(each[0])).zfill(width) for each in parts)
    columns = list(zip_longest(*parts, fillvalue="0"))
    widths = [max(map(len, column)) for column in columns]
    # The next file has a time for its version, which must come later as text, too.
    last = max(part.zfill(widths[0]) for part in columns[0])
    if widths[0] < YEAR_WIDTH and f"{last}." >= "2000":
        widths[0] += 1
    return tuple(
        ".".join(
            str(int(part)).zfill(width) for part, width in zip(row, widths, strict=True)
        )
        for row in zip(*columns, strict=True)
    )


def _choose_width(numbers: Sequence[str]) -> int:
    width = max(map(len, numbers), default=0)
    is_even = len({len(each) for each in numbers}) == 1
    is_full = any(set(each) == {"9"} and len(each) == width for each in numbers)
    if is_even and width >= LEAST_WIDTH:
        return width + is_full
    return max(width + is_full, PADDED_WIDTH)
