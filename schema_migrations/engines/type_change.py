"""Whether a change of a column's type may alter values; engines give the types.  Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.schema.model import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeLattice:
    """The types of an engine, as it prints them, and what they can hold."""

    number_types: tuple[str, ...]
    """Types of whole numbers, from the narrowest to the widest, and ``numeric``."""
    digit_counts: Mapping[str, int]
    """Whole-number type → digits of its largest value."""
    text_types: tuple[str, ...]
    text_lengths: Mapping[str, int]
    """Type → length of its longest value as text."""
    wider_types: Mapping[str, tuple[str, ...]]
    """Type → the types that can hold any of its values unchanged."""
    binary_type: str
    """The type whose values need not be text."""
    label_length: int = 0
    """Letters of the longest label that an enum can have; 0: there are no enums."""


def may_alter_values(before: Column, after: Column, lattice: TypeLattice) -> bool:
    """Return whether a type change may alter values; for unknown pairs it may."""
    if before.type == after.type:
        return False
    arrays = before.type.endswith("[]") and after.type.endswith("[]")
    old, old_size = _split_type(before.type[:-2] if arrays else before.type)
    new, new_size = _split_type(after.type[:-2] if arrays else after.type)
    texts, numbers = lattice.text_types, lattice.number_types
    if old in texts and new in texts:
        return bool(new_size) and (not old_size or new_size < old_size)
    # ``char`` states its own length: on SQLite it holds a UUID or an address.
    states_length = old == "char" and old_size
    letters = old_size[0] if states_length else lattice.text_lengths.get(old)
    letters = lattice.label_length if _is_enum(old, before) else letters
    if letters and new in texts:
        return bool(new_size) and new_size[0] < letters
    if old in numbers and new in numbers and not new_size and not old_size:
        return numbers.index(new) < numbers.index(old)
    if old in lattice.digit_counts and new == "numeric" and new_size:
        return new_size[0] - new_size[-1] < lattice.digit_counts[old]
    if old == new == "numeric" and old_size and new_size:
        whole = new_size[0] - new_size[-1] < old_size[0] - old_size[-1]
        return whole or new_size[-1] < old_size[-1]
    if new in lattice.wider_types.get(old, ()):
        return False
    if old == new and not new_size:
        return False
    return new != "text" or old == lattice.binary_type


def _is_enum(type_: str, column: Column) -> bool:
    name = type_.rpartition(".")[2].strip('"')
    return any(key.kind == "enum" and key.name == name for key in column.needs)


def _split_type(type_: str) -> tuple[str, tuple[int, ...]]:
    """Return name and modifiers of a type like ``numeric(8,2)``.

    ``unsigned`` is left out: a check enforces it.
    """
    type_ = type_.removesuffix(" unsigned")
    match = re.fullmatch(r"([^(]+?)\s*\(([\d,\s]+)\)(.*)", type_)
    if not match:
        return type_, ()
    return match[1] + match[3], tuple(int(n) for n in match[2].split(","))
