"""Queries for the rows that break a new rule: unique, check, foreign key, exclusion.  Pure.

They run before the file does.  A row breaks a check only if that is false, and a unique
rule only without ``NULL`` in it, unless the rule counts ``NULL`` as a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from schema_migrations.plan.existing_rows import (
    NULL,
    BreakingRows,
    ColumnValue,
    ExistingRows,
    FindRows,
    Rule,
)
from schema_migrations.plan.mentions import find_words
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.definition_text import (
    mask_nested,
    read_condition,
    read_group,
    split_list,
    unquote,
)
from schema_migrations.schema.model import (
    Column,
    Constraint,
    ForeignKey,
    Index,
    Key,
)

NO_QUERY = BreakingRows(query="")

UNCHECKED = (" NOT VALID", " NOT ENFORCED", " /* only */")
"""Ends the definition of a rule that the server does not hold against existing rows."""
WITHOUT_OVERLAPS = " WITHOUT OVERLAPS"

_NAME = re.compile(r'"(?:[^"]|"")+"')
_LITERALS = re.compile(r"'(?:[^']|'')*'")
_UNLIKE_EACH_OTHER = re.compile(r"random|uuid|nextval", re.IGNORECASE)
"""Functions that give each row another value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRowQueries:
    """The queries, and what those of two engines differ in."""

    quote: Callable[[str], str]
    qualify: Callable[[Key], str]
    render_value: Callable[[ColumnValue], str]
    """An expression that has the column's type."""
    read_expression: Callable[[str], str]
    """``lower(title) text_ops DESC`` → ``lower(title)``, what an index compares."""
    row_address: str
    """The hidden column that tells two equal rows apart."""
    render_misfit_condition: Callable[
        [ddl.AlterColumn | ddl.AlterTable, Callable[[str], str]], str
    ]
    """(change, column → expression over the old row) → a condition over that row, true
    if the server refuses its values; empty: it takes them, or it is not known."""

    def find_breaking_rows(
        self, rule: Rule, find_rows: FindRows
    ) -> BreakingRows | None:
        """Return the query for a rule that a file adds.

        None: no row can break it, or the server does not look at existing rows.
        """
        rows = find_rows(rule.table)
        if not rows.exists or rule.definition.endswith(UNCHECKED):
            return None
        match rule:
            case ForeignKey():
                parents = find_rows(rule.referenced_table)
                return self._find_children(rule, rows, parents, without_parent=True)
            case Constraint(type="check"):
                return self._find_violations(rule, rows)
            case Constraint(type="exclusion"):
                return self._find_conflicts(rule, rows)
            case Index(unique=False):
                return None
            case Constraint() | Index():
                return self._find_copies(rule, rows)

    def find_referring_rows(
        self, key: ForeignKey, partition: Key, find_rows: FindRows
    ) -> str:
        """Return the query for the rows that refer to those of one partition."""
        parents = replace(
            find_rows(key.referenced_table), table=partition, new_name=partition.name
        )
        found = self._find_children(key, find_rows(key.table), parents)
        return found.query if found else ""

    def find_nulls(self, column: str, rows: ExistingRows) -> str:
        """Return the query for the rows that have no value in a column afterwards."""
        return self._select_rows(rows, f"{self._render_old(column, rows)} IS NULL")

    def find_misfits(
        self, change: ddl.AlterColumn | ddl.AlterTable, rows: ExistingRows
    ) -> str:
        """Return the query for the rows whose values do not fit into the new types."""
        condition = self.render_misfit_condition(
            change, lambda column: self._render_old(column, rows)
        )
        return self._select_rows(rows, condition) if condition else ""

    def find_domain_violations(
        self, demand: str, column: Column, rows: ExistingRows, *, base: str
    ) -> str:
        """Return the query for the rows that hold what a domain no longer allows."""
        if demand == "NOT NULL":
            return self._find_held("VALUE IS NULL", column, rows, type_=base)
        condition, _ = read_group(demand)
        return self._find_held(f"NOT ({condition})", column, rows, type_=base)

    def find_labels(
        self, labels: tuple[str, ...], column: Column, rows: ExistingRows
    ) -> str:
        """Return the query for the rows that hold one of some labels of an enum."""
        listed = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
        return self._find_held(f"VALUE IN ({listed})", column, rows, type_="text")

    def select_matching(self, rows: ExistingRows, condition: str) -> str:
        """Return the query for the rows that a condition is true for afterwards."""
        source = self._render_source(rows, _find_columns(condition, rows))
        return f"SELECT * FROM {source} WHERE {condition}"

    def _find_held(
        self, condition: str, column: Column, rows: ExistingRows, *, type_: str
    ) -> str:
        """Return the query for the rows with a value for which a condition is true.

        The condition calls the value ``VALUE``; of an array it is each of its items.
        ``type_`` is what the value is converted to; empty: it stays as it is.
        """
        value = self._render_old(column.name, rows)
        is_array = column.type.endswith("[]")
        if type_:
            value = f"CAST({value} AS {type_}{'[]' if is_array else ''})"
        held = f"unnest({value}) AS held (value)"
        if not is_array:
            held = f"(SELECT {value} AS value) AS held"
        return self._select_rows(
            rows, f"EXISTS (SELECT 1 FROM {held} WHERE {condition})"
        )

    def _select_rows(self, rows: ExistingRows, condition: str) -> str:
        """Return a query for rows as they are before the file runs."""
        return f"SELECT * FROM {self.qualify(rows.table)} WHERE {condition}"

    def _render_old(self, column: str, rows: ExistingRows) -> str:
        """Return what a column will hold, as an expression over the old row."""
        sql = rows.values[column].sql if column in rows.values else self.quote(column)
        return sql if _NAME.fullmatch(sql) else f"({sql})"

    def _find_copies(
        self, rule: Constraint | Index, rows: ExistingRows
    ) -> BreakingRows | None:
        inner, rest = read_group(rule.definition)
        masked = mask_nested(rule.definition)
        items = split_list(inner)
        if mask_nested(items[-1]).endswith(WITHOUT_OVERLAPS):
            return self._find_overlaps(rule, rows, items)
        compared = [self.read_expression(item) for item in items]
        condition = read_condition(rest)
        nulls_count = "NULLS NOT DISTINCT" in masked or _is_primary_key(rule)
        used = _find_columns(inner, rows)
        values = [rows.values[name] for name in used if name in rows.values]
        if any(
            not value.reads_row and _UNLIKE_EACH_OTHER.search(value.sql)
            for value in values
        ):
            return None
        if any(_is_numbered(name, rows) for name in used):
            return None
        if not nulls_count and any(value.sql == NULL for value in values):
            return None
        where = [condition] if condition else []
        if not nulls_count:
            where += [
                f"{each} IS NOT NULL"
                for each in compared
                if not self._is_required(each, rows)
            ]
        source = self._render_source(rows, _find_columns(f"{inner} {condition}", rows))
        numbers = ", ".join(str(number) for number, _ in enumerate(compared, 1))
        return BreakingRows(
            query=f"SELECT {', '.join(compared)}, count(*) FROM {source}"
            f"{_render_where(where)} GROUP BY {numbers} HAVING count(*) > 1"
        )

    def _find_violations(self, rule: Constraint, rows: ExistingRows) -> BreakingRows:
        condition, _ = read_group(rule.definition)
        used = _find_columns(condition, rows)
        own = used and all(
            name in rows.values and not rows.values[name].reads_row for name in used
        )
        source = self._render_source(rows, used, alone=bool(own))
        return BreakingRows(
            query=f"SELECT * FROM {source} WHERE NOT ({condition})", reads_rows=not own
        )

    def _find_children(
        self,
        rule: ForeignKey,
        rows: ExistingRows,
        parents: ExistingRows,
        *,
        without_parent: bool = False,
    ) -> BreakingRows | None:
        """Return the query for the rows that refer to a parent, or to none that is there.

        None: no row refers to any.
        """
        columns = rule.columns or _read_names(read_group(rule.definition)[0])
        referenced = _read_referenced_columns(rule.definition)
        referenced = referenced or parents.primary_key
        match_full = " MATCH FULL" in mask_nested(rule.definition)
        values = [rows.values[name].sql for name in columns if name in rows.values]
        if any(value == NULL for value in values) and not (
            match_full and len(columns) > 1
        ):
            return None
        if len(referenced) != len(columns):
            return NO_QUERY
        child, parent = self.quote("child"), self.quote("parent")
        own = [f"{child}.{self.quote(name)}" for name in columns]
        inner, _ = read_group(rule.definition)
        period = mask_nested(split_list(inner)[-1]).startswith("PERIOD ")
        if match_full:
            is_null = " AND ".join(f"{each} IS NULL" for each in own)
            where = [f"NOT ({is_null})"]
        else:
            where = [
                f"{each} IS NOT NULL"
                for each, name in zip(own, columns, strict=True)
                if rows.may_be_null(name)
            ]
        if parents.exists:
            theirs = self._render_source(parents, referenced, alias="parent")
            their_own = [f"{parent}.{self.quote(name)}" for name in referenced]
            operators = ["="] * len(own)
            operators[-1] = "&&" if period else "="
            pairs = " AND ".join(
                map(" ".join, zip(their_own, operators, own, strict=True))
            )
            found = f"SELECT 1 FROM {theirs} WHERE {pairs}"
            if period:
                found += f" HAVING {own[-1]} <@ range_agg({their_own[-1]})"
            where.append(f"{'NOT ' if without_parent else ''}EXISTS ({found})")
        source = self._render_source(rows, columns, alias="child")
        return BreakingRows(query=f"SELECT * FROM {source}{_render_where(where)}")

    def _find_overlaps(
        self, rule: Constraint | Index, rows: ExistingRows, items: tuple[str, ...]
    ) -> BreakingRows | None:
        """Return the query for equal rows with periods that overlap, or that are empty."""
        *others, period = items
        period = period.removesuffix(WITHOUT_OVERLAPS)
        inner, _ = read_group(rule.definition)
        return self._compare_pairs(
            rows,
            _find_columns(inner, rows),
            compared=(*others, period),
            operators=(*("=" for _ in others), "&&"),
            alone="isempty",
        )

    def _find_conflicts(
        self, rule: Constraint, rows: ExistingRows
    ) -> BreakingRows | None:
        inner, rest = read_group(rule.definition)
        condition = read_condition(rest)
        used = _find_columns(inner, rows)
        if any(name in rows.values and rows.values[name].sql == NULL for name in used):
            return None
        elements = [item.rpartition(" WITH ") for item in split_list(inner)]
        return self._compare_pairs(
            rows,
            _find_columns(f"{inner} {condition}", rows),
            compared=tuple(self.read_expression(each[0]) for each in elements),
            operators=tuple(each[2] for each in elements),
            condition=condition,
        )

    def _compare_pairs(
        self,
        rows: ExistingRows,
        used: tuple[str, ...],
        *,
        compared: tuple[str, ...],
        operators: tuple[str, ...],
        condition: str = "",
        alone: str = "",
    ) -> BreakingRows:
        """Return the query for rows that the operators find with another one.

        ``alone`` is a function of the last value that no row may satisfy.
        """
        source = self._render_source(rows, used, hidden=(self.row_address,))
        values = ", ".join(
            f"{each} AS value{number}" for number, each in enumerate(compared, 1)
        )
        where = _render_where([condition] if condition else [])
        held = f"SELECT {self.row_address} AS place, {values} FROM {source}{where}"
        pairs = " AND ".join(
            f"one.value{number} {operator} other.value{number}"
            for number, operator in enumerate(operators, 1)
        )
        pairs = f"one.place <> other.place AND {pairs}"
        if alone:
            pairs += f" OR {alone}(one.value{len(compared)})"
        return BreakingRows(
            query=f"WITH held AS ({held}) SELECT * FROM {self.qualify(rows.table)}"
            f" WHERE {self.row_address} IN (SELECT one.place FROM held AS one"
            f" JOIN held AS other ON {pairs})"
        )

    def _is_required(self, expression: str, rows: ExistingRows) -> bool:
        """Tell whether an expression is a column that holds no ``NULL``."""
        name = unquote(expression)
        is_column = any(column.name == name for column in rows.columns)
        return is_column and not rows.may_be_null(name)

    def _render_source(
        self,
        rows: ExistingRows,
        used: Iterable[str],
        *,
        alias: str = "",
        alone: bool = False,
        hidden: tuple[str, ...] = (),
    ) -> str:
        """Return what to select from: the table, or its columns as the file leaves them.

        ``alone``: none of the columns comes from a row; ``hidden`` ones are passed on.
        """
        used = tuple(used)
        table = self.qualify(rows.table)
        if rows.table.name == rows.new_name and not rows.values.keys() & set(used):
            return f"{table} AS {self.quote(alias)}" if alias else table
        columns = [
            f"{self.render_value(rows.values[name])} AS {self.quote(name)}"
            if name in rows.values
            else self.quote(name)
            for name in used
        ]
        shown = ", ".join((*hidden, *columns)) or "1"
        origin = "" if alone else f" FROM {table}"
        return f"(SELECT {shown}{origin}) AS {self.quote(alias or rows.new_name)}"


