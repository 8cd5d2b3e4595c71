"""The rules that single partitions have for themselves, as changes of a table.  Pure.

Existing rows may break them like those of any table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Column,
    Constraint,
    ForeignKey,
    Index,
    Key,
    Opaque,
    Schema,
    Table,
)
from schema_migrations.schema.own_parts import own_key_of

ReadRule = Callable[[ddl.Change], ddl.Change]


def make_table_rule_lookup(current: Schema, desired: Schema) -> ReadRule:
    """Return what reads the change of a partition's own rule as that of a table's."""
    dropped, created = _collect_rules(current), _collect_rules(desired)
    tables, tables_before = collect_partitions(desired), collect_partitions(current)

    def read_rule(change: ddl.Change) -> ddl.Change:
        match change:
            case ddl.Create(object=Opaque(trait=trait) as own) if trait.forbids_null:
                key = Key("table", own.key.namespace, own.key.name)
                if key not in tables:
                    return change
                return _forbid_null(own, tables[key], tables_before.get(key))
            case ddl.Create(object=Opaque(key=key)) if key in created:
                return replace(change, object=created[key])
            case ddl.Drop(object=Opaque(key=key)) if key in dropped:
                return replace(change, object=dropped[key])
            case _:
                return change

    return read_rule


def collect_partitions(schema: Schema) -> dict[Key, Table]:
    """Return the tables that the partitions would be, by their keys."""
    partitions = (obj.attachment for obj in schema.of(Opaque) if obj.attachment)
    return {each.table.key: each.table for each in partitions}


def _collect_rules(schema: Schema) -> dict[Key, Constraint | ForeignKey | Index]:
    return {
        own_key_of(part): part
        for obj in schema.of(Opaque)
        if obj.attachment
        for part in obj.attachment.objects
        if isinstance(part, Constraint | ForeignKey | Index)
    }


def _forbid_null(own: Opaque, table: Table, before: Table | None) -> ddl.AlterColumn:
    """Return the change of a column, which may be NOT NULL already by the whole table."""
    names = {key.part for key in own.needs if key.kind == "column"}
    column: Column = next(each for each in table.columns if each.name in names)
    nullable = {each.name: each.nullable for each in before.columns} if before else {}
    return ddl.AlterColumn(
        table=table.key,
        before=replace(column, nullable=nullable.get(column.name, True)),
        after=replace(column, nullable=False),
    )
