"""What placements in one transaction, and what outside of any."""

from __future__ import annotations

import pytest

from schema_migrations.plan.parts import (
    Placement,
    choose_parts,
    defer_drops,
    merge_parts,
)

TOGETHER, ALONE, EITHER = Placement.TOGETHER, Placement.ALONE, Placement.EITHER


@pytest.mark.parametrize(
    ("edges", "placements", "parts"),
    [
        # What waits for nothing is first, whatever comes later.
        ({0: set(), 1: set()}, [TOGETHER, ALONE], [0, 1]),
        ({0: {1}, 1: set()}, [TOGETHER, ALONE], [2, 1]),
        # What can run either way stays with what it waits for,
        ({0: {1}, 1: set(), 2: set()}, [EITHER, ALONE, TOGETHER], [1, 1, 0]),
        # leaves a transaction that it need not be in,
        ({0: set(), 1: {0}, 2: set()}, [EITHER, ALONE, TOGETHER], [1, 1, 0]),
        ({0: set(), 1: set()}, [EITHER, ALONE], [1, 1]),
        # stays where something waits for it there,
        ({0: set(), 1: {0}, 2: {0}}, [EITHER, ALONE, TOGETHER], [0, 1, 0]),
        # and is a transaction where nothing is alone.
        ({0: set(), 1: {0}}, [EITHER, EITHER], [0, 0]),
        ({0: set(), 1: {0}, 2: {1}, 3: {2}}, [ALONE, TOGETHER, EITHER, ALONE], [1, 2, 3, 3]),
    ],
)  # fmt: skip
def test_a_change_comes_in_the_first_part_that_it_can(
    edges: dict[int, set[int]], placements: list[Placement], parts: list[int]
) -> None:
    assert choose_parts(edges, placements) == parts


@pytest.mark.parametrize(
    ("edges", "before_the_drop"),
    [
        # 0 is dropped, 1 waits for it, and 2 is done alone.
        ({0: set(), 1: {0}, 2: set()}, set()),
        ({0: set(), 1: {0, 2}, 2: set()}, {2}),
        ({0: set(), 1: {0}, 2: set(), 3: {1, 2}}, {2}),
        # What waits for the drop itself comes after it.
        ({0: set(), 1: {2}, 2: {0}}, set()),
    ],
)
def test_a_drop_comes_when_what_waits_for_it_can(
    edges: dict[int, set[int]], before_the_drop: set[int]
) -> None:
    placements = [TOGETHER, TOGETHER, ALONE, TOGETHER]
    defer_drops(edges, placements, [0])
    assert edges[0] == before_the_drop


@pytest.mark.parametrize(
    ("counts", "files"),
    [
        ({0: 5}, [0]),
        ({0: 1}, [0]),
        ({1: 3}, [1]),
        ({0: 3, 1: 2}, [0, 1]),
        ({0: 1, 1: 2}, [1, 1]),
        ({1: 1, 2: 1}, [1, 1]),
        ({1: 1, 2: 3}, [1, 2]),
        ({0: 3, 1: 1, 2: 1, 3: 1}, [0, 1, 1, 1]),
        ({0: 3, 1: 1, 2: 2, 3: 1}, [0, 1, 2, 3]),
        ({0: 1, 1: 1, 2: 2}, [1, 1, 2]),
    ],
)
def test_a_single_statement_begins_no_transaction(
    counts: dict[int, int], files: list[int]
) -> None:
    assert list(merge_parts(counts).values()) == files
