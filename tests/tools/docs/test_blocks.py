"""Blocks of pages are replaced, and nothing else of a page is."""

from __future__ import annotations

import pytest

from tools.docs.blocks import find_blocks, format_table, replace_blocks

PAGE = """\
# Fruit

<!-- generated: apples -->
old
<!-- end -->

between

<!-- generated: pears and plums -->
<!-- end -->
after
"""


def test_blocks_are_found_in_order() -> None:
    assert find_blocks(PAGE) == ["apples", "pears and plums"]


def test_a_block_is_replaced_and_the_rest_stays() -> None:
    texts = {"apples": "red\n", "pears and plums": "green\n"}
    page = replace_blocks(PAGE, texts)
    assert page == (
        "# Fruit\n\n<!-- generated: apples -->\n\nred\n\n<!-- end -->\n\nbetween\n\n"
        "<!-- generated: pears and plums -->\n\ngreen\n\n<!-- end -->\nafter\n"
    )
    assert replace_blocks(page, texts) == page


def test_a_block_that_nothing_makes_is_refused() -> None:
    with pytest.raises(KeyError, match="pears and plums"):
        replace_blocks(PAGE, {"apples": ""})


def test_a_cell_cannot_end_its_column() -> None:
    table = format_table(("option", "meaning"), [("`--format a|b`", "one")])
    assert table == ("| option | meaning |\n|---|---|\n| `--format a\\|b` | one |\n")
