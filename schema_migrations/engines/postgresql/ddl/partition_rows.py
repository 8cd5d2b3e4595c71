"""Which rows of a default partition belong into a new one: the server refuses it then.

Pure.  https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_migrations.plan.existing_rows import BreakingRows
from schema_migrations.schema.definition_text import (
    read_group,
    split_list,
)
from schema_migrations.schema.model import Key, Opaque, Schema

if TYPE_CHECKING:
    from collections.abc import Callable

_PARTITION = re.compile(
    r"CREATE TABLE (\S+|\"[^\"]+\") PARTITION OF (.+?) (DEFAULT|FOR VALUES .*?)"
    r"(?: PARTITION BY .*)?",
    re.DOTALL,
)
_UNBOUNDED = ("MINVALUE", "MAXVALUE")


def find_misplaced_rows(
    partition: Opaque,
    current: Schema,
    *,
    qualify: Callable[[Key], str],
    read_expression: Callable[[str], str],
) -> BreakingRows | None:
    """Return the query for the rows; None: no default partition could hold any."""
    made = _PARTITION.fullmatch(partition.definition)
    if made is None or made[3] == "DEFAULT":
        return None
    for other in current.of(Opaque):
        held = _PARTITION.fullmatch(other.definition)
        if held and held[2] == made[2] and held[3] == "DEFAULT":
            key = _find_partition_key(partition, made[2], current)
            condition = _describe_bounds(key, made[3], read_expression)
            if not condition:
                return BreakingRows(query="")
            source = qualify(other.key)
            return BreakingRows(query=f"SELECT * FROM {source} WHERE {condition}")
    return None


def _find_partition_key(partition: Opaque, parent: str, current: Schema) -> str:
    """Return what comes after ``PARTITION BY``; empty if the parent is a partition."""
    for other in current.of(Opaque):
        match = _PARTITION.fullmatch(other.definition)
        if match and match[1] == parent:
            return ""
        if other.trait.is_partition_key and other.owner == partition.owner:
            return other.definition.removeprefix("PARTITION BY ")
    return ""


def _describe_bounds(
    key: str, bounds: str, read_expression: Callable[[str], str]
) -> str:
    """Return the condition of the rows within the bounds; empty: it is not known."""
    if not key.startswith(("RANGE ", "LIST ")):
        return ""
    inner, _ = read_group(key)
    values = [read_expression(item) for item in split_list(inner)]
    inside, rest = read_group(bounds)
    if key.startswith("LIST "):
        return _describe_list(values[0], split_list(inside))
    upper = read_group(rest)[0]
    if len(values) > 1 and any(
        item in _UNBOUNDED for each in (inside, upper) for item in split_list(each)
    ):
        return ""
    value = f"({', '.join(values)})" if len(values) > 1 else values[0]
    # A row with NULL is in no range, which only a single value says by itself.
    conditions = [f"{each} IS NOT NULL" for each in values if len(values) > 1]
    conditions += [
        f"{value} {operator} ({limits})"
        for operator, limits in ((">=", inside), ("<", upper))
        if limits not in _UNBOUNDED
    ]
    return " AND ".join(conditions) or f"{value} IS NOT NULL"


def _describe_list(value: str, items: tuple[str, ...]) -> str:
    listed = [item for item in items if item.upper() != "NULL"]
    conditions = [f"{value} IN ({', '.join(listed)})"] if listed else []
    conditions += [f"{value} IS NULL"] if len(listed) < len(items) else []
    return " OR ".join(conditions)
