"""Find the statement that a restriction is about: the one that the server refuses.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from schema_migrations.plan.restriction import Restriction
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.constraint_states import is_only_validated
from schema_migrations.schema.model import Constraint, ForeignKey, Index, Key

Numbered = tuple[tuple[int, str], ...]
"""Numbers of statements in the plan, 1-based, with the SQL that a change puts there."""

Rendered = tuple[tuple[ddl.Change, Numbered], ...]


def with_statement_numbers(
    restrictions: tuple[Restriction, ...], rendered: Rendered
) -> tuple[Restriction, ...]:
    """Return the restrictions with the numbers of their statements."""
    return tuple(
        replace(each, statement=_find_number(each, rendered)) for each in restrictions
    )


def _find_number(restriction: Restriction, rendered: Rendered) -> int | None:
    subject = restriction.subject
    for change, _ in rendered:
        match change:
            case ddl.ForbidNull(check=check) if ddl.subject_of(change) == subject:
                subject = check.key
            case ddl.Create(object=key, from_index=Index() as index) if (
                key.key == subject
            ):
                subject = index.key
            case _:
                pass
    found = [
        (change, statements)
        for change, statements in rendered
        if subject in set(_find_subjects(change)) and statements
    ]
    # What is made NOT VALID looks at no row; what validates it does.
    found.sort(key=lambda each: not _is_validation(each[0]))
    return _choose(restriction.clause, found[0][1]) if found else None


def _is_validation(change: ddl.Change) -> bool:
    match change:
        case ddl.Alter(
            before=Constraint() | ForeignKey() as before,
            after=Constraint() | ForeignKey() as after,
        ):
            return is_only_validated(before, after)
        case _:
            return False


def _choose(clause: str, statements: Numbered) -> int:
    """Return the number of the statement with the words, else of the first that makes."""
    with_clause = [n for n, sql in statements if clause and clause in sql]
    making = [n for n, sql in statements if not sql.startswith("DROP ")]
    return (*with_clause, *making, statements[0][0])[0]


def _find_subjects(change: ddl.Change) -> Iterator[Key]:
    """Yield the keys of all that a change adds or alters, of a detached partition, and of a
    table that is attached."""
    match change:
        case ddl.RebuildTable():
            for each in change.replaced_changes:
                yield from _find_subjects(each)
        case ddl.AddColumn():
            yield ddl.subject_of(change)
            yield from (part.key for part in change.inline_constraints)
        case ddl.AlterColumn() | ddl.Create() | ddl.Alter() | ddl.AlterTable():
            yield ddl.subject_of(change)
        case ddl.Detach(partition=partition):
            yield partition.key
        case ddl.Attach(table=table):
            yield table.key
        case ddl.Drop(object=partition, detached_first=True):
            yield partition.key
        case _:
            pass
