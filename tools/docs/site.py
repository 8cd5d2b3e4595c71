"""Check that every link of the built site leads somewhere.

    python -m tools docs site FOLDER

Reads the pages as a browser would: what Sphinx made of the sources, the sidebar and the
theme's own links included.  Other sites are not asked.  Exits 1 when a link is broken.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "id" and value:
                self.anchors.add(value)


def find_broken_links(site: Path) -> Iterator[tuple[Path, str]]:
    """Yield each page with a link to a file or an anchor that the site does not have."""
    pages = {
        path: _Page(path.read_text(encoding="utf-8"))
        for path in sorted(site.resolve().rglob("*.html"))
    }
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            place = (
                (path.parent / unquote(parts.path)).resolve() if parts.path else path
            )
            target = pages.get(place)
            if not place.is_file() or (
                target and unquote(parts.fragment) not in target.anchors
            ):
                yield path.relative_to(site.resolve()), link


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools docs site", description="Find broken links of a site."
    )
    parser.add_argument("folder", type=Path, help="the built site")
    folder = parser.parse_args(arguments).folder
    broken = list(find_broken_links(folder))
    for path, link in broken:
        print(f"{path}: {link}")
    pages = len(list(folder.rglob("*.html")))
    print(f"{pages} pages, {len(broken)} broken links.")
    return 1 if broken or not pages else 0
