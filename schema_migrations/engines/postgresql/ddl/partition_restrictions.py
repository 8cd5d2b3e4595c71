"""Which rows that exist do not fit the partitions of a plan.  Pure.

The server looks at the rows of a table that is attached, and at those of the default
partition for each new one beside it.
https://www.postgresql.org/docs/current/sql-altertable.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schema_migrations.engines.postgresql.ddl.partition_bounds import (
    DEFAULT,
    describe_bounds,
    has_key_of_numbers,
    is_within,
    needs_whole_table,
)
from schema_migrations.engines.postgresql.ddl.row_queries import (
    ROW_QUERIES,
    read_expression,
)
from schema_migrations.plan.existing_rows import FindRows
from schema_migrations.plan.plan import Changes
from schema_migrations.plan.restriction import Restriction
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Attachment, Key, Opaque, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placement:
    """A partition that the plan creates or attaches."""

    partition: Opaque
    subject: Key
    before: Attachment | None
    """What it was in the same table."""
    of_numbers: bool
    """Integers choose the partition of a row."""

    @property
    def attachment(self) -> Attachment:
        return _attachment_of(self.partition)

    @property
    def only_widens(self) -> bool:
        return self.before is not None and is_within(
            self.before.bounds, self.attachment.bounds, of_numbers=self.of_numbers
        )

    @property
    def only_narrows(self) -> bool:
        return self.before is not None and is_within(
            self.attachment.bounds, self.before.bounds, of_numbers=self.of_numbers
        )


def find_partition_restrictions(
    changes: Changes, current: Schema, desired: Schema, find_rows: FindRows
) -> tuple[Restriction, ...]:
    """Return a restriction for each partition whose rows, or other rows, may not fit."""
    placed = {
        partition.key: _Placement(
            partition=partition,
            subject=subject,
            before=_find_before(partition, current),
            of_numbers=has_key_of_numbers(partition, desired),
        )
        for partition, subject in _list_placed(changes)
    }
    return tuple(
        restriction
        for each in placed.values()
        for restriction in (
            *_restrict_own_rows(each, desired, find_rows),
            *_restrict_default_rows(each, placed, desired, find_rows),
        )
    )


def _list_placed(changes: Changes) -> Iterator[tuple[Opaque, Key]]:
    """Yield the partitions, each with what its statement is about."""
    for change in changes:
        match change:
            case ddl.Create(object=Opaque(attachment=Attachment()) as partition):
                yield partition, partition.key
            case ddl.Attach(partition=partition, table=table):
                yield partition, table.key
            case _:
                pass


def _find_before(partition: Opaque, current: Schema) -> Attachment | None:
    before = current.get(partition.key)
    held = before.attachment if isinstance(before, Opaque) else None
    is_same = held and held.parent == _attachment_of(partition).parent
    return held if is_same else None


def _restrict_own_rows(
    placed: _Placement, desired: Schema, find_rows: FindRows
) -> Iterator[Restriction]:
    """Yield the restriction of a partition that has rows already."""
    attachment, key = placed.attachment, placed.attachment.table.key
    if not find_rows(key).exists or placed.only_widens:
        return
    if attachment.bounds == DEFAULT:
        others = tuple(_list_siblings(placed.partition, desired))
        if placed.before or not others:  # its rows were not in those of before
            return
        conditions = [_describe(each, desired, find_rows) for each in others]
        condition = " OR ".join(conditions) if all(conditions) else ""
    else:
        condition = _describe(placed.partition, desired, find_rows)
        condition = f"({condition}) IS NOT TRUE" if condition else ""
    yield Restriction(
        code="misplaced-rows",
        message=f"attaches partition {key.path} with the bounds {attachment.bounds}: "
        "fails if a row of it is beyond them",
        query=_select(condition, key, find_rows),
        subject=placed.subject,
    )


def _restrict_default_rows(
    placed: _Placement,
    others: dict[Key, _Placement],
    desired: Schema,
    find_rows: FindRows,
) -> Iterator[Restriction]:
    """Yield the restriction of a partition beside a default one that has rows."""
    if placed.attachment.bounds == DEFAULT or placed.only_narrows:
        return
    for default in _list_siblings(placed.partition, desired):
        key = _attachment_of(default).table.key
        is_new = default.key in others and others[default.key].before is None
        if _attachment_of(default).bounds != DEFAULT or is_new:
            continue
        if find_rows(key).exists:
            condition = _describe(placed.partition, desired, find_rows)
            yield Restriction(
                code="new-partition",
                message=f"adds partition {placed.partition.key.name}: fails if the "
                "default partition holds a row that belongs to it",
                query=_select(condition, key, find_rows),
                subject=placed.subject,
            )


def _list_siblings(partition: Opaque, schema: Schema) -> Iterable[Opaque]:
    parent = _attachment_of(partition).parent
    return (
        obj
        for obj in schema.of(Opaque)
        if obj.attachment
        and obj.attachment.parent == parent
        and obj.key != partition.key
    )


def _describe(partition: Opaque, schema: Schema, find_rows: FindRows) -> str:
    """Return the condition of its rows, for a query; empty: it is not known."""
    bounds = describe_bounds(partition, schema, read_expression)
    parent = _attachment_of(partition).parent
    if needs_whole_table(bounds) and not _is_known(parent, find_rows):
        return ""
    return f"({bounds})" if " OR " in bounds else bounds


def _select(condition: str, table: Key, find_rows: FindRows) -> str:
    """Return the query for rows as they are before the file; empty: there is none."""
    return ROW_QUERIES.select_matching(find_rows(table), condition) if condition else ""


def _is_known(table: Key, find_rows: FindRows) -> bool:
    """Tell whether a table has the same name before the file runs."""
    rows = find_rows(table)
    return rows.exists and rows.table == table


def _attachment_of(partition: Opaque) -> Attachment:
    assert partition.attachment is not None
    return partition.attachment
