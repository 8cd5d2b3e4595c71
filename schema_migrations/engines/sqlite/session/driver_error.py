"""Read a sqlite3 exception into the parts that a person or a pipeline needs.

Invariant: ``sqlstate`` holds SQLite's own name for the error (``SQLITE_CONSTRAINT_…``).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping

from schema_migrations.engines.driver_error import Cause, DriverError
from schema_migrations.history.encoding import NulInStatement

BUSY_CODES = ("SQLITE_BUSY", "SQLITE_LOCKED")

NO_TRANSACTION_PATTERN = re.compile(r"\b(with)?in(side)? (a )?transaction\b")
"""Errors of ``VACUUM``, ``ATTACH``, ``PRAGMA journal_mode`` …, which have no code."""

EXISTS_PATTERN = re.compile(r" already exists$|^duplicate column name: ")
"""Errors of ``CREATE`` and ``ALTER TABLE``, which have no code."""

CAUSES: Mapping[str, Cause] = {
    "SQLITE_FULL": "no room",
    "SQLITE_NOMEM": "no room",
    "SQLITE_PERM": "rights",
    "SQLITE_READONLY": "rights",
    "SQLITE_CONSTRAINT": "rows",
    "SQLITE_MISMATCH": "rows",
    "SQLITE_TOOBIG": "rows",
    "SQLITE_INTERRUPT": "cancelled",
}
"""The beginning of SQLite's name for the error → what it is about."""

MISSING_OBJECT_PATTERN = re.compile(r"\bno such (?!savepoint)")
"""``no such table: t``, even within ``error in view v: …``."""


def read_driver_error(exception: BaseException) -> DriverError | None:
    """Return a driver error in parts, unwrapped from Django's exception; None: not one."""
    if isinstance(exception, NulInStatement):
        return DriverError(message=str(exception))
    error = _unwrap_driver_error(exception)
    if error is None:
        return None
    message = str(error).strip().partition("\n")[0]
    code = getattr(error, "sqlite_errorname", "")
    busy = code.startswith(BUSY_CODES)
    return DriverError(
        message=message,
        sqlstate=code,
        retryable=busy,
        gave_up_on_lock=busy,
        cause=_find_cause(code, message),
        names_missing_object=bool(MISSING_OBJECT_PATTERN.search(message)),
        leaves_dev_database=code == "SQLITE_AUTH",  # only dev databases deny anything
    )


def _find_cause(code: str, message: str) -> Cause | None:
    if NO_TRANSACTION_PATTERN.search(message):
        return "in transaction"
    if EXISTS_PATTERN.search(message):
        return "exists"
    return next((CAUSES[each] for each in CAUSES if code.startswith(each)), None)


def _unwrap_driver_error(exception: BaseException | None) -> sqlite3.Error | None:
    while exception is not None and not isinstance(exception, sqlite3.Error):
        exception = exception.__cause__
    return exception