def _render_where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _is_primary_key(rule: Constraint | Index) -> bool:
    return isinstance(rule, Constraint) and rule.type == "primary key"


def _is_numbered(column: str, rows: ExistingRows) -> bool:
    """Tell whether the server gives each row another number in a new column."""
    return column in rows.values and any(
        each.name == column and each.identity for each in rows.columns
    )


def _find_columns(text: str, rows: ExistingRows) -> tuple[str, ...]:
    """Return the columns that an expression names, in the table's order."""
    words = find_words(_LITERALS.sub("", text))
    in_order = sorted(rows.columns, key=lambda column: column.position)
    return tuple(
        column.name
        for column in in_order
        if column.name in words or column.name.lower() in words
    )


def _read_referenced_columns(definition: str) -> tuple[str, ...]:
    """Return the columns after ``REFERENCES table``; empty for those of the primary key."""
    _, rest = read_group(definition)
    masked = mask_nested(rest)
    if not re.match(r"\s*REFERENCES [^(\s]+\s*\(", masked):
        return ()
    return _read_names(read_group(rest)[0])


def _read_names(columns: str) -> tuple[str, ...]:
    """Return the names of a foreign key's columns; the last may be a period."""
    return tuple(unquote(item.removeprefix("PERIOD ")) for item in split_list(columns))
