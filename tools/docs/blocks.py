"""Find and replace the blocks of Markdown pages that are made from the code.

A block is what stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``; both
lines stay, so the pages read well where they are, without a build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_BLOCK = re.compile(
    r"^(<!-- generated: (?P<name>[^\n]+) -->\n)(?P<text>.*?)(^<!-- end -->$)",
    flags=re.MULTILINE | re.DOTALL,
)


_ESCAPED_PIPE = r"\|"


def find_blocks(page: str) -> list[str]:
    """Return the names of a page's blocks, in order."""
    return [match["name"] for match in _BLOCK.finditer(page)]


def replace_blocks(page: str, texts: Mapping[str, str]) -> str:
    """Return a page with each block as ``texts`` has it.

    Raises ``KeyError`` for a block that ``texts`` does not name.
    """
    return _BLOCK.sub(
        # Without the empty lines GitHub takes the text for HTML.
        lambda match: f"{match[1]}\n{texts[match['name']]}\n{match[4]}",
        page,
    )


def format_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [_format_row(heads), f"|{'---|' * len(heads)}", *map(_format_row, rows)]
    return "".join(f"{line}\n" for line in lines)


def _format_row(cells: Sequence[str]) -> str:
    # Also in code a | would end the cell.
    return f"| {' | '.join(cell.replace('|', _ESCAPED_PIPE) for cell in cells)} |"
