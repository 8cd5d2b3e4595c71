"""Managed objects: objects without a model that ``schemadiff`` made and may drop.

A generated file records them in its header, one line for each object: ``-- managed:
totals (view)``, and ``-- unmanaged: …`` in the file that drops or releases it.

Invariant: an object that no line names was written by a person and is never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from schema_migrations.history.file import MigrationFile
from schema_migrations.plan.renames import Renames
from schema_migrations.schema.model import Definition, Key, Opaque, Schema, Sequence

_MANAGED_LINE = re.compile(r"--\s*(?P<word>managed|unmanaged):\s+(?P<name>.+?)\s*")


def read_managed_names(files: Iterable[MigrationFile]) -> frozenset[str]:
    """Return the names (see ``managed_name_of``) of what is managed after all files."""
    names: set[str] = set()
    for file in files:
        for line in file.leading_comments:
            if match := _MANAGED_LINE.fullmatch(line):
                change = names.add if match["word"] == "managed" else names.discard
                change(match["name"])
    return frozenset(names)


def managed_name_of(key: Key) -> str:
    """Return ``totals (view)``, ``f (function(integer))``, ``archive.mood (enum)``."""
    return " ".join(f"{_qualified_name_of(key)} ({key.part or key.kind})".split())


def _qualified_name_of(key: Key) -> str:
    return f"{key.namespace}.{key.name}" if key.namespace else key.name


def find_manageable_keys(schema: Schema) -> frozenset[Key]:
    """Return the keys of the objects that models do not describe.

    Tables in other namespaces are included: a person may have made them.  Extensions
    are not: what uses them in a database is not known.
    """
    keys = [obj.key for obj in schema.of(Opaque)]
    keys += [obj.key for obj in schema.of(Sequence) if obj.owned_by is None]
    keys += [o.key for o in schema.of(Definition) if o.key.kind != "extension"]
    keys += [key for key in schema.by_key if key.kind == "table" and key.namespace]
    return frozenset(keys)


def find_obsolete_keys(
    current: Schema, desired: Schema, managed_names: Container[str]
) -> frozenset[Key]:
    """Return the keys of managed objects that are no longer desired."""
    return frozenset(
        key
        for key in find_manageable_keys(current)
        if key not in desired.by_key and managed_name_of(key) in managed_names
    )


def add_renamed(managed_names: frozenset[str], renames: Renames) -> frozenset[str]:
    """Return the names, and their new forms after tables or columns were renamed.

    ``touched (trigger on orders)`` and ``orders (row security)`` change with the name
    of the table, ``orders (storage of column a)`` also with that of the column.
    """
    endings = {f" on {o.name})": f" on {n.name})" for o, n in renames.tables.items()}
    endings |= {f" of column {o.part})": n for o, n in _column_endings_of(renames)}
    starts = {
        f"{_qualified_name_of(o)} (": f"{_qualified_name_of(n)} ("
        for o, n in renames.tables.items()
    }
    names = set(managed_names)
    for name in managed_names:
        for old, new in starts.items():
            if name.startswith(old):
                names.add(new + name.removeprefix(old))
    for name in tuple(names):
        for old, new in endings.items():
            if name.endswith(old):
                names.add(name.removesuffix(old) + new)
    return frozenset(names)


def _column_endings_of(renames: Renames) -> Iterable[tuple[Key, str]]:
    return ((key, f" of column {new})") for key, new in renames.columns.items())


def format_managed_lines(
    declared: Schema, goal: Schema, managed_names: frozenset[str]
) -> tuple[str, ...]:
    """Return the header lines of a file that leads to ``goal``, without comment signs.

    ``declared`` holds the objects of models and ``EXTRA``, ``managed_names`` the names
    managed so far.
    """
    remaining = {managed_name_of(key) for key in find_manageable_keys(goal)}
    declared_names = {
        managed_name_of(key) for key in find_manageable_keys(declared)
    } & remaining
    return (
        *(f"managed: {name}" for name in sorted(declared_names - managed_names)),
        *(f"unmanaged: {name}" for name in sorted(managed_names - remaining)),
    )
