"""What a Django migration does besides the schema.

Invariant: an operation is left out only when it is one of Django's own for the schema
or the state, or does nothing at all; whatever else stands in a migration is named.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import router
from django.db.migrations import Migration, RunPython, RunSQL
from django.db.migrations.operations.base import Operation

from schema_migrations.workflows.states.django_migrations import on_database

_SPECIAL = RunPython.__module__
_SCHEMA = ("django.db.migrations.operations.", "django.contrib.postgres.operations")
_DESIRED = {
    "django.contrib.postgres.operations.CreateExtension",
    "django.contrib.postgres.operations.CollationOperation",
}
_WIDEST = 160
"""Characters of a summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOperation:
    """One operation that no comparison of schemas can see."""

    app: str
    migration: str
    kind: str
    """``RunPython``, ``RunSQL``, or the dotted name of another class."""
    summary: str
    """On one line: the dotted function, the SQL's beginning, or its own description."""
    path: str = ""
    """Of the file that holds the function, or else the migration."""
    line: int = 0
    """Of the function, 1-based; 0: not known."""
    sql: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.app}.{self.migration}"


def data_operations(migration: Migration, alias: str) -> Iterator[DataOperation]:
    """Yield what ``migrate`` would run on ``alias`` besides the schema's changes."""
    for operation in on_database(migration.operations):
        hints = getattr(operation, "hints", None) or {}
        if (
            not _is_schema(operation)
            and not _is_nothing(operation)
            and router.allow_migrate(alias, migration.app_label, **hints)
        ):
            yield _described(operation, migration)


def _is_schema(operation: Operation) -> bool:
    """Return whether Django's own code is what the operation does to the database.

    A subclass that only adds to the state is Django's; one with a ``database_forwards``
    of its own may do anything.  Extensions and collations belong to the desired state.
    """
    if any(_home(cls) in _DESIRED for cls in type(operation).__mro__):
        return True
    forwards = getattr(type(operation), "database_forwards", None)
    module = getattr(forwards, "__module__", "")
    return module.startswith(_SCHEMA) and module != _SPECIAL


def _is_nothing(operation: Operation) -> bool:
    if isinstance(operation, RunPython):
        return operation.code is RunPython.noop
    return isinstance(operation, RunSQL) and not "".join(_sql(operation)).strip()


def _described(operation: Operation, migration: Migration) -> DataOperation:
    module = sys.modules.get(type(migration).__module__)
    path, line = getattr(module, "__file__", None) or "", 0
    sql: tuple[str, ...] = ()
    if isinstance(operation, RunPython):
        summary, path, line = _function(operation.code, path)
    elif isinstance(operation, RunSQL):
        sql = _sql(operation)
        summary = "; ".join(sql)
    else:
        summary = _own_words(operation)
    own = type(operation) not in (RunPython, RunSQL)
    return DataOperation(
        app=migration.app_label,
        migration=migration.name,
        kind=_home(type(operation)) if own else type(operation).__name__,
        summary=_one_line(summary),
        path=path,
        line=line,
        sql=sql,
    )


def _function(code: Any, path: str) -> tuple[str, str, int]:
    """Return the dotted name of a callable, its file and its line."""
    while isinstance(code, functools.partial):
        code = code.func
    code = inspect.unwrap(code)
    named = code if hasattr(code, "__qualname__") else type(code)
    called = code if inspect.isroutine(code) else type(code).__call__
    body = getattr(called, "__code__", None)
    if body is None:
        return _home(named), path, 0
    return _home(named), body.co_filename, body.co_firstlineno


def _home(named: Any) -> str:
    return f"{named.__module__}.{named.__qualname__}"


def _sql(operation: RunSQL) -> tuple[str, ...]:
    """Return the SQL as text, one item for each that the operation runs."""
    if isinstance(operation.sql, str):
        return (operation.sql.strip(),)
    return tuple(
        each.strip() if isinstance(each, str) else _with_parameters(each)
        for each in operation.sql
    )


def _with_parameters(pair: Any) -> str:
    sql, parameters = pair if isinstance(pair, list | tuple) else (pair, None)
    said = f"-- with the parameters {parameters!r}:\n" if parameters else ""
    return f"{said}{str(sql).strip()}"


def _own_words(operation: Operation) -> str:
    try:
        return operation.describe()
    except Exception:  # code of strangers, and only a description
        return type(operation).__name__


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"
