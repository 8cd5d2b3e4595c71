"""Which rows of a default partition belong into a new one: the server refuses it then.

Pure.  https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.plan.existing_rows import BreakingRows
from schema_migrations.schema.definition_text import (
    read_group,
    split_list,
)
from schema_migrations.schema.model import Attachment, Key, Opaque, Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_DEFAULT = "DEFAULT"
_UNBOUNDED = ("MINVALUE", "MAXVALUE")


def find_misplaced_rows(
    partition: Opaque,
    current: Schema,
    *,
    qualify: Callable[[Key], str],
    read_expression: Callable[[str], str],
) -> BreakingRows | None:
    """Return the query for the rows; None: no default partition could hold any."""
    made = partition.attachment
    if made is None or made.bounds == _DEFAULT:
        return None
    attachments = [each.attachment for each in current.of(Opaque) if each.attachment]
    for held in attachments:
        if held.parent == made.parent and held.bounds == _DEFAULT:
            key = _find_partition_key(made.parent, attachments, current)
            condition = _describe_bounds(key, made.bounds, read_expression)
            if not condition:
                return BreakingRows(query="")
            source = qualify(held.table.key)
            return BreakingRows(query=f"SELECT * FROM {source} WHERE {condition}")
    return None


def _find_partition_key(
    table: Key, attachments: Iterable[Attachment], current: Schema
) -> str:
    """Return what comes after ``PARTITION BY``; the table may be a partition itself."""
    parts = (part for each in attachments for part in each.objects)
    for part in (*current.of(Opaque), *parts):
        if (
            isinstance(part, Opaque)
            and part.trait.is_partition_key
            and part.owner == table
        ):
            return part.definition.removeprefix("PARTITION BY ")
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
