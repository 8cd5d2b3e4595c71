"""Put the tables into a Markdown page, each between its marks.  Pure.

A part is what stands between ``<!-- measured: NAME -->`` and ``<!-- end -->``; a page
keeps the parts of what was not measured again.
"""

from __future__ import annotations

import re

END = "<!-- end -->"


def replace_part(page: str, name: str, text: str) -> str:
    """Return the page with this text for a part; a new one goes to the end."""
    mark = f"<!-- measured: {name} -->"
    part = f"{mark}\n\n{text}\n\n{END}"
    pattern = re.compile(
        rf"^{re.escape(mark)}$.*?^{re.escape(END)}$", flags=re.MULTILINE | re.DOTALL
    )
    if pattern.search(page):
        return pattern.sub(lambda match: part, page, count=1)
    return f"{page.rstrip()}\n\n{part}\n".lstrip()
