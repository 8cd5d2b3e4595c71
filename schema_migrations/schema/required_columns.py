"""The columns without NOT NULL in which a check of their table allows no ``NULL``.  Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_migrations.schema.definition_text import mask_nested, read_group, unquote
from schema_migrations.schema.model import Constraint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_migrations.schema.model import Object

_DEMAND = re.compile(r'("(?:[^"]|"")+"|[^\W\d]\w*) IS NOT NULL', re.IGNORECASE)
_AND = re.compile(r"\bAND\b", re.IGNORECASE)
_OTHER_OPERATOR = re.compile(r"\b(?:OR|BETWEEN|CASE)\b", re.IGNORECASE)


def find_required_columns(parts: Iterable[Object]) -> frozenset[str]:
    """Return the columns of which a valid check among a table's parts says ``IS NOT NULL``.

    A check that tables which inherit it need not keep to, ``NO INHERIT``, says nothing.
    """
    return frozenset(
        name
        for part in parts
        if isinstance(part, Constraint) and part.type == "check"
        for condition, rest in [read_group(part.definition)]
        if not rest.strip()
        for name in _find_demanded(condition)
    )


def _find_demanded(condition: str) -> Iterator[str]:
    """Yield the columns that each row with a true or unknown condition has a value in."""
    condition = _strip_parentheses(condition)
    if demand := _DEMAND.fullmatch(condition):
        yield unquote(demand[1])
        return
    masked = mask_nested(condition)
    ends = [match.span() for match in _AND.finditer(masked)]
    if not ends or _OTHER_OPERATOR.search(masked):
        return
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(condition)]
    for start, stop in zip(starts, stops, strict=True):
        yield from _find_demanded(condition[start:stop])


def _strip_parentheses(condition: str) -> str:
    condition = condition.strip()
    while condition.startswith("(") and mask_nested(condition).find(")") == (
        len(condition) - 1
    ):
        condition = condition[1:-1].strip()
    return condition
