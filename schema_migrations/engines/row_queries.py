"""Queries for the rows that break a new rule: unique, check, foreign key, exclusion.  Pure.

They run before the file does.  A row breaks a check only if that is false, and a unique
rule only without ``NULL`` in it, unless the rule counts ``NULL`` as a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from schema_migrations.engines.definition_text import (
    mask_nested,
    read_condition,
    read_group,
    split_list,
    unquote,
)
from schema_migrations.plan.existing_rows import (
    NULL,
    BreakingRows,
    ColumnValue,
    ExistingRows,
    FindRows,
    Rule,
)
from schema_migrations.plan.mentions import find_words
from schema_migrations.schema.model import Constraint, ForeignKey, Index, Key

NO_QUERY = BreakingRows(query="")

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

    def find_breaking_rows(
        self, rule: Rule, find_rows: FindRows
    ) -> BreakingRows | None:
        """Return the query for a rule that a file adds.

        None: no row can break it, or the server does not look at existing rows.
        """
        rows = find_rows(rule.table)
        if not rows.exists or rule.definition.endswith((" NOT VALID", " NOT ENFORCED")):
            return None
        match rule:
            case ForeignKey():
                return self._find_orphans(rule, rows, find_rows)
            case Constraint(type="check"):
                return self._find_violations(rule, rows)
            case Constraint(type="exclusion"):
                return self._find_conflicts(rule, rows)
            case Index(unique=False):
                return None
            case Constraint() | Index():
                return self._find_copies(rule, rows)

    def find_nulls(self, column: str, rows: ExistingRows) -> str:
        """Return the query for the rows without a value in a column."""
        source = self._render_source(rows, (column,))
        return f"SELECT * FROM {source} WHERE {self.quote(column)} IS NULL"

    def _find_copies(
        self, rule: Constraint | Index, rows: ExistingRows
    ) -> BreakingRows | None:
        inner, rest = read_group(rule.definition)
        masked = mask_nested(rule.definition)
        items = split_list(inner)
        if any(" WITHOUT OVERLAPS" in mask_nested(item) for item in items):
            return NO_QUERY
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

    def _find_orphans(
        self, rule: ForeignKey, rows: ExistingRows, find_rows: FindRows
    ) -> BreakingRows | None:
        columns = rule.columns or tuple(
            map(unquote, split_list(read_group(rule.definition)[0]))
        )
        referenced = _read_referenced_columns(rule.definition)
        parents = find_rows(rule.referenced_table)
        referenced = referenced or parents.primary_key
        match_full = " MATCH FULL" in mask_nested(rule.definition)
        values = [rows.values[name].sql for name in columns if name in rows.values]
        if any(value == NULL for value in values) and not (
            match_full and len(columns) > 1
        ):
            return None
        if len(referenced) != len(columns) or " PERIOD " in f" {rule.definition}":
            return NO_QUERY
        child, parent = self.quote("child"), self.quote("parent")
        own = [f"{child}.{self.quote(name)}" for name in columns]
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
            pairs = " AND ".join(
                f"{parent}.{self.quote(name)} = {each}"
                for name, each in zip(referenced, own, strict=True)
            )
            where.append(f"NOT EXISTS (SELECT 1 FROM {theirs} WHERE {pairs})")
        source = self._render_source(rows, columns, alias="child")
        return BreakingRows(query=f"SELECT * FROM {source}{_render_where(where)}")

    def _find_conflicts(
        self, rule: Constraint, rows: ExistingRows
    ) -> BreakingRows | None:
        inner, rest = read_group(rule.definition)
        condition = read_condition(rest)
        used = _find_columns(inner, rows)
        if any(name in rows.values and rows.values[name].sql == NULL for name in used):
            return None
        compared, operators = [], []
        for item in split_list(inner):
            element, _, operator = item.rpartition(" WITH ")
            compared.append(self.read_expression(element))
            operators.append(operator)
        source = self._render_source(
            rows,
            _find_columns(f"{inner} {condition}", rows),
            hidden=(self.row_address,),
        )
        values = ", ".join(
            f"{each} AS value{number}" for number, each in enumerate(compared, 1)
        )
        held = f"SELECT {self.row_address} AS place, {values} FROM {source}{_render_where([condition] if condition else [])}"
        pairs = " AND ".join(
            f"one.value{number} {operator} other.value{number}"
            for number, operator in enumerate(operators, 1)
        )
        return BreakingRows(
            query=f"WITH held AS ({held}) SELECT * FROM {self.qualify(rows.table)}"
            f" WHERE {self.row_address} IN (SELECT one.place FROM held AS one"
            f" JOIN held AS other ON one.place <> other.place AND {pairs})"
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
    return tuple(map(unquote, split_list(read_group(rest)[0])))
