"""The order of changes that a database accepts.

Each change makes, frees and uses keys, and the order follows from these alone: a key is
made before it is used, no longer used when it is freed, and freed before another change
takes it.  Ties are ordered for the reader; the same input gives the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush

from schema_migrations.errors import CircularChanges
from schema_migrations.plan.effects import effects_of, rank_for_reader
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import ForeignKey, Key, Opaque, Schema

Edges = dict[int, set[int]]
"""change → the changes that must come before it."""


def order_changes(
    changes: tuple[ddl.Change, ...], current: Schema
) -> tuple[ddl.Change, ...]:
    """Return the changes in an order in which each one can be carried out.

    Raises ``PlanError`` naming the changes that depend on one another in a circle.
    """
    # A part that has its own drop is dropped before its table.
    explicit = {change.object.key for change in changes if isinstance(change, ddl.Drop)}
    edges = _draw_edges(changes, current.replace_objects(explicit, ()))
    ranks = [(*rank_for_reader(change), ddl.subject_of(change)) for change in changes]
    sorter = TopologicalSorter(edges)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = ", ".join(str(ddl.subject_of(changes[i])) for i in error.args[1][:-1])
        raise CircularChanges(circle=circle) from error
    ready = [(ranks[i], i) for i in sorter.get_ready()]
    heapify(ready)
    result = []
    while ready:
        _, i = heappop(ready)
        result.append(changes[i])
        sorter.done(i)
        for j in sorter.get_ready():
            heappush(ready, (ranks[j], j))
    return tuple(result)


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
    for i, change in enumerate(changes):
        match change:
            case _ if i in detached:
                pass
            case ddl.Drop(object=ForeignKey(referenced_table=top)) if top in tops:
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
