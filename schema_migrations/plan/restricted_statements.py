"""Find the statement that a restriction is about: the one that adds or alters.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from schema_migrations.plan.restriction import Restriction
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Key

Rendered = tuple[tuple[ddl.Change, tuple[str, ...]], ...]
"""Each change with the SQL of its statements, in order."""


def with_statement_numbers(
    restrictions: tuple[Restriction, ...], rendered: Rendered
) -> tuple[Restriction, ...]:
    """Return the restrictions with the numbers of their statements."""
    return tuple(
        replace(each, statement=_find_number(each, rendered)) for each in restrictions
    )


def _find_number(restriction: Restriction, rendered: Rendered) -> int | None:
    first = 1
    for change, statements in rendered:
        if restriction.subject in set(_find_subjects(change)):
            return first + _choose(restriction.clause, statements)
        first += len(statements)
    return None


def _choose(clause: str, statements: tuple[str, ...]) -> int:
    """Return the position of the statement with the words, else of the first that makes."""
    with_clause = [n for n, sql in enumerate(statements) if clause and clause in sql]
    making = [n for n, sql in enumerate(statements) if not sql.startswith("DROP ")]
    return (*with_clause, *making, 0)[0]


def _find_subjects(change: ddl.Change) -> Iterator[Key]:
    """Yield the keys of all that a change adds or alters."""
    match change:
        case ddl.RebuildTable():
            for each in change.replaced_changes:
                yield from _find_subjects(each)
        case ddl.AddColumn():
            yield ddl.subject_of(change)
            yield from (part.key for part in change.inline_constraints)
        case ddl.AlterColumn() | ddl.Create() | ddl.Alter() | ddl.AlterTable():
            yield ddl.subject_of(change)
        case _:
            pass
