"""What the reference says of options and settings is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import ROOT
from tools.docs.blocks import find_blocks
from tools.docs.reference import COMMANDS, TEXTS, mark_up
from tools.docs.run import find_outdated_pages

DOCS = ROOT / "docs"


def test_every_page_has_what_the_code_says() -> None:
    """``python -m tools docs`` brings them up to date."""
    assert [path for path, _ in find_outdated_pages(DOCS)] == []


def test_a_page_that_differs_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- generated: settings -->\n<!-- end -->\n")
    ((path, text),) = find_outdated_pages(tmp_path)
    assert path == page
    assert (
        '| [`LOCK_WAIT`](#lock_wait) | `"60s"` | a duration, such as `"60s"` |' in text
    )


def test_every_block_is_in_one_page() -> None:
    blocks = [
        name for page in DOCS.rglob("*.md") for name in find_blocks(page.read_text())
    ]
    assert sorted(blocks) == sorted(TEXTS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_does(command: str) -> None:
    rows = TEXTS[f"options of {command}"]().splitlines()
    assert [row for row in rows if re.search(r"\|\s+\|$", row)] == []


@pytest.mark.parametrize(
    ("help_text", "marked_up"),
    [
        ("as with --from (default: models)", "as with `--from` (default: models)"),
        (
            "(default: the setting DEV)",
            "(default: the setting [`DEV`](settings.md#dev))",
        ),
        ("a .sql file, db:ALIAS or a URL", "a `.sql` file, `db:ALIAS` or a URL"),
        ("file: all; text, SQL; NULL: none", "file: all; text, SQL; `NULL`: none"),
        ("postgres://… or x.y=z.", "`postgres://…` or `x.y=z`."),
        ("- reads standard input", "- reads standard input"),
    ],
)
def test_names_in_a_help_text_are_code(help_text: str, marked_up: str) -> None:
    assert mark_up(help_text) == marked_up
