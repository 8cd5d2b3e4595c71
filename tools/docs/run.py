"""Bring the parts of ``docs/`` that are made from the code up to date.

    python -m tools docs [--check]

Rewrites what stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``.  With
``--check`` nothing is written, and the exit code is 1 when a page is out of date.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings

from tools import ROOT
from tools.docs.blocks import replace_blocks


def find_outdated_pages(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each page whose blocks are not as the code has them, and its new text."""
    # The commands read Django's settings when they are imported.
    from tools.docs.reference import TEXTS

    texts = {name: make() for name, make in TEXTS.items()}
    for path in sorted(folder.rglob("*.md")):
        page = path.read_text(encoding="utf-8")
        wanted = replace_blocks(page, texts)
        if wanted != page:
            yield path, wanted


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools docs",
        description="Bring the parts of docs/ that are made from the code up to date.",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a page is old"
    )
    options = parser.parse_args(arguments)
    settings.configure()
    outdated = list(find_outdated_pages(ROOT / "docs"))
    for path, text in outdated:
        print(path.relative_to(ROOT))
        if not options.check:
            path.write_text(text, encoding="utf-8")
    return 1 if options.check and outdated else 0
