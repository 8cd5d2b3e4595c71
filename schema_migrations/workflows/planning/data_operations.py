"""The data operations of a Django migration.

Invariant: an operation is left out only if it is one of Django's own for the schema or
the state, makes an index, or does nothing that models, ``EXTRA`` and ``EXTENSIONS`` do not
have; every other operation of a migration is named.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import router
from django.db.migrations import (
    AddIndex,
    Migration,
    RemoveIndex,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation

from schema_migrations.workflows.planning.run_sql import (
    DeclaredSql,
    SqlParts,
    read_run_sql,
    sql_of,
)
from schema_migrations.workflows.states.package_objects import (
    DESIRED_STATE_FUNCTIONS,
    DESIRED_STATE_OPERATIONS,
)

_DATA_MODULE = RunPython.__module__
_SCHEMA_MODULES = (
    "django.db.migrations.operations.",
    "django.contrib.postgres.operations",
)
_DESIRED_STATE_OPERATIONS = {
    "django.contrib.postgres.operations.CreateExtension",
    "django.contrib.postgres.operations.CollationOperation",
}
_MAX_SUMMARY_LENGTH = 160
"""Of a summary, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOperation:
    """An operation that comparing schemas cannot reveal."""

    app: str
    migration: str
    kind: str
    """``RunPython``, ``RunSQL``, or the dotted name of another class."""
    summary: str
    """On one line: the dotted function, the start of the SQL, or Django's description."""
    path: str = ""
    """The file of the function, or else of the migration."""
    line: int = 0
    """The first line of the function, 1-based; 0: unknown."""
    sql: tuple[str, ...] = ()
    """All that it runs; where it is shown, ``%s`` stands for each parameter."""
    remaining_sql: tuple[str, ...] = ()
    """What of it only a file can do."""
    outside_sql: tuple[str, ...] = ()
    """What of it only a file can do that runs outside of transactions."""
    extra: tuple[str, ...] = ()
    """What of it belongs into ``EXTRA``, and is not there."""
    extensions: tuple[str, ...] = ()
    """The extensions that belong into ``EXTENSIONS``, and are not there."""

    @property
    def may_change_rows(self) -> bool:
        return bool(self.remaining_sql or self.outside_sql) or not self.sql

    @property
    def migration_label(self) -> str:
        return f"{self.app}.{self.migration}"


def find_data_operations(
    migration: Migration,
    alias: str,
    *,
    beside: DeclaredSql,
    own_labels: Collection[str] | None = None,
    with_values: bool = True,
) -> Iterator[DataOperation]:
    """Yield the data operations that ``migrate`` would run on ``alias``.

    ``beside`` is what the desired state has besides models; ``own_labels`` are the apps
    whose tables belong to the files; None: all.  ``with_values``: the parameters of SQL
    are filled in, but never in a summary.
    """
    with_state = any(map(_changes_only_state, migration.operations))
    for operation, is_described in _list_operations(migration.operations, with_state):
        hints = getattr(operation, "hints", None) or {}
        if (
            is_schema_operation(operation)
            or _is_desired(operation, migration.app_label, own_labels)
            or _is_noop(operation)
            or not router.allow_migrate(alias, migration.app_label, **hints)
        ):
            continue
        parts = SqlParts(whole=())
        if isinstance(operation, RunSQL):
            parts = read_run_sql(
                operation,
                beside,
                is_described=is_described,
                with_values=with_values,
            )
            if not parts.are_open:
                continue
        yield _make_data_operation(operation, migration, parts)


def _changes_only_state(operation: Operation) -> bool:
    """Return whether it is the state of what another operation does."""
    return (
        isinstance(operation, SeparateDatabaseAndState)
        and bool(operation.state_operations)
        and not operation.database_operations
    )


def _list_operations(
    operations: Iterable[Operation], is_described: bool
) -> Iterator[tuple[Operation, bool]]:
    """Yield each operation on the database, and whether the state has its effect."""
    for operation in operations:
        has_state = is_described or bool(getattr(operation, "state_operations", ()))
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _list_operations(operation.database_operations, has_state)
        else:
            yield operation, has_state


