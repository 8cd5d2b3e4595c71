"""Find the SQL of Django migrations that makes what models need and do not describe.

A sequence behind ``db_default``, a function in a constraint, a type: the statement for
``EXTRA`` stands in the migration, word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.db.migrations import RunSQL

from schema_migrations.errors import SyntaxProblem
from schema_migrations.history.statements import Syntax, split
from schema_migrations.workflows.states.django_migrations import (
    DjangoMigrations,
    list_operations,
)

_QUOTED = re.compile(r"[\"«„“]([^\"»“”]+)[\"»“”]")
_CREATE = re.compile(r"(?:--[^\n]*\n|/\*.*?\*/|\s)*CREATE\b", re.IGNORECASE | re.DOTALL)

_CREATE_EXTENSION = re.compile(
    _CREATE.pattern + r"\s+EXTENSION\s+(?!IF\b)\"?(?P<name>[\w-]+)",
    re.IGNORECASE | re.DOTALL,
)


def describe_makers(
    message: str, django_migrations: DjangoMigrations, syntax: Syntax
) -> str:
    """Return lines with the statements that create what a server's message says is
    missing; empty: no ``RunSQL`` creates it."""
    names = [name.rpartition(".")[2] for name in _QUOTED.findall(message)]
    lines: list[str] = []
    for label, sql in _list_created(django_migrations, syntax):
        if any(re.search(rf"\b{re.escape(name)}\b", sql) for name in names):
            lines += [f"{label} makes it by SQL:", f"  {sql.strip().rstrip(';')};"]
    if not lines:
        return ""
    return "\n".join(["Copy what makes it into a file of EXTRA.", *lines])


def find_extensions_left_to_migrations(
    django_migrations: DjangoMigrations, syntax: Syntax
) -> frozenset[str]:
    """Return the extensions whose ``RunSQL`` fails where they are there already."""
    return frozenset(
        match["name"].lower()
        for _, sql in _list_created(django_migrations, syntax)
        if (match := _CREATE_EXTENSION.match(sql))
    )


def _list_created(
    django_migrations: DjangoMigrations, syntax: Syntax
) -> Iterator[tuple[str, str]]:
    """Yield APP.MIGRATION and each statement of its ``RunSQL`` that creates something."""
    for step in list_operations(django_migrations):
        if not isinstance(step.operation, RunSQL):
            continue
        for text in _list_texts(step.operation.sql):
            try:
                statements = split(text, syntax, file=str(step))
            except SyntaxProblem:
                continue
            for statement in statements:
                if _CREATE.match(statement.sql):
                    yield f"{step.app}.{step.migration}", statement.sql


def _list_texts(sql: str | Iterable[object]) -> Iterator[str]:
    """Yield the texts of a ``RunSQL``: one, or several, which may have parameters."""
    for each in [sql] if isinstance(sql, str) else sql:
        text = each[0] if isinstance(each, list | tuple) else each
        if isinstance(text, str):
            yield text
