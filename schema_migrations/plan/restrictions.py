"""The restrictions of a plan: what may make its file fail on a table with rows.  Pure.

Each says what must hold and, where a query can tell, which rows break it.  In doubt a
change counts as a restriction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeGuard

from schema_migrations.plan.existing_rows import (
    FindRows,
    RowQueries,
    Rule,
)
from schema_migrations.plan.fills import needs_value
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
)

RestrictionCode = Literal[
    "new-primary-key",
    "new-unique",
    "new-check",
    "new-foreign-key",
    "new-exclusion",
    "not-null",
    "no-value",
    "equal-values",
    "tighter-domain",
    "stale-routine",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """What somebody must look at before a file runs on a table with rows."""

    code: RestrictionCode
    message: str
    """What the file does and when it fails, without a full stop."""
    query: str = ""
    """SQL that finds the rows that break it, before the file has run; empty: there is no
    such query."""
    reads_rows: bool = True
    """False: the query asks only about values that the file itself gives."""


def format_restriction(restriction: Restriction) -> tuple[str, ...]:
    """Return the lines for a reader; the query has one of its own."""
    if not restriction.query:
        return (f"NEEDS A LOOK: {restriction.message}.",)
    return (
        f"NEEDS A LOOK: {restriction.message}. This finds them:",
        f"    {' '.join(restriction.query.splitlines())};",
    )


def find_restrictions(
    changes: Iterable[ddl.Change], find_rows: FindRows, queries: RowQueries
) -> tuple[Restriction, ...]:
    """Return a restriction for each change that may fail because of existing rows."""
    changes = tuple(changes)
    constants = dict(_find_constant_columns(changes))
    kept = frozenset(
        found.query
        for change in changes
        if isinstance(change, ddl.Drop) and _is_rule(change.object)
        if (found := queries.find_breaking_rows(change.object, find_rows))
    )
    return tuple(
        restriction
        for change in changes
        if (
            restriction := _restrict_values(change, find_rows, queries)
            or _restrict_rule(change, constants, kept, find_rows, queries)
        )
    )


def _is_rule(obj: object) -> TypeGuard[Rule]:
    return isinstance(obj, Constraint | ForeignKey | Index)


def _find_constant_columns(
    changes: Iterable[ddl.Change],
) -> Iterator[tuple[Key, ddl.AddColumn]]:
    """Yield the new columns in which all existing rows get one value."""
    for change in changes:
        match change:
            case ddl.AddColumn(fill=str(fill), fill_reads_columns=False) if (
                "(" not in fill
            ):
                yield change.table.column(change.column.name), change
            case _:
                pass


def _restrict_rule(
    change: ddl.Change,
    constants: Mapping[Key, ddl.AddColumn],
    kept_queries: frozenset[str],
    find_rows: FindRows,
    queries: RowQueries,
) -> Restriction | None:
    """Return the restriction of a new rule, unless a dropped one demands the same."""
    if not (isinstance(change, ddl.Create) and _is_rule(change.object)):
        return None
    rule = change.object
    found = queries.find_breaking_rows(rule, find_rows)
    if found is None or (found.query and found.query in kept_queries):
        return None
    if _is_unconditional_key(rule) and rule.table.column(rule.columns[0]) in constants:
        return Restriction(
            code="equal-values",
            message=f"gives all existing rows the same value in {rule.table.path}."
            f"{rule.columns[0]}, which is unique: fails on a table with more than one row "
            "(an SQL default can compute a value from other columns)",
        )
    code, message = _describe_rule(rule)
    return Restriction(
        code=code, message=message, query=found.query, reads_rows=found.reads_rows
    )


def _is_unconditional_key(rule: Rule) -> bool:
    """Tell whether a rule makes every value of one column unique."""
    if len(rule.columns) != 1:
        return False
    return (
        isinstance(rule, Constraint) and rule.type in ("primary key", "unique")
    ) or (isinstance(rule, Index) and rule.unique and " WHERE " not in rule.definition)


EQUAL = "fails if two rows hold the same"


def _describe_rule(rule: Rule) -> tuple[RestrictionCode, str]:
    """Return the code and the message of a rule that a table with rows gets."""
    table = rule.table.path
    match rule:
        case ForeignKey():
            return "new-foreign-key", (
                f"adds a foreign key from {table} ({', '.join(rule.columns)}) to "
                f"{rule.referenced_table.path}: fails if a row refers to one that is missing"
            )
        case Index():
            return "new-unique", (
                f"adds unique index {rule.key.name} to {table}: {EQUAL}"
            )
        case Constraint(type="primary key"):
            return "new-primary-key", (
                f"makes ({', '.join(rule.columns)}) the primary key of {table}: {EQUAL}"
            )
        case Constraint(type="unique"):
            return "new-unique", (
                f"makes ({', '.join(rule.columns)}) unique in {table}: {EQUAL}"
            )
        case Constraint(type="check"):
            return "new-check", f"adds {_name_of(rule)}: fails if a row violates it"
        case Constraint():
            return "new-exclusion", (
                f"adds {_name_of(rule)}: fails if two rows exclude each other"
            )


def _name_of(rule: Constraint) -> str:
    """Return ``check constraint t.name``; one without a name is its definition."""
    if rule.key.part == rule.definition:
        return f"{rule.definition} to {rule.table.path}"
    return f"{rule.type} constraint {rule.key.path}"


def _restrict_values(
    change: ddl.Change, find_rows: FindRows, queries: RowQueries
) -> Restriction | None:
    """Return the restriction of a change that rows without a value may stop."""
    match change:
        case ddl.AddColumn(fill=None) if needs_value(change.column):
            column = f"{change.table.path}.{change.column.name}"
            return Restriction(
                code="no-value",
                message=f"adds {column} as NOT NULL without a value for existing rows: "
                "fails on a table with rows (give the field a db_default, or the column a "
                "DEFAULT in the file)",
            )
        case ddl.AlterColumn(fill=None) if (
            change.before.nullable > change.after.nullable
        ):
            name = change.after.name
            return Restriction(
                code="not-null",
                message=f"makes {change.table.path}.{name} NOT NULL: fails if a row holds "
                "NULL (fill the NULLs first)",
                query=queries.find_nulls(name, find_rows(change.table)),
            )
        case ddl.Alter(before=Definition() as before, after=Definition() as after) if (
            new := _list_demands(after) - _list_demands(before)
        ):
            demands = ", ".join(sorted(new))
            return Restriction(
                code="tighter-domain",
                message=f"tightens domain {after.key.path}: fails if a row holds a value "
                f"that violates {demands}",
            )
        case _:
            return None


def _list_demands(domain: Definition) -> set[str]:
    return {c for c in domain.clauses if not c.startswith("DEFAULT ")}
