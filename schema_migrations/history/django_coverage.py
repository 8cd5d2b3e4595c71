"""Coverage: the Django migrations that the files of a directory include.

A generated file records it in its header, one line for each app with new migrations:
``-- django: wagtailcore 0094_alter_page_locale``.

Invariant: the lines of all files count together, so their order does not matter and
files of two branches merge; a migration that no line covers is always reported.
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
    """One Django migration and its relations within its app."""

    parents: tuple[str, ...] = ()
    """The migrations of the same app that it comes after."""
    replaces: tuple[str, ...] = ()
    """The migrations that it squashes, in order; they may have been deleted."""


MigrationNodes = Mapping[str, MigrationNode]
"""Name → migration: all of one app on disk, replaced ones included."""


def format_coverage_line(app: str, name: str) -> str:
    """Return the header line for an app, without the comment sign."""
    return f"django: {app} {name}"


def read_coverage(files: Iterable[MigrationFile]) -> dict[str, tuple[str, ...]]:
    """Return app → the migrations that the headers of ``files`` name, in order."""
    coverage: dict[str, list[str]] = {}
    for file in files:
        for line in file.leading_comments:
            if match := _COVERAGE_LINE.fullmatch(line):
                coverage.setdefault(match["app"], []).append(match["name"])
    return {app: tuple(names) for app, names in coverage.items()}


def order_active(nodes: MigrationNodes) -> tuple[str, ...]:
    """Return the migrations that a new database would run, in order.

    A squashed migration takes the place of those that it replaces.  Raises
    ``ValueError`` for a circle of dependencies.
    """
    graph = _build_active_graph(nodes)
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = ", ".join(error.args[1])
        raise ValueError(f"they depend on each other in a circle: {circle}") from error
    return tuple(name for name in order if name in graph)


def find_leaves(nodes: MigrationNodes) -> tuple[str, ...]:
    """Return the last migrations: one, or several if branches were not merged."""
    graph = _build_active_graph(nodes)
    followed = {parent for parents in graph.values() for parent in parents}
    return tuple(name for name in graph if name not in followed)


def find_uncovered(nodes: MigrationNodes, recorded: Collection[str]) -> tuple[str, ...]:
    """Return the migrations that ``recorded`` does not cover, in order.

    For a squashed migration covered in part, return those that it replaces.
    """
    covered = find_covered(nodes, recorded)

    def is_started(name: str) -> bool:
        replaced = nodes[name].replaces if name in nodes else ()
        return name in covered or any(is_started(part) for part in replaced)

    def uncovered_parts(name: str) -> list[str]:
        missing = [old for old in nodes[name].replaces if old not in covered]
        if is_started(name) and all(old in nodes for old in missing):
            return [part for old in missing for part in uncovered_parts(old)]
        return [name]

    return tuple(
        part
        for name in order_active(nodes)
        if name not in covered
        for part in uncovered_parts(name)
    )


def find_unknown(nodes: MigrationNodes, recorded: Sequence[str]) -> str:
    """Return the last recorded name if no migration has or had it, else nothing."""
    known = {old for node in nodes.values() for old in node.replaces} | set(nodes)
    known |= {_read_last_squashed(name) for name in known}
    last = recorded[-1] if recorded else ""
    return last if {last, _read_last_squashed(last) or last}.isdisjoint(known) else ""


def _read_last_squashed(name: str) -> str:
    """Return the last migration that the name of a squashed one says, if it says any.

    Django names it so.  When ``replaces`` is removed, as Django advises once all databases
    have it, only the name still tells.
    https://docs.djangoproject.com/en/stable/topics/migrations/#migration-squashing
    """
    return name.partition("_squashed_")[2]


def _build_active_graph(nodes: MigrationNodes) -> dict[str, tuple[str, ...]]:
    """Return name → the active migrations that it depends on; names sorted."""
    squashed = {
        old: new for new in sorted(nodes) for old in nodes[new].replaces if old != new
    }

    def active_name_of(name: str) -> str:
        visited = set[str]()
        while name in squashed and name not in visited:
            visited.add(name)
            name = squashed[name]
        return name

    return {
        name: tuple(sorted({active_name_of(p) for p in nodes[name].parents} - {name}))
        for name in sorted(nodes.keys() - squashed.keys())
    }


def find_covered(nodes: MigrationNodes, recorded: Iterable[str]) -> frozenset[str]:
    """Return ``recorded`` and all that they depend on, replace or are squashed into."""
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
            else:
                waiting += [new for new in nodes if _read_last_squashed(new) == name]
                waiting += filter(None, [_read_last_squashed(name)])
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
