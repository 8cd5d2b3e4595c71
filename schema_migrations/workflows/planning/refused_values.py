"""Values for existing rows that the dev database refuses, named with their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from schema_migrations.engines.engine import Engine
from schema_migrations.errors import PlanRefused, RefusedDefault
from schema_migrations.plan.mentions import find_words
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Key
from schema_migrations.workflows.planning.proof import describe_new_files
from schema_migrations.workflows.planning.trial import (
    SqlRefused,
    describe_refusal,
    try_expression,
)
from schema_migrations.workflows.states.state import State


def map_types(changes: Iterable[ddl.Change]) -> dict[Key, str]:
    """Return the types that the changed columns have afterwards."""
    return {
        ddl.subject_of(change): change.column.type
        if isinstance(change, ddl.AddColumn)
        else change.after.type
        for change in changes
        if isinstance(change, ddl.AddColumn | ddl.AlterColumn)
    }


def find_refused_defaults(
    engine: Engine,
    state: State,
    changes: Iterable[ddl.Change],
    values: Mapping[Key, str],
    given: Mapping[Key, str],
) -> tuple[RefusedDefault, ...]:
    """Return those that are refused before the plan and may be taken within it.

    They name what only the plan makes or changes.  Raises ``RefusedDefault`` for another.
    ``given`` are the values as they were written.
    """
    changes = tuple(changes)
    types, changed = map_types(changes), frozenset(_list_changed_names(changes))
    refused = []
    for column, sql in values.items():
        if not sql or column not in types:
            continue
        try:
            try_expression(engine, state, column, sql, type_=types[column])
        except SqlRefused as error:
            named = RefusedDefault(
                column=column.path, sql=given[column], reason=error.message
            )
            words = {word.lower() for word in find_words(sql)}
            if not error.names_missing_object and words.isdisjoint(changed):
                raise named from error
            refused.append(named)
    return tuple(refused)


def _list_changed_names(changes: Iterable[ddl.Change]) -> Iterable[str]:
    for change in changes:
        key = ddl.subject_of(change)
        yield from (key.name.lower(), key.part.lower())


@contextmanager
def raise_blamed_default(
    refused: Sequence[RefusedDefault],
    values: Mapping[Key, str],
    file_texts: Sequence[str],
) -> Iterator[None]:
    """Raise ``RefusedDefault`` for a plan that is refused because of a value.

    ``refused`` were so before the plan; ``values`` are all that the file holds.
    """
    try:
        yield
    except PlanRefused as error:
        if blamed := _find_blamed(error, refused, values, file_texts):
            raise blamed from error
        raise


def _find_blamed(
    error: PlanRefused,
    refused: Sequence[RefusedDefault],
    values: Mapping[Key, str],
    file_texts: Sequence[str],
) -> RefusedDefault | None:
    """Return the value of which the server says the same as before, or points into."""
    for each in refused:
        if error.server_message and error.server_message in each.reason:
            return each
    names = describe_new_files(len(file_texts))
    text = dict(zip(names, file_texts, strict=True)).get(error.file, "")
    for column, sql in values.items():
        if sql and _is_within(text, sql, error.line, error.column):
            return RefusedDefault(
                column=column.path,
                sql=sql,
                reason=describe_refusal(error.server_message),
            )
    return next((each for each in refused if each.sql in error.sql), None)


def _is_within(text: str, part: str, line: int, column: int) -> bool:
    """Tell whether a place in a text is in an occurrence of a part of it."""
    if not (line and column):
        return False
    before = text.splitlines(keepends=True)[: line - 1]
    place = sum(map(len, before)) + column - 1
    start = text.rfind(part, 0, place + len(part))
    return start != -1 and start <= place < start + len(part)
