"""The page that keeps the tables of ``benchmarks``."""

from __future__ import annotations

import re

from benchmarks.bench import ROOT
from benchmarks.page import replace_part
from benchmarks.topics import TOPICS

PAGE = """\
# Title

<!-- measured: one -->

old

<!-- end -->

Between.

<!-- measured: two -->

kept

<!-- end -->
"""


def test_a_part_is_replaced_and_the_others_stay() -> None:
    page = replace_part(PAGE, "one", r"new \1")
    assert page == PAGE.replace("old", r"new \1")


def test_a_new_part_goes_to_the_end() -> None:
    part = "<!-- measured: three -->\n\nnew\n\n<!-- end -->\n"
    assert replace_part(PAGE, "three", "new") == f"{PAGE}\n{part}"
    assert replace_part("", "three", "new") == part


def test_the_page_of_the_docs_has_a_place_for_each_topic() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text()
    names = re.findall(r"^<!-- measured: ([\w-]+) -->$", page, re.MULTILINE)
    assert names == list(TOPICS)
    listed = page.partition("## How to read the tables")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", listed, re.MULTILINE) == list(TOPICS)
