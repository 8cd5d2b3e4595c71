"""The restrictions of values: NOT NULL, narrower types, domains and enums.  Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from schema_migrations.plan.existing_rows import ExistingRows, FindRows, RowQueries
from schema_migrations.plan.fills import needs_value
from schema_migrations.plan.mentions import find_words
from schema_migrations.plan.restriction import Restriction
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Column,
    Definition,
    Key,
    Opaque,
    Schema,
    Table,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnOfType:
    """A column that holds values of a type before and after the file."""

    table: Key
    column: Column

    @property
    def key(self) -> Key:
        return self.table.column(self.column.name)


FindUses = Callable[[Definition], tuple[ColumnOfType | Opaque, ...]]
"""Domain or enum → the columns and materialized views that hold its values."""


def make_use_lookup(changes: Iterable[ddl.Change], current: Schema) -> FindUses:
    """Return what finds the columns of a type, or of a domain that is based on it."""
    gone = frozenset(_find_gone(changes))

    def find_uses(type_: Definition) -> tuple[ColumnOfType | Opaque, ...]:
        types = {type_.key}
        while (
            more := {d.key for d in current.of(Definition) if d.needs & types} - types
        ):
            types |= more
        columns = (
            ColumnOfType(table=table.key, column=column)
            for table in current.of(Table)
            for column in table.columns_in_order
            if column.needs & types
        )
        views = (
            view
            for view in current.of(Opaque)
            if view.trait.stores_result and view.needs & types
        )
        uses: tuple[ColumnOfType | Opaque, ...] = (*columns, *views)
        return tuple(use for use in uses if use.key not in gone)

    return find_uses


def _find_gone(changes: Iterable[ddl.Change]) -> Iterator[Key]:
    """Yield the columns and views that no longer hold the type, or not the same values."""
    for change in changes:
        match change:
            case ddl.DropTable(table=table):
                yield from table.provided_keys
            case ddl.DropColumn(table=table, column=column):
                yield table.column(column.name)
            case ddl.AlterColumn(before=before, after=after) if (
                before.type != after.type
            ):
                yield change.table.column(after.name)
            case ddl.Drop(object=Opaque(key=key)):
                yield key
            case _:
                pass


def find_value_restrictions(
    change: ddl.Change,
    find_rows: FindRows,
    find_uses: FindUses,
    queries: RowQueries,
) -> Iterator[Restriction]:
    """Yield the restrictions of a change that the values of existing rows may stop."""
    match change:
        case ddl.AddColumn():
            yield from _restrict_new_column(change, find_rows(change.table), queries)
        case ddl.AlterColumn():
            rows = find_rows(change.table)
            yield from _restrict_nulls(change, rows, queries)
            yield from _restrict_type(change, rows, queries)
        case ddl.AlterTable():
            rows = find_rows(change.after.key)
            if query := queries.find_misfits(change, rows):
                table = change.after.key
                yield Restriction(
                    code="strict-table",
                    message=f"makes table {table.path} strict: fails if a row holds a "
                    "value of another type than its column",
                    query=query,
                    subject=table,
                    clause=change.after.options,
                )
        case ddl.Alter(before=Definition() as before, after=Definition() as after):
            for use in find_uses(after):
                restrict = _restrict_labels if after.labels else _restrict_domain
                yield from restrict(before, after, use, find_rows, queries)
        case _:
            pass


def _restrict_new_column(
    change: ddl.AddColumn, rows: ExistingRows, queries: RowQueries
) -> Iterator[Restriction]:
    column = change.column
    key = change.table.column(column.name)
    value = column.generated or (change.fill if change.fill_reads_columns else None)
    if change.fill is None and needs_value(column):
        yield Restriction(
            code="no-value",
            message=f"adds {key.path} as NOT NULL without a value for existing rows: "
            "fails on a table with rows (give the field a db_default, or the column a "
            "DEFAULT in the file)",
            subject=key,
            clause="NOT NULL",
        )
    elif value and not column.nullable and _may_be_null(value, rows):
        yield Restriction(
            code="not-null",
            message=f"adds {key.path} as NOT NULL: fails if its value is NULL for a row",
            query=queries.find_nulls(column.name, rows),
            subject=key,
            clause="NOT NULL",
        )


def _restrict_nulls(
    change: ddl.AlterColumn, rows: ExistingRows, queries: RowQueries
) -> Iterator[Restriction]:
    before, after = change.before, change.after
    if after.nullable or not rows.exists:
        return
    key = change.table.column(after.name)
    value = after.generated if after.generated != before.generated else None
    value = value or change.fill or change.conversion
    if value is None and before.nullable and not change.has_no_null:
        message = (
            f"makes {key.path} NOT NULL: fails if a row holds NULL (fill the NULLs "
            "first)"
        )
    elif value and _reads_row(value, rows) and _may_be_null(value, rows):
        message = f"gives {key.path} new values: fails if one of them is NULL"
    else:
        return
    yield Restriction(
        code="not-null",
        message=message,
        query=queries.find_nulls(after.name, rows),
        subject=key,
        clause="NOT NULL",
    )


def _reads_row(expression: str, rows: ExistingRows) -> bool:
    words = find_words(_LITERAL.sub("", expression))
    return "select" in words or any(column.name in words for column in rows.columns)


_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NEVER_NULL = re.compile(
    r"[\s(]*coalesce\s*\(.*, *(?:'(?:[^']|'')*'|\d[\d.]*)\)[\s)]*",
    re.IGNORECASE | re.DOTALL,
)
_STRICT_EXPRESSION = re.compile(
    r"(?:[\w\s\".+*|:,]|-(?!>)|(?<!\w)\(|\b(?:cast|lower|upper|trim|round|abs|length)\s*\(|\))*",
    re.IGNORECASE,
)
"""One that is ``NULL`` only if something in it is."""


def _may_be_null(expression: str, rows: ExistingRows) -> bool:
    """Tell whether an expression over existing rows may be ``NULL`` for one of them."""
    if _NEVER_NULL.fullmatch(expression):
        return False
    bare = _LITERAL.sub("''", expression).replace("''", "0")
    words = find_words(bare)
    if words & {"select", "case", "null"} or not _STRICT_EXPRESSION.fullmatch(bare):
        return True
    return any(c.name in words and c.nullable for c in rows.columns)


def _restrict_type(
    change: ddl.AlterColumn, rows: ExistingRows, queries: RowQueries
) -> Iterator[Restriction]:
    if query := queries.find_misfits(change, rows):
        key = change.table.column(change.after.name)
        yield Restriction(
            code="narrower-type",
            message=f"makes {key.path} {change.after.type}: fails if a row holds a value "
            "that does not fit",
            query=query,
            subject=key,
            clause=f" TYPE {change.after.type}",
        )


def _restrict_domain(
    before: Definition,
    after: Definition,
    use: ColumnOfType | Opaque,
    find_rows: FindRows,
    queries: RowQueries,
) -> Iterator[Restriction]:
    """Yield a restriction for each demand of a domain that is new.

    One with another base type is made anew, and its columns move to it.
    """
    based = before.bare_definition != after.bare_definition
    base = after.base_type
    of = use.key.path if isinstance(use, ColumnOfType) else use.key.name
    rows = find_rows(use.table) if isinstance(use, ColumnOfType) else None
    for demand in after.clauses:
        if not _is_demand(demand) or demand in before.clauses:
            continue
        if demand.endswith(" NOT VALID"):  # rows that exist are not looked at
            continue
        query = ""
        if isinstance(use, ColumnOfType) and rows:
            query = queries.find_domain_violations(
                demand, use.column, rows, base=base if based else ""
            )
        yield Restriction(
            code="tighter-domain",
            message=f"tightens domain {after.key.path}: fails if a row of {of} holds a "
            f"value that violates {demand}",
            query=query,
            subject=use.key if based else after.key,
            clause="" if based else demand,
        )
    if based and rows and isinstance(use, ColumnOfType):
        change = ddl.AlterColumn(
            table=use.table,
            before=replace(use.column, type=before.base_type),
            after=replace(use.column, type=base),
        )
        if query := queries.find_misfits(change, rows):
            yield Restriction(
                code="narrower-type",
                message=f"makes domain {after.key.path} {base}: fails if a row of {of} "
                "holds a value that does not fit",
                query=query,
                subject=use.key,
            )


def _is_demand(clause: str) -> bool:
    return not clause.startswith("DEFAULT ") and not clause.endswith(" NOT VALID")


def _restrict_labels(
    before: Definition,
    after: Definition,
    use: ColumnOfType | Opaque,
    find_rows: FindRows,
    queries: RowQueries,
) -> Iterator[Restriction]:
    removed = tuple(label for label in before.labels if label not in after.labels)
    if removed and isinstance(use, ColumnOfType):
        yield Restriction(
            code="removed-label",
            message=f"removes {', '.join(map(repr, removed))} from type {after.key.path}: "
            f"fails if a row holds one of them in {use.key.path} (give such rows "
            "another value first)",
            query=queries.find_labels(removed, use.column, find_rows(use.table)),
            subject=use.key,
        )
