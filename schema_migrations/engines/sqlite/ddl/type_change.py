"""The types that columns declare on SQLite, and which can hold the values of which.  Pure.

SQLite takes any name for a type: these are Django's, and common ones of SQL.  It
enforces no length, precision or range: https://www.sqlite.org/datatype3.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines import type_change
from schema_migrations.engines.sqlite.ddl.conversion import UUID_TYPE

if TYPE_CHECKING:
    from schema_migrations.schema.model import Column

_WHOLE_NUMBERS = frozenset({"smallint", "integer", "int", "bigint"})
_LATTICE = type_change.TypeLattice(
    number_types=("smallint", "integer", "bigint", "numeric"),
    digit_counts={"smallint": 5, "integer": 10, "bigint": 19},
    text_types=("varchar", "character varying", "character", "char", "text"),
    text_lengths={
        "bool": 1,
        "boolean": 5,
        "smallint": 6,
        "integer": 11,
        "bigint": 20,
        "uuid": 36,
    },
    wider_types={
        "bool": tuple(_WHOLE_NUMBERS),
        "boolean": tuple(_WHOLE_NUMBERS),
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
    before, after = _without_size(before), _without_size(after)
    if after.type == UUID_TYPE:
        return before.type != UUID_TYPE  # another form of the value
    if {before.type, after.type} <= _WHOLE_NUMBERS:
        return False  # 64 bits by any name
    return type_change.may_alter_values(before, after, _LATTICE)


def _without_size(column: Column) -> Column:
    """Return a column whose type says no size and no sign; that of a UUID stays."""
    type_ = column.type.lower().removesuffix(" unsigned")
    if type_ != UUID_TYPE:
        type_ = re.sub(r"\s*\([^)]*\)", "", type_)
    return replace(column, type=type_)
