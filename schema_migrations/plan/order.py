"""The order of changes that a database accepts.

Each change makes, frees and uses keys, and the order follows from these alone: a key is
made before it is used, no longer used when it is freed, and freed before another change
takes it.  Ties are ordered by rank: a change comes when the first one of those that wait
for it is due, and not before.  The same input gives the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush

from schema_migrations.errors import CircularChanges
from schema_migrations.plan.effects import effects_of
from schema_migrations.plan.parts import Edges, Placement, choose_parts, defer_drops
from schema_migrations.plan.ranks import (
    LOCKING,
    Rank,
    Stage,
    find_table_roles,
    rank_change,
)
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import ForeignKey, Key, Opaque, Schema
from schema_migrations.schema.partitions import with_detached


def order_changes(
    changes: tuple[ddl.Change, ...], current: Schema
) -> tuple[ddl.Change, ...]:
    """Return the changes in an order in which each one can be carried out.

    Raises ``PlanError`` naming the changes that depend on one another in a circle.
    """
    return tuple(change for change, _ in order_in_parts(changes, current))


def order_in_parts(
    changes: tuple[ddl.Change, ...],
    current: Schema,
    placements: Sequence[Placement] | None = None,
) -> tuple[tuple[ddl.Change, int], ...]:
    """Return the changes in such an order, each with the number of its part.

    ``placements`` are where each of them may come; None: all in one part.  Raises as
    ``order_changes`` does.
    """
    # A part that has its own drop is dropped before its table.
    explicit = {change.object.key for change in changes if isinstance(change, ddl.Drop)}
    # What a detached partition has is no longer dropped with the table.
    detached = (c.partition for c in changes if isinstance(c, ddl.Detach))
    current = with_detached(current, detached)
    edges = _draw_edges(changes, current.replace_objects(explicit, ()))
    sorter = TopologicalSorter(edges)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = ", ".join(str(ddl.subject_of(changes[i])) for i in error.args[1][:-1])
        raise CircularChanges(circle=circle) from error
    if placements is None:
        placements = [Placement.TOGETHER] * len(changes)
    else:
        defer_drops(edges, placements, (i for i, c in enumerate(changes) if _drops(c)))
        sorter = TopologicalSorter(edges)
        sorter.prepare()
    parts = choose_parts(edges, placements)
    ranks = _rank_changes(changes, edges)
    ready = [(parts[i], ranks[i], i) for i in sorter.get_ready()]
    heapify(ready)
    result = []
    while ready:
        part, _, i = heappop(ready)
        result.append((changes[i], part))
        sorter.done(i)
        for j in sorter.get_ready():
            heappush(ready, (parts[j], ranks[j], j))
    return tuple(result)


def _drops(change: ddl.Change) -> bool:
    match change:
        case ddl.Drop(concurrently=False) | ddl.DropColumn():
            return True
        case _:
            return False


def _rank_changes(
    changes: tuple[ddl.Change, ...], edges: Edges
) -> list[tuple[Rank, Rank, Key]]:
    """Return for each change when it is due, its own rank, and what it is about."""
    roles = find_table_roles(changes)
    own = [rank_change(change, roles) for change in changes]
    in_order = tuple(TopologicalSorter(edges).static_order())
    for i in in_order:
        if own[i].stage < Stage.READABLE:
            # What has to wait for a lock makes nobody take it early.
            waited = (own[j] for j in edges[i] if own[j].stage in LOCKING)
            own[i] = max((own[i], *(each.at_the_end for each in waited)))
    due = list(own)
    for i in reversed(in_order):
        for earlier in edges[i] if due[i].stage != Stage.AT_ONCE else ():
            due[earlier] = min(due[earlier], _bring_forward(due[i], own[earlier]))
    _keep_tables_together(due, own)
    return [
        (when, rank, ddl.subject_of(change))
        for when, rank, change in zip(due, own, changes, strict=True)
    ]


def _bring_forward(due: Rank, rank: Rank) -> Rank:
    """Return when a change of a rank is due that one which is due then waits for.

    What is not part of a table's changes comes before the first of them.
    """
    return due if due.table_key == rank.table_key else due.table_key


def _keep_tables_together(due: list[Rank], own: list[Rank]) -> None:
    """Let all that is done to a table come with what other tables wait for."""
    first: dict[Rank, Rank] = {}
    for when, rank in zip(due, own, strict=True):
        first[rank.table_key] = min(when, first.get(rank.table_key, when))
    for i, rank in enumerate(own):
        when = first[rank.table_key]
        if rank.is_in_table and when.table_key != rank.table_key:
            due[i] = min(due[i], when)


def _draw_edges(changes: tuple[ddl.Change, ...], current: Schema) -> Edges:
    effects = [effects_of(change, current) for change in changes]
    uses = _group_by_key(effect.used_keys for effect in effects)
    releases = _group_by_key(effect.released_keys for effect in effects)
    frees = _group_by_key(effect.freed_keys for effect in effects)
    # No change waits for most of the keys that are made.
    awaited = uses.keys() | frees.keys()
    makes = _group_by_key(effect.made_keys & awaited for effect in effects)
    edges: Edges = {i: set() for i in range(len(changes))}

    def after(later: Iterable[int], earlier: Iterable[int]) -> None:
        for i in later:
            edges[i].update(earlier)

    for key, makers in makes.items():
        after(uses.get(key, ()), makers)
        after(makers, frees.get(key, ()))
    for key, freers in frees.items():
        after(freers, releases.get(key, ()))
    _put_untying_first(changes, edges)
    for i, before in edges.items():
        before.discard(i)
    return edges


def _put_untying_first(changes: tuple[ddl.Change, ...], edges: Edges) -> None:
    """Untie tables before all else but the drops of foreign keys that are in the way."""
    detached = {i for i, c in enumerate(changes) if _unties_tables(c)}
    if not detached:
        return
    tops = {c.partition.owner for c in changes if isinstance(c, ddl.Detach)}
    own = {c.table.key for c in changes if isinstance(c, ddl.Detach)}
    for i, change in enumerate(changes):
        match change:
            case _ if i in detached:
                pass
            case ddl.Alter(needs_commit=True):
                # What comes before a commit must not be half of what belongs together.
                pass
            case ddl.Drop(object=ForeignKey(table=table, referenced_table=top)) if (
                top in tops and table not in own
            ):
                for each in detached:
                    edges[each].add(i)
            case _:
                edges[i] |= detached


def _unties_tables(change: ddl.Change) -> bool:
    match change:
        case ddl.Detach():
            return True
        case ddl.Drop(object=Opaque(trait=trait)):
            return trait.ties_tables
        case _:
            return False


def _group_by_key(sets: Iterable[Set[Key]]) -> dict[Key, list[int]]:
    """Return key → the positions of the sets that contain it."""
    positions: dict[Key, list[int]] = {}
    for i, keys in enumerate(sets):
        for key in keys:
            positions.setdefault(key, []).append(i)
    return positions
