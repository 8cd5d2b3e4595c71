"""The attributes of composite types, and how they change.  Pure.

Attributes are told apart by name.  One that only has another name, at its place among as
many, is taken for the same: its values stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schema_migrations.schema.model import Opaque

Attributes = dict[str, str]
"""Quoted name → type and collation, in order."""

_ATTRIBUTE = re.compile(r'("(?:[^"]|"")+"|\S+) (.*)', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChanges:
    """What leads from some attributes to others; all names are quoted."""

    renamed: tuple[tuple[str, str], ...] = ()
    """(old name, new name) pairs."""
    dropped: tuple[str, ...] = ()
    retyped: tuple[tuple[str, str], ...] = ()
    """(name, new type) pairs."""
    added: tuple[tuple[str, str], ...] = ()
    """(name, type) pairs."""
    misplaced: tuple[str, ...] = ()
    """New ones in front of some that stay, and some that move: no statement does that."""


def compare_attributes(before: Opaque, after: Opaque) -> AttributeChanges:
    """Return the changes of a composite type's attributes."""
    old, new = _read_attributes(before), _read_attributes(after)
    renamed = tuple(_find_renamed(old, new))
    names = dict(renamed)
    old = {names.get(name, name): type_ for name, type_ in old.items()}
    kept = [name for name in old if name in new]
    pairs = zip(new, [*kept, *(name for name in new if name not in old)], strict=True)
    return AttributeChanges(
        renamed=renamed,
        dropped=tuple(name for name in old if name not in new),
        retyped=tuple((name, new[name]) for name in kept if old[name] != new[name]),
        added=tuple((name, new[name]) for name in new if name not in old),
        misplaced=tuple(name for name, expected in pairs if name != expected),
    )


def _read_attributes(type_: Opaque) -> Attributes:
    matches = (_ATTRIBUTE.fullmatch(text) for text in type_.shape)
    return {match[1]: match[2] for match in matches if match}


def _find_renamed(old: Attributes, new: Attributes) -> Iterator[tuple[str, str]]:
    if len(old) != len(new):
        return
    for (before, old_type), (after, new_type) in zip(
        old.items(), new.items(), strict=True
    ):
        if old_type == new_type and after not in old and before not in new:
            yield before, after
