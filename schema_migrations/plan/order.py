"""A sequence of changes that a database can take.

Each change makes, frees and uses keys; the edges follow from these alone:
what is used is made before, what is freed is no longer used, and a name is free
before something else takes it.  Ties are broken for the reader: same input, same
order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush

from schema_migrations.errors import PlanError
from schema_migrations.plan.effects import effects_of, reading_order
from schema_migrations.schema.changes import Change, Drop, subject
from schema_migrations.schema.model import Key, Schema

Role = defaultdict[Key, list[int]]
Edges = dict[int, set[int]]
"""change → the changes that must come before it."""


def order(changes: tuple[Change, ...], current: Schema) -> tuple[Change, ...]:
    """Return the changes in an order in which each one can be carried out.

    Raises ``PlanError`` naming the changes that wait for one another in a circle.
    """
    # What has a drop of its own is gone before its table is.
    explicit = {change.object.key for change in changes if isinstance(change, Drop)}
    edges = _edges(changes, current.replacing(explicit, ()))
    ranks = [(*reading_order(change), subject(change)) for change in changes]
    sorter = TopologicalSorter(edges)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = ", ".join(str(subject(changes[i])) for i in error.args[1][:-1])
        raise PlanError(
            f"these changes wait for one another in a circle: {circle}",
            hint="Make one of them in a migration of its own first.",
        ) from error
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


@dataclass(slots=True)
class _Roles:
    """Which changes make, free, use or release each key."""

    makes: Role = field(default_factory=lambda: defaultdict(list))
    frees: Role = field(default_factory=lambda: defaultdict(list))
    uses: Role = field(default_factory=lambda: defaultdict(list))
    releases: Role = field(default_factory=lambda: defaultdict(list))


def _roles(changes: tuple[Change, ...], current: Schema) -> _Roles:
    roles = _Roles()
    for i, change in enumerate(changes):
        effects = effects_of(change, current)
        for keys, role in (
            (effects.makes, roles.makes),
            (effects.frees, roles.frees),
            (effects.uses, roles.uses),
            (effects.releases, roles.releases),
        ):
            for key in keys:
                role[key].append(i)
    return roles


def _edges(changes: tuple[Change, ...], current: Schema) -> Edges:
    roles = _roles(changes, current)
    edges: Edges = {i: set() for i in range(len(changes))}

    def after(later: Iterable[int], earlier: Iterable[int]) -> None:
        for i in later:
            edges[i].update(earlier)

    for key, makers in roles.makes.items():
        after(roles.uses.get(key, ()), makers)
        after(makers, roles.frees.get(key, ()))
    for key, freers in roles.frees.items():
        after(freers, roles.releases.get(key, ()))
    for i, before in edges.items():
        before.discard(i)
    return edges
