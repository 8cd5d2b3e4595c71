"""The parts of a plan: what runs in one transaction, and what runs outside of any.  Pure.

Part 0, 2, 4 … are a transaction each; in part 1, 3 … each statement commits by itself.
A change comes in the first part that what it waits for allows, so there are few; and
rather outside of a transaction, where it can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from graphlib import TopologicalSorter

Edges = dict[int, set[int]]
"""change → the changes that must come before it."""


class Placement(Enum):
    """Where a change is placed among the others."""

    TOGETHER = "together"
    """In one transaction with others, so that all of them are seen at once or none."""
    ALONE = "alone"
    """Outside of a transaction, or in one that holds no other lock."""
    EITHER = "either"
    """By itself if anything of the plan is; else in one transaction with the rest."""


def choose_parts(
    edges: Mapping[int, set[int]], placements: Sequence[Placement]
) -> list[int]:
    """Return the number of the part that each change comes in."""
    in_order = tuple(TopologicalSorter(edges).static_order())
    parts = [0] * len(placements)
    for i in in_order:
        part = max((parts[j] for j in edges[i]), default=0)
        is_alone = bool(part % 2)
        moves = placements[i] is Placement.ALONE and not is_alone
        parts[i] = part + (moves or (placements[i] is Placement.TOGETHER and is_alone))
    last = max(parts, default=0)
    first_after = [last + 1] * len(placements)
    for i in reversed(in_order):
        # In a transaction its lock would be held until the end.
        is_free = placements[i] is Placement.EITHER and parts[i] < first_after[i]
        if is_free and parts[i] % 2 == 0 and parts[i] < last:
            parts[i] += 1
        for j in edges[i]:
            first_after[j] = min(first_after[j], parts[i])
    return parts


def defer_drops(
    edges: Edges, placements: Sequence[Placement], drops: Iterable[int]
) -> None:
    """Let a drop come when all else that what waits for it needs is done.

    So a view on a column that changes is dropped and made again in one transaction, and
    not before rows are filled in between.  What itself waits for the drop comes after it.
    """
    if Placement.ALONE not in placements:
        return
    later: Edges = {i: set() for i in edges}
    for i, before in edges.items():
        for j in before:
            later[j].add(i)
    for drop in drops:
        waiting = _reach(later, [drop])
        for i in _reach(edges, waiting) - waiting - {drop}:
            if placements[i] is Placement.ALONE:
                edges[drop].add(i)
                later[i].add(drop)


def _reach(edges: Mapping[int, set[int]], start: Iterable[int]) -> set[int]:
    """Return all that can be reached by one edge or more."""
    found: set[int] = set()
    to_visit = list(start)
    while to_visit:
        for i in edges[to_visit.pop()] - found:
            found.add(i)
            to_visit.append(i)
    return found


def merge_parts(counts: Mapping[int, int]) -> dict[int, int]:
    """Return the number of the file for each part that has statements, by their counts.

    One statement is a transaction by itself, so it joins what runs outside of any.
    """
    files: dict[int, int] = {}
    last = -1
    for part, count in sorted(counts.items()):
        is_alone = part % 2 == 1 or (count == 1 and len(counts) > 1)
        if not (is_alone and last % 2 == 1 and files):
            last += 1 if is_alone == (last % 2 == 0) else 2
        files[part] = last
    return files
