"""The rows that a table has before a file runs, seen under the names that it leaves.  Pure.

A query about them is for the database as it is now, where a renamed column has its old
name and a new one does not exist: its value is an SQL expression over the old row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from schema_migrations.plan.mentions import find_words
from schema_migrations.plan.partition_rules import collect_partitions
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

NULL = "NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnValue:
    """What a column holds for an existing row once the file has run."""

    sql: str
    """Expression over the old row."""
    type: str
    """The column's type afterwards."""
    reads_row: bool
    """False: it is the same expression for each row, without a column in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingRows:
    table: Key
    """As it is called before the file runs."""
    new_name: str
    """As it is called afterwards."""
    exists: bool = True
    """False: the file creates the table, so it has no rows."""
    columns: tuple[Column, ...] = ()
    """Afterwards."""
    values: Mapping[str, ColumnValue] = field(default_factory=dict)
    """New column name → value; a column that is missing here stays as it is."""
    primary_key: tuple[str, ...] = ()

    def may_be_null(self, column: str) -> bool:
        """Tell whether an existing row may have no value in a column."""
        return column in self.values or any(
            each.name == column and each.nullable for each in self.columns
        )


FindRows = Callable[[Key], ExistingRows]
"""Key of a table afterwards → its rows before."""

Rule = Constraint | ForeignKey | Index
"""What every row of a table must keep to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakingRows:
    """How the rows that break a rule are found."""

    query: str
    """Empty: no query is known."""
    reads_rows: bool = True
    """False: the query asks only about values that the file itself gives."""


class RowQueries(Protocol):
    """The queries of an engine about existing rows."""

    @property
    def quote(self) -> Callable[[str], str]:
        """Quote an identifier."""

    def find_breaking_rows(
        self, rule: Rule, find_rows: FindRows
    ) -> BreakingRows | None:
        """Return the query for the rows that break a rule which a file adds.

        None: no row can break it, or the server does not look at existing rows.
        """

    def find_nulls(self, column: str, rows: ExistingRows) -> str:
        """Return the query for the rows that have no value in a column afterwards."""

    def find_misfits(
        self, change: ddl.AlterColumn | ddl.AlterTable, rows: ExistingRows
    ) -> str:
        """Return the query for the rows whose values do not fit into the new types.

        Empty: all of them fit, or it is not known which do.
        """

    def find_domain_violations(
        self, demand: str, column: Column, rows: ExistingRows, *, base: str
    ) -> str:
        """Return the query for the rows that hold what a domain no longer allows.

        ``base`` is the base type that it gets; empty: it keeps its own.
        """

    def find_referring_rows(
        self, key: ForeignKey, partition: Key, find_rows: FindRows
    ) -> str:
        """Return the query for the rows that refer to those of one partition.

        Empty: the columns that the foreign key refers to are not known.
        """

    def find_labels(
        self, labels: tuple[str, ...], column: Column, rows: ExistingRows
    ) -> str:
        """Return the query for the rows that hold one of some labels of an enum."""


FindConversion = Callable[[Column, Column], str | None]


