"""Which differences of extensions count: their version only where a source says one.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Definition, Key, Schema


def with_agreed_versions(current: Schema, desired: Schema) -> Schema:
    """Return ``current``; an extension has the version that ``desired`` accepts.

    If ``desired`` says none, any is right, and so is one that it says if it is there.
    """
    agreed = [
        replace(before, version=after.version)
        for before, after in _pair_extensions(current, desired)
        if before.version != after.version
        and after.version in ("", before.installed_version)
    ]
    return current.replace_objects((), agreed) if agreed else current


def find_extension_moves(
    current: Schema, desired: Schema
) -> tuple[ddl.Create | ddl.Alter, ...]:
    """Return the changes that move extensions, and create the schemas they move to."""
    moved = [
        (before, replace(after, version=before.version))
        for before, after in _pair_extensions(current, desired)
        if before.definition != after.definition
    ]
    spaces = {
        key
        for _, after in moved
        for key in after.needs
        if key.kind == "namespace" and key not in current.by_key
    }
    return (
        *(ddl.Create(object=_make_namespace(key)) for key in sorted(spaces)),
        *(ddl.Alter(before=before, after=after) for before, after in moved),
    )


def _make_namespace(key: Key) -> Definition:
    return Definition(key=key, definition="")


def _pair_extensions(
    current: Schema, desired: Schema
) -> Iterator[tuple[Definition, Definition]]:
    for after in desired.of(Definition):
        before = current.get(after.key)
        if after.key.kind == "extension" and isinstance(before, Definition):
            yield before, after
