"""Which values PostgreSQL refuses when a column gets a narrower type.  Pure.

An assignment cast never shortens a text or wraps a number around: it fails.
https://www.postgresql.org/docs/current/sql-createcast.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.ddl.type_change import may_alter_values
from schema_migrations.schema import changes as ddl

if TYPE_CHECKING:
    from collections.abc import Callable

_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
_SMALLEST = {"smallint": -(2**15), "integer": -(2**31), "bigint": -(2**63)}
_TEXTS = ("character varying", "character")
_FRACTIONS = ("numeric", "real", "double precision")
_SIZED = re.compile(r"([a-z ]+)\((\d+)(?:,(-?\d+))?\)")


def render_misfit_condition(
    change: ddl.AlterColumn | ddl.AlterTable, old_value: Callable[[str], str]
) -> str:
    """Return the condition of the rows that the server refuses; empty: it takes all.

    It is known for texts and numbers; from a text to a number it is not.
    """
    if isinstance(change, ddl.AlterTable) or change.after.generated is not None:
        return ""
    before, after = change.before.type, change.after.type
    value = old_value(change.after.name)
    old, *old_size = _split_type(before)
    new, *size = _split_type(after)
    if before == after:
        return ""
    if change.conversion is None and not may_alter_values(change.before, change.after):
        return ""
    if new in _TEXTS and size:
        return f"rtrim(substr(CAST({value} AS text), {size[0] + 1})) <> ''"
    if change.conversion is not None or old not in (*_DIGITS, *_FRACTIONS):
        return ""
    if new in _DIGITS:
        return _describe_whole_misfit(old, new, value)
    if new == "numeric" and size:
        return _describe_numeric_misfit(old, old_size, size, value)
    return ""


def _split_type(type_: str) -> tuple[str, *tuple[int, ...]]:
    """Return name, precision and scale of a type."""
    match = _SIZED.fullmatch(type_)
    if not match:
        return (type_,)
    return match[1], int(match[2]), int(match[3] or 0)


def _describe_whole_misfit(old: str, new: str, value: str) -> str:
    if old in _DIGITS and _DIGITS[old] <= _DIGITS[new]:
        return ""
    rounded = value if old in _DIGITS else f"round({value})"
    low = _SMALLEST[new]
    # Not BETWEEN: as a float, the largest bigint is one more.
    return f"NOT ({rounded} >= {low} AND {rounded} < {-low})"


def _describe_numeric_misfit(
    old: str, old_size: list[int], size: list[int], value: str
) -> str:
    precision, scale = size
    whole = precision - scale
    if old in _DIGITS and _DIGITS[old] <= whole:
        return ""
    if old_size:
        old_whole = old_size[0] - old_size[1]
        rounds_up = scale < old_size[1]
        if old_whole < whole or (old_whole == whole and not rounds_up):
            return ""
    number = value if old == "numeric" else f"CAST({value} AS numeric)"
    limit = f"1{'0' * whole}" if whole >= 0 else f"0.{'0' * (-whole - 1)}1"
    return f"abs(round({number}, {scale})) >= {limit} AND {number} <> 'NaN'"
