"""The table of errors in Markdown: a row for every class, from the class itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import get_annotations

from schema_migrations import errors
from schema_migrations.errors import (
    AcknowledgementNeeded,
    MigrationFailed,
    SchemaMigrationsError,
)
from schema_migrations.management.hints import HINTS, with_options
from tools.docs.blocks import format_table


def list_errors() -> tuple[type[SchemaMigrationsError], ...]:
    """Return every class of the tree, a base before the classes below it."""
    return tuple(dict.fromkeys(_walk_tree(errors.SchemaMigrationsError)))


def _walk_tree(
    error: type[SchemaMigrationsError],
) -> Iterator[type[SchemaMigrationsError]]:
    if error.__module__.startswith(errors.__name__):
        yield error
    for child in error.__subclasses__():
        yield from _walk_tree(child)


def list_facts(error: type[SchemaMigrationsError]) -> dict[str, str]:
    """Return the facts of a class, each with its type as it is written."""
    facts: dict[str, str] = {}
    for each in reversed(error.__mro__[: error.__mro__.index(SchemaMigrationsError)]):
        facts |= get_annotations(each)
    return facts


def format_errors() -> str:
    """Return the table of every class with its code."""
    return format_table(
        ("code", "exit", "class, with its facts", "what happened", "what to do"),
        map(_make_row, list_errors()),
    )


def _make_row(error: type[SchemaMigrationsError]) -> tuple[str, ...]:
    facts = ", ".join(list_facts(error))
    happened = (error.__doc__ or "").replace("``", "`")
    return (
        f"`{error.code}`",
        str(error.exit_code),
        f"`{error.__name__}({facts})`" if facts else f"`{error.__name__}`",
        " ".join(happened.split()),
        _describe_remedy(error),
    )


def _describe_remedy(error: type[SchemaMigrationsError]) -> str:
    hint = HINTS.get(error, error.hint).replace("{suggestion}", "")
    if hint in ("{advice}", "{explanation}"):
        return "its hint says"
    known = hint.replace("{look}", AcknowledgementNeeded.look).replace(
        "{cause}", MigrationFailed.cause
    )
    hidden = re.sub(r"(?<!\{)\{\w+[^}]*\}", "…", with_options(known))
    return " ".join(hidden.replace("{{", "{").replace("}}", "}").split())
