"""Which rows a partition takes: its bounds as a condition, and when they only widen.  Pure.

https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

from __future__ import annotations

import re
from collections.abc import Callable

from schema_migrations.engines.postgresql.ddl.sequence_options import LARGEST_INTEGERS
from schema_migrations.engines.postgresql.quote import qualify, quote_literal
from schema_migrations.schema.definition_text import read_group, split_list, unquote
from schema_migrations.schema.model import Key, Opaque, Schema

DEFAULT = "DEFAULT"
_UNBOUNDED = ("MINVALUE", "MAXVALUE")
_HASH = re.compile(r"FOR VALUES WITH \(modulus (\d+), remainder (\d+)\)", re.IGNORECASE)
_HASH_CONDITION = "satisfies_hash_partition"
_NUMBER = re.compile(r"'?(-?\d+)'?")
_DATE = re.compile(r"'\d{4}-\d\d-\d\d'")


def describe_bounds(
    partition: Opaque, schema: Schema, read_expression: Callable[[str], str]
) -> str:
    """Return the condition of the rows that belong to a partition; empty: not known.

    For every other row it is false or ``NULL``.
    """
    attachment = partition.attachment
    assert attachment is not None
    key = _find_partition_key(attachment.parent, schema)
    bounds = attachment.bounds
    if not key.startswith(("RANGE ", "LIST ", "HASH ")):
        return ""
    inner, _ = read_group(key)
    values = [read_expression(item) for item in split_list(inner)]
    if found := _HASH.fullmatch(bounds):
        parent = f"{quote_literal(qualify(attachment.parent))}::regclass"
        arguments = ", ".join((parent, *found.groups(), *values))
        return f"{_HASH_CONDITION}({arguments})"
    inside, rest = read_group(bounds)
    if key.startswith("LIST "):
        return _describe_list(values[0], split_list(inside))
    return _describe_range(values, inside, read_group(rest)[0])


def needs_whole_table(condition: str) -> bool:
    """Tell whether a condition names the partitioned table itself."""
    return condition.startswith(_HASH_CONDITION)


def _find_partition_key(table: Key, schema: Schema) -> str:
    """Return what comes after ``PARTITION BY``."""
    own = (obj for obj in schema.of(Opaque) if obj.owner == table)
    parts = (
        part
        for obj in schema.of(Opaque)
        if obj.attachment and obj.attachment.table.key == table
        for part in obj.attachment.objects
        if isinstance(part, Opaque)
    )
    for obj in (*own, *parts):
        if obj.trait.is_partition_key:
            return obj.definition.removeprefix("PARTITION BY ")
    return ""


def _describe_range(values: list[str], lower: str, upper: str) -> str:
    if len(values) > 1 and any(
        item in _UNBOUNDED for each in (lower, upper) for item in split_list(each)
    ):
        return ""
    value = f"({', '.join(values)})" if len(values) > 1 else values[0]
    # A row with NULL is in no range, which only a single value says by itself.
    conditions = [f"{each} IS NOT NULL" for each in values if len(values) > 1]
    conditions += [
        f"{value} {operator} ({limits})"
        for operator, limits in ((">=", lower), ("<", upper))
        if limits not in _UNBOUNDED
    ]
    return " AND ".join(conditions) or f"{value} IS NOT NULL"


def _describe_list(value: str, items: tuple[str, ...]) -> str:
    listed = [item for item in items if item.upper() != "NULL"]
    conditions = [f"{value} IN ({', '.join(listed)})"] if listed else []
    conditions += [f"{value} IS NULL"] if len(listed) < len(items) else []
    return " OR ".join(conditions)


def is_within(inner: str, outer: str, *, of_numbers: bool) -> bool:
    """Tell whether all rows of one partition's bounds are in another's; in doubt, not.

    ``of_numbers``: the partition key is a column of integers.
    """
    if inner == outer:
        return True
    one, other = _HASH.fullmatch(inner), _HASH.fullmatch(outer)
    if one and other:
        (modulus, remainder), (divisor, rest) = (
            map(int, each.groups()) for each in (one, other)
        )
        return modulus % divisor == 0 and remainder % divisor == rest
    if DEFAULT in (inner, outer) or one or other:
        return False
    (inside, tail), (around, other_tail) = read_group(inner), read_group(outer)
    if "(" not in tail:
        return {*split_list(inside)} <= {*split_list(around)}
    upper, limit = read_group(tail)[0], read_group(other_tail)[0]
    return all(
        one == other
        or one == "MINVALUE"
        or other == "MAXVALUE"
        or _is_less(one, other, of_numbers)
        for one, other in ((around, inside), (upper, limit))
    )


def _is_less(one: str, other: str, of_numbers: bool) -> bool:
    numbers = [_NUMBER.fullmatch(each) for each in (one, other)]
    if of_numbers and numbers[0] and numbers[1]:
        return int(numbers[0][1]) < int(numbers[1][1])
    return all(_DATE.fullmatch(each) for each in (one, other)) and one < other


def has_key_of_numbers(partition: Opaque, schema: Schema) -> bool:
    """Tell whether integers choose the partition of a row."""
    assert partition.attachment is not None
    key = _find_partition_key(partition.attachment.parent, schema)
    columns = partition.attachment.table.columns
    types = {column.name: column.type for column in columns}
    items = split_list(read_group(key)[0]) if key else ()
    return bool(items) and all(
        types.get(unquote(item)) in LARGEST_INTEGERS for item in items
    )