def make_find_rows(
    changes: Iterable[ddl.Change],
    renames: Iterable[ddl.Change],
    current: Schema,
    desired: Schema,
    *,
    quote: Callable[[str], str],
    find_conversion: FindConversion,
) -> FindRows:
    """Return what finds the rows of a table.

    ``current`` is the schema after the ``renames`` and before the ``changes``.
    """
    tables: dict[Key, Key] = {}
    values: dict[Key, ColumnValue] = {}
    for change in (*renames, *changes):
        match change:
            case ddl.Rename(before=Table() as before, after=Table() as after):
                tables[after.key] = tables.pop(before.key, before.key)
                for key in [key for key in values if key.table == before.key]:
                    values[after.key.column(key.part)] = values.pop(key)
            case ddl.RenameColumn(table=table, before=before_, after=after_):
                old = table.column(before_.name)
                value = values.pop(old, None) or ColumnValue(
                    sql=quote(old.part), type=after_.type, reads_row=True
                )
                values[table.column(after_.name)] = value
            case ddl.AddColumn(table=table, column=column):
                values[table.column(column.name)] = _value_of_added(change)
            case ddl.AlterColumn(table=table, after=after_) if _may_change_values(
                change
            ):
                key = table.column(after_.name)
                sql = values[key].sql if key in values else quote(key.part)
                values[key] = _value_of_altered(change, sql, quote, find_conversion)
            case _:
                pass

    held_tables, shown_tables = (
        collect_partitions(schema) | {table.key: table for table in schema.of(Table)}
        for schema in (current, desired)
    )
    owners = {
        obj.attachment.table.key: obj.owner
        for obj in current.of(Opaque)
        if obj.attachment
    }

    def find_rows(key: Key) -> ExistingRows:
        held = held_tables.get(key)
        after = shown_tables.get(key, held)
        changed = {key, owners.get(key)}
        own = {k.part: value for k, value in values.items() if k.table in changed}
        kept = {column.name: column for column in (held.columns if held else ())}
        shown = after.columns if after else ()
        return ExistingRows(
            table=tables.get(key, key),
            new_name=key.name,
            exists=held is not None,
            columns=tuple(kept.get(column.name, column) for column in shown),
            values=own,
            primary_key=_find_primary_key(key, desired),
        )

    return find_rows


def _value_of_added(change: ddl.AddColumn) -> ColumnValue:
    column = change.column
    sql = change.fill or column.default or column.generated or NULL
    return ColumnValue(
        sql=sql,
        type=column.type,
        reads_row=bool(column.generated or column.identity)
        or (change.fill is not None and change.fill_reads_columns),
    )


def _may_change_values(change: ddl.AlterColumn) -> bool:
    return (
        change.before.type != change.after.type
        or change.fill is not None
        or change.conversion is not None
        or change.after.generated != change.before.generated
    )


def _value_of_altered(
    change: ddl.AlterColumn,
    old: str,
    quote: Callable[[str], str],
    find_conversion: FindConversion,
) -> ColumnValue:
    before, after = change.before, change.after
    conversion = change.conversion
    if conversion is None and before.type != after.type:
        conversion = find_conversion(before, after)
    # A conversion speaks of the column by its name; a renamed one has another by now.
    sql = conversion.replace(quote(before.name), old) if conversion else old
    sql = after.generated if after.generated is not None else sql
    if change.fill is not None:
        sql = f"coalesce({sql}, {change.fill})"
    return ColumnValue(sql=sql, type=after.type, reads_row=True)


def find_untimely_values(
    changes: Iterable[ddl.Change], renames: Iterable[ddl.Change]
) -> tuple[str, ...]:
    """Return the expressions for existing rows that name what the file itself renames.

    Before the file has run there is nothing of that name.
    """
    new_names = frozenset(
        each.after.name if isinstance(each, ddl.RenameColumn) else each.after.key.name
        for each in renames
        if isinstance(each, ddl.RenameColumn | ddl.Rename)
    )
    return tuple(
        value
        for change in changes
        for value in _list_given_values(change)
        if find_words(value) & new_names
    )


def _list_given_values(change: ddl.Change) -> Iterator[str]:
    match change:
        case ddl.AddColumn():
            yield from filter(None, (change.fill,))
        case ddl.AlterColumn():
            yield from filter(None, (change.fill, change.conversion))
        case _:
            pass


def _find_primary_key(table: Key, schema: Schema) -> tuple[str, ...]:
    parts = (
        part
        for obj in schema.of(Opaque)
        if obj.attachment and obj.attachment.table.key == table
        for part in obj.attachment.objects
    )
    for obj in (*schema.by_table.get(table, ()), *parts):
        if isinstance(obj, Constraint) and obj.type == "primary key":
            return obj.columns
    return ()
