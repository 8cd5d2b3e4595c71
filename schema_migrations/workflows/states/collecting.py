"""Take SQL from Django's schema editor, whichever backend and packages it comes from.

Invariant: meanwhile every alias leads to the dev database, and what would change its
schema is collected, however it is sent; only queries run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from schema_migrations.engines.connection import Connection
from schema_migrations.errors import (
    InvalidModels,
    SchemaEditorFailed,
    SchemaMigrationsError,
)
from schema_migrations.workflows.states.held_aliases import hold_aliases_on

PERCENT_HINT = "Django reads a % in a comment as a placeholder here: write %% instead."

_CHANGES_SCHEMA = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
    r"(?:CREATE|ALTER|DROP|COMMENT|DO|GRANT|REVOKE|REFRESH|REINDEX|CLUSTER)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DdlPart:
    """The statements of one step: those that create one model's tables, say."""

    label: str
    """``shop.Order``; ``foreign keys and indexes`` for the last part."""
    statements: tuple[str, ...]
    deferred: tuple[str, ...] = ()
    """Those of the last part's statements that belong to this step."""


CollectingStep = tuple[str, Callable[[Any], object]]
"""A label, and what is asked of a schema editor."""


def collect_statements(
    connection: Connection, steps: Iterable[CollectingStep]
) -> tuple[DdlPart, ...]:
    """Return the statements of each step, in order; the last part has the deferred ones.

    Statements that are sent over the connection, past the editor, are collected too.
    Raises ``ConfigError``.
    """
    parts: list[DdlPart] = []
    counts: list[int] = []  # how many statements wait for the end, after each step
    label, done = "the models", 0
    editor: Any = None
    try:
        with hold_aliases_on(connection):
            editor = connection.schema_editor(collect_sql=True, atomic=False)
            with _collect_past(editor), editor:
                for label, run_step in steps:
                    run_step(editor)
                    statements = tuple(editor.collected_sql[done:])
                    done += len(statements)
                    parts.append(DdlPart(label=label, statements=statements))
                    counts.append(len(editor.deferred_sql))
    except SchemaMigrationsError:
        raise
    except Exception as error:  # the code of a backend, a package or a field
        raise _make_error(connection, editor, label, error) from error
    deferred = tuple(editor.collected_sql[done:])
    return tuple(_with_deferred(parts, counts, deferred))


def _with_deferred(
    parts: Sequence[DdlPart], counts: Sequence[int], deferred: tuple[str, ...]
) -> Iterator[DdlPart]:
    """Yield the parts with the statements that came at the end, by their numbers."""
    if counts and counts[-1] != len(deferred):  # nobody knows whose they are
        counts = [0] * len(counts)
    begin = 0
    for part, end in zip(parts, counts, strict=True):
        if part is parts[-1]:
            yield replace(
                part,
                statements=part.statements + deferred,
                deferred=deferred[begin:],
            )
        else:
            yield replace(part, deferred=deferred[begin:end])
        begin = end


@contextmanager
def _collect_past(editor: Any) -> Iterator[None]:
    """Collect also what is sent over the editor's connection and changes its schema."""

    def collect(execute: Any, sql: Any, params: Any, *rest: Any) -> Any:
        if not _CHANGES_SCHEMA.match(str(sql)):
            return execute(sql, params, *rest)
        editor.collected_sql.append(_fill_in(editor, str(sql), params))
        return None

    with editor.connection.execute_wrapper(collect):
        yield


def _fill_in(editor: Any, sql: str, params: Any) -> str:
    if params is None:
        return sql
    if isinstance(params, dict):
        return sql % {name: editor.quote_value(value) for name, value in params.items()}
    return sql % tuple(map(editor.quote_value, params))


def _make_error(
    connection: Connection, editor: Any, label: str, error: Exception
) -> InvalidModels | SchemaEditorFailed:
    """Return the error for a step that failed: the model's fault, or the package's whose
    schema editor it is, which need not be that of ``ENGINE``."""
    if "placeholder" in str(error):
        return InvalidModels(
            problem=f"{label}: Django cannot create its table: {error}",
            advice=PERCENT_HINT,
        )
    backend = str(connection.settings_dict["ENGINE"])
    origin = backend if editor is None else type(editor).__module__
    package = origin.partition(".")[0]
    if package == "django":
        return InvalidModels(
            problem=f"{label}: Django cannot create its table: {error}",
            advice="Run `manage.py check`; if it passes, check the model's fields.",
        )
    return SchemaEditorFailed(
        label=label,
        package=package,
        backend=backend,
        reason=f"{type(error).__name__}: {error}",
    )