def is_schema_operation(operation: Operation) -> bool:
    """Return whether only Django's own code changes the database.

    A subclass that only changes the state qualifies; one that defines its own
    ``database_forwards`` may do anything, but for an index, which is all there is to it.
    """
    if isinstance(operation, AddIndex | RemoveIndex):
        return True
    forwards = getattr(type(operation), "database_forwards", None)
    module = getattr(forwards, "__module__", "")
    return module.startswith(_SCHEMA_MODULES) and module != _DATA_MODULE


def _is_desired(
    operation: Operation, app: str, own_labels: Collection[str] | None
) -> bool:
    """Return whether it makes what is part of the desired state: an extension, a
    collation, or what packages make of models whose tables belong to the files."""
    if isinstance(operation, RunPython):
        name, _, _ = _locate_function(operation.code, "")
        return bool(DESIRED_STATE_FUNCTIONS.fullmatch(name))
    names = set(map(_dotted_name_of, type(operation).__mro__))
    return bool(names & _DESIRED_STATE_OPERATIONS) or (
        bool(names & DESIRED_STATE_OPERATIONS)
        and _owns_table(app, getattr(operation, "model_name", ""), own_labels)
    )


def _owns_table(app: str, name: str, own_labels: Collection[str] | None) -> bool:
    """Return whether a model's table belongs to the files; a proxy's is another model's."""
    try:
        concrete = apps.get_model(app, name)._meta.concrete_model
    except LookupError:  # no model of now
        return True
    if concrete is None:
        return True
    meta = concrete._meta
    return meta.managed and (own_labels is None or meta.app_label in own_labels)


def _is_noop(operation: Operation) -> bool:
    if isinstance(operation, RunPython):
        return operation.code is RunPython.noop
    return isinstance(operation, RunSQL) and not "".join(sql_of(operation)).strip()


def _make_data_operation(
    operation: Operation, migration: Migration, parts: SqlParts
) -> DataOperation:
    module = sys.modules.get(type(migration).__module__)
    path, line = getattr(module, "__file__", None) or "", 0
    if isinstance(operation, RunPython):
        summary, path, line = _locate_function(operation.code, path)
    elif isinstance(operation, RunSQL):
        summary = "; ".join(sql_of(operation, with_values=False))
    else:
        summary = _describe_safely(operation)
    custom = type(operation) not in (RunPython, RunSQL)
    return DataOperation(
        app=migration.app_label,
        migration=migration.name,
        kind=_dotted_name_of(type(operation)) if custom else type(operation).__name__,
        summary=_shorten_to_line(summary),
        path=path,
        line=line,
        sql=parts.whole,
        remaining_sql=parts.remaining,
        outside_sql=parts.outside,
        extra=parts.extra,
        extensions=parts.extensions,
    )


def _locate_function(function: Any, default_path: str) -> tuple[str, str, int]:
    """Return a callable's dotted name, its file (or ``default_path``) and its line."""
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    named = function if hasattr(function, "__qualname__") else type(function)
    called = function if inspect.isroutine(function) else type(function).__call__
    body = getattr(called, "__code__", None)
    if body is None:
        return _dotted_name_of(named), default_path, 0
    return _dotted_name_of(named), body.co_filename, body.co_firstlineno


def _dotted_name_of(named: Any) -> str:
    return f"{named.__module__}.{named.__qualname__}"


def _describe_safely(operation: Operation) -> str:
    try:
        return operation.describe()
    except Exception:  # foreign code can raise anything, and this is only a description
        return type(operation).__name__


def _shorten_to_line(text: str) -> str:
    line = " ".join(text.split())
    return (
        line
        if len(line) <= _MAX_SUMMARY_LENGTH
        else f"{line[: _MAX_SUMMARY_LENGTH - 1]}…"
    )
