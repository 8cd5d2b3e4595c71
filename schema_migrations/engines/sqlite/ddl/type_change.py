"""The types that columns declare on SQLite, and which can hold the values of which.  Pure.

SQLite takes any name for a type: these are Django's, and common ones of SQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines import type_change

if TYPE_CHECKING:
    from schema_migrations.schema.model import Column

_WHOLE_NUMBERS = ("smallint", "integer", "bigint")
_LATTICE = type_change.TypeLattice(
    number_types=(*_WHOLE_NUMBERS, "numeric"),
    digit_counts={"smallint": 5, "integer": 10, "bigint": 19},
    text_types=("varchar", "character varying", "character", "text"),
    text_lengths={
        "bool": 1,
        "boolean": 5,
        "smallint": 6,
        "integer": 11,
        "bigint": 20,
        "uuid": 36,
    },
    wider_types={
        "bool": _WHOLE_NUMBERS,
        "boolean": _WHOLE_NUMBERS,
        "date": ("datetime",),
        "smallint": ("real", "double precision", "decimal"),
        "integer": ("double precision", "decimal"),
        "bigint": ("decimal",),  # truncates nothing
        "real": ("double precision", "decimal"),
    },
    binary_type="blob",
)


def may_alter_values(before: Column, after: Column) -> bool:
    """Return whether a type change may alter values; for unknown pairs it may."""
    if after.identity == "autoincrement" and before.type in _WHOLE_NUMBERS:
        return False  # 64 bits by any name: https://www.sqlite.org/autoinc.html
    return type_change.may_alter_values(before, after, _LATTICE)
