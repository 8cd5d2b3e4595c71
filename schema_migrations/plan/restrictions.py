"""The restrictions of a plan: what may make its file fail on a table with rows.  Pure.

Each says what must hold and, where a query can tell, which rows break it.  In doubt a
change counts as a restriction.  Those of new rules are found here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeGuard

from schema_migrations.plan.existing_rows import (
    FindRows,
    RowQueries,
    Rule,
)
from schema_migrations.plan.partition_rules import make_table_rule_lookup
from schema_migrations.plan.restriction import Restriction, RestrictionCode
from schema_migrations.plan.value_restrictions import (
    find_value_restrictions,
    make_use_lookup,
)
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Attachment,
    Constraint,
    ForeignKey,
    Index,
    Key,
    Opaque,
    Schema,
)


def find_restrictions(
    changes: Iterable[ddl.Change],
    current: Schema,
    desired: Schema,
    find_rows: FindRows,
    queries: RowQueries,
) -> tuple[Restriction, ...]:
    """Return a restriction for each change that may fail because of existing rows."""
    changes = tuple(changes)
    read_rule = make_table_rule_lookup(current, desired)
    read = tuple((change, read_rule(change)) for change in changes)
    dropped = [c.object.key for c in changes if isinstance(c, ddl.Drop)]
    left = current.replace_objects(dropped, ())
    find_uses = make_use_lookup(changes, current)
    constants = dict(_find_constant_columns(changes))
    kept = frozenset(
        found.query
        for _, rule in read
        if isinstance(rule, ddl.Drop) and _is_rule(rule.object)
        if (found := queries.find_breaking_rows(rule.object, find_rows))
    )
    return tuple(
        replace(
            restriction,
            subject=restriction.subject if rule is change else ddl.subject_of(change),
        )
        for change, rule in read
        for restriction in (
            *find_value_restrictions(rule, find_rows, find_uses, queries),
            _restrict_rule(rule, constants, kept, find_rows, queries),
            *_restrict_referenced_partition(change, changes, left, find_rows, queries),
        )
        if restriction
    )


def omit_untimely_queries(
    restrictions: Iterable[Restriction], untimely_values: Iterable[str]
) -> tuple[Restriction, ...]:
    """Return the restrictions without queries for what only the file itself can run."""
    untimely = tuple(untimely_values)
    return tuple(
        replace(each, query="")
        if any(value in each.query for value in untimely)
        else each
        for each in restrictions
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
            subject=rule.key,
            clause=rule.definition,
        )
    code, message = _describe_rule(rule)
    return Restriction(
        code=code,
        message=message,
        query=found.query,
        reads_rows=found.reads_rows,
        subject=rule.key,
        clause=rule.definition,
    )


def _restrict_referenced_partition(
    change: ddl.Change,
    changes: tuple[ddl.Change, ...],
    left: Schema,
    find_rows: FindRows,
    queries: RowQueries,
) -> Iterator[Restriction]:
    """Yield a restriction for each foreign key that is left to a lost partition's table.

    Or that is dropped and added again, unless the partition comes back as well.
    """
    match change:
        case ddl.Drop(object=Opaque(attachment=Attachment()) as partition):
            verb = "drops"
        case ddl.Detach(partition=partition):
            verb = "detaches"
        case _:
            return
    assert partition.attachment is not None
    name = partition.attachment.table.key
    renewed = () if _comes_back(partition, changes) else _list_renewed(changes)
    for key in (*left.of(ForeignKey), *renewed):
        if key.referenced_table == partition.owner:
            yield Restriction(
                code="referenced-partition",
                message=f"{verb} {partition.noun} {name.path} of table {key.referenced_table.path}:"
                f" fails if a row of table {key.table.path} refers to one of its rows",
                query=queries.find_referring_rows(key, name, find_rows),
                subject=key.key if key in renewed else partition.key,
            )


def _comes_back(partition: Opaque, changes: tuple[ddl.Change, ...]) -> bool:
    return any(
        isinstance(each, ddl.Attach)
        and each.partition.key == partition.key
        and each.partition.owner == partition.owner
        for each in changes
    )


def _list_renewed(changes: tuple[ddl.Change, ...]) -> tuple[ForeignKey, ...]:
    """Return the foreign keys that are dropped and added again as they were."""
    dropped = {c.object for c in changes if isinstance(c, ddl.Drop)}
    return tuple(
        c.object
        for c in changes
        if isinstance(c, ddl.Create)
        and isinstance(c.object, ForeignKey)
        and c.object in dropped
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
