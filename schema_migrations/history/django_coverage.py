"""Up to which Django migrations the files of a directory go.

A generated file says so in its header, one line for each app that moved on:
``-- django: wagtailcore 0094_alter_page_locale``.

Invariant: the lines of all files count together, so their order is of no matter and
files of two branches merge; what no line covers is named again, never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from schema_migrations.history.file import MigrationFile

_COVERAGE_LINE = re.compile(r"--\s*django:\s+(?P<app>\w+)\s+(?P<name>\S+)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationNode:
    """One Django migration, as its own app sees it."""

    parents: tuple[str, ...] = ()
    """The migrations of the same app that it comes after."""
    replaces: tuple[str, ...] = ()
    """Those that it squashes, in their order; they may be gone."""


MigrationNodes = Mapping[str, MigrationNode]
"""Name → migration: all that one app has on disk, replaced ones included."""


def format_coverage_line(app: str, name: str) -> str:
    """Return the header line, without its comment sign."""
    return f"django: {app} {name}"


def read_coverage(files: Iterable[MigrationFile]) -> dict[str, tuple[str, ...]]:
    """Return app → the migrations that the headers of ``files`` name, in their order."""
    found: dict[str, list[str]] = {}
    for file in files:
        for line in file.leading_comments:
            if match := _COVERAGE_LINE.fullmatch(line):
                found.setdefault(match["app"], []).append(match["name"])
    return {app: tuple(names) for app, names in found.items()}


def order_active(nodes: MigrationNodes) -> tuple[str, ...]:
    """Return the migrations that a new database would run, in order.

    A squashed migration stands for those that it replaces.  Raises ``ValueError`` when
    some wait for one another in a circle.
    """
    graph = _build_active_graph(nodes)
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = ", ".join(error.args[1])
        raise ValueError(f"they wait for one another in a circle: {circle}") from error
    return tuple(name for name in order if name in graph)


def find_leaves(nodes: MigrationNodes) -> tuple[str, ...]:
    """Return the last migrations: one, or several where branches were not merged."""
    graph = _build_active_graph(nodes)
    followed = {parent for parents in graph.values() for parent in parents}
    return tuple(name for name in graph if name not in followed)


def find_uncovered(nodes: MigrationNodes, recorded: Collection[str]) -> tuple[str, ...]:
    """Return the migrations that come after the recorded ``names``, in order.

    Where a squashed migration is covered in part, those that it replaces are named.
    """
    covered = _find_covered(nodes, recorded)

    def begun(name: str) -> bool:
        replaced = nodes[name].replaces if name in nodes else ()
        return name in covered or any(begun(each) for each in replaced)

    def parts(name: str) -> list[str]:
        missing = [each for each in nodes[name].replaces if each not in covered]
        if begun(name) and all(each in nodes for each in missing):
            return [part for each in missing for part in parts(each)]
        return [name]

    return tuple(
        part
        for name in order_active(nodes)
        if name not in covered
        for part in parts(name)
    )


def find_unknown(nodes: MigrationNodes, recorded: Sequence[str]) -> str:
    """Return the last recorded name when no migration has it, or had it; else nothing."""
    known = {each for node in nodes.values() for each in node.replaces} | set(nodes)
    return recorded[-1] if recorded and recorded[-1] not in known else ""


def _build_active_graph(nodes: MigrationNodes) -> dict[str, tuple[str, ...]]:
    """Return name → the active migrations that it comes after; names sorted."""
    squashed = {
        old: new for new in sorted(nodes) for old in nodes[new].replaces if old != new
    }

    def standing_for(name: str) -> str:
        passed = set[str]()
        while name in squashed and name not in passed:
            passed.add(name)
            name = squashed[name]
        return name

    return {
        name: tuple(sorted({standing_for(p) for p in nodes[name].parents} - {name}))
        for name in sorted(nodes.keys() - squashed.keys())
    }


def _find_covered(nodes: MigrationNodes, recorded: Iterable[str]) -> frozenset[str]:
    """Return ``names`` and all that they come after, replace, or are squashed into."""
    squashes = {name: node for name, node in nodes.items() if node.replaces}
    done: set[str] = set()
    waiting = list(recorded)
    while waiting:
        while waiting:
            name = waiting.pop()
            if name in done:
                continue
            done.add(name)
            if name in nodes:
                waiting += [*nodes[name].parents, *nodes[name].replaces]
            for node in squashes.values():
                if name in node.replaces:
                    waiting += node.replaces[: node.replaces.index(name)]
                    waiting += node.parents
        waiting = [
            name
            for name, node in squashes.items()
            if name not in done and done.issuperset(node.replaces)
        ]
    return frozenset(done)
