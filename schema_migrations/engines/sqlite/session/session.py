"""Run files on a SQLite database.

Invariant: foreign keys are off while files run, and are checked at the end of each
file, inside its transaction; a transaction takes the write lock when it begins.

https://www.sqlite.org/lang_altertable.html#otheralter
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from schema_migrations.engines.executor import SessionOptions, Target
from schema_migrations.engines.sqlite.server.url import format_masked_url
from schema_migrations.engines.sqlite.session.driver_error import read_driver_error
from schema_migrations.engines.sqlite.session.lock import database_file_of
from schema_migrations.engines.sqlite.session_values import FIXED_VALUES
from schema_migrations.errors import (
    ConnectionRefused,
    RevisionsSchemaUnsupported,
    StatementFailed,
    TargetLocked,
)
from schema_migrations.history.encoding import check_statement
from schema_migrations.history.session_changes import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from schema_migrations.engines.connection import Connection

TABLES_QUERY = r"""
SELECT name FROM sqlite_master
 WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
 ORDER BY name
"""


def describe_target(connection: Connection) -> Target:
    """Open the database and describe it; raise ``ConfigError`` if it cannot be read, and
    ``Unreachable`` while another process has locked it."""
    name = format_masked_url(connection.settings_dict)
    try:
        connection.ensure_connection()
        # SQLite notices only at the first read whether the file is a database.
        _fetch_value(connection, "PRAGMA schema_version")
        path = database_file_of(connection)
    except ImproperlyConfigured as error:
        raise ConnectionRefused(problem=str(error)) from None
    except (Error, sqlite3.Error) as error:
        driver_error = read_driver_error(error)
        if driver_error and driver_error.gave_up_on_lock:
            raise TargetLocked(target=name, reason=driver_error.message) from None
        raise ConnectionRefused(
            problem=f"{name}: {error}.", advice="Check the path and its permissions."
        ) from None
    return Target(
        name=name,
        version=f"SQLite {sqlite3.sqlite_version}",
        major=sqlite3.sqlite_version_info[0],
        schema="main",
        read_only=_explain_read_only(path) if path else "",
    )


def _explain_read_only(path: Path) -> str:
    if not os.access(path, os.W_OK):
        return "the file is not writable"
    # The journal is written next to it: https://www.sqlite.org/tempfiles.html
    return "" if os.access(path.parent, os.W_OK) else "its folder is not writable"


def would_create_database(connection: Connection) -> bool:
    """Tell whether the file is missing although its folder exists."""
    text = str(connection.settings_dict["NAME"])
    in_memory = text == ":memory:" or text.startswith("file:")
    return not in_memory and Path(text).parent.is_dir() and not Path(text).exists()


@contextmanager
def read_missing_as_empty(connection: Connection) -> Iterator[None]:
    """Hold an empty database in memory in place of a missing file."""
    name = connection.settings_dict["NAME"]
    if connection.connection is not None or not would_create_database(connection):
        yield
        return
    connection.settings_dict["NAME"] = ":memory:"
    try:
        yield
    finally:
        connection.settings_dict["NAME"] = name
        connection.close()


@contextmanager
def forbid_writes(connection: Connection) -> Iterator[None]:
    """Hold the connection in a mode in which SQLite refuses every write."""
    with _override_pragma(connection, "query_only", "1"):
        yield


def list_namespaces(connection: Connection) -> Sequence[str]:
    """Return the one schema that files run in."""
    return ("main",)


def list_tables(connection: Connection, namespace: str | None) -> Sequence[str]:
    """Return the names of the tables; raise ``ConfigError`` for a schema but ``main``."""
    if namespace not in (None, "main"):
        raise RevisionsSchemaUnsupported(schema=namespace)
    with connection.cursor() as cursor:
        cursor.execute(TABLES_QUERY)
        return tuple(name for (name,) in cursor.fetchall())


LONGEST_WAIT = 2**31 - 1
"""Milliseconds, 24 days: SQLite has no unlimited wait, and 0 means not to wait."""


@contextmanager
def hold_fixed_settings(connection: Connection) -> Iterator[None]:
    """Hold what changes the meaning of SQL at the values of a dev database."""
    with ExitStack() as stack:
        for name, value in FIXED_VALUES.items():
            stack.enter_context(_override_pragma(connection, name, value))
        yield


@contextmanager
def prepare_session(connection: Connection, options: SessionOptions) -> Iterator[None]:
    """Hold the session's settings: lock timeout, and foreign keys off.

    SQLite can turn foreign keys off only outside a transaction.
    """
    limit = options.lock_timeout
    timeout = str(LONGEST_WAIT if limit is None else round(limit * 1000))
    with (
        _override_pragma(connection, "busy_timeout", timeout),
        _override_pragma(connection, "foreign_keys", "0"),
    ):
        yield


@contextmanager
def _override_pragma(connection: Connection, name: str, value: str) -> Iterator[None]:
    before = _fetch_value(connection, f"PRAGMA {name}")
    execute(connection, f"PRAGMA {name} = {value}")
    try:
        yield
    finally:
        if connection.connection is not None:  # a signal handler may have closed it
            rollback(connection)
            execute(connection, f"PRAGMA {name} = {before}")


def _fetch_value(connection: Connection, sql: str) -> Any:
    return connection.connection.execute(sql).fetchone()[0]


@contextmanager
def open_transaction(connection: Connection) -> Iterator[None]:
    """Hold a transaction: commit at the end, roll back on an exception."""
    execute(connection, "BEGIN IMMEDIATE")
    try:
        yield
        if not in_transaction(connection):
            raise StatementFailed(
                problem="A statement of the file ended the transaction that it ran in.",
                advice="Write -- atlas:txmode none at the top of the file, then a blank line.",
            )
        execute(connection, "COMMIT")
    except BaseException:
        rollback(connection)
        raise


Violation = tuple[str, str]
"""A table and the parent table that lacks a row for it; or a message and ``""``."""


@contextmanager
def check_foreign_keys(connection: Connection) -> Iterator[None]:
    """Raise ``StatementFailed`` if more rows than before refer to a missing row."""
    before = _count_violations(connection)
    yield
    broken = _count_violations(connection) - before
    if broken:
        details = "; ".join(
            f"{count} of {table} refer to no row of {parent}" if parent else table
            for (table, parent), count in sorted(broken.items())
        )
        raise StatementFailed(
            problem=f"The file leaves rows that violate foreign keys: {details}.",
            advice="Delete or correct these rows before the end of the file.",
        )


def _count_violations(connection: Connection) -> Counter[Violation]:
    try:
        rows = connection.connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.OperationalError as error:
        # "foreign key mismatch": the parent's columns are not unique.
        # https://www.sqlite.org/foreignkeys.html#fk_indexes
        return Counter({(str(error), ""): 1})
    return Counter((table, parent) for table, _, parent, _ in rows)


SESSION_PRAGMAS = (
    *("foreign_keys", "ignore_check_constraints", "legacy_alter_table"),
    *("recursive_triggers", "writable_schema", "query_only", "busy_timeout"),
)
"""Settings of the connection that change what statements do."""

SESSION_PRAGMA_PATTERN = re.compile(
    rf"PRAGMA\s+(?P<name>{'|'.join(SESSION_PRAGMAS)})\b", re.IGNORECASE
)


def is_session_setting(sql: str, end: str) -> bool:
    """Tell whether a statement only changed a setting of the session.

    No transaction undoes a PRAGMA, and within one foreign keys stay as they are:
    https://www.sqlite.org/pragma.html#pragma_foreign_keys
    """
    match = SESSION_PRAGMA_PATTERN.match(sql)
    return match is not None and not (end and match["name"].lower() == "foreign_keys")


def read_session(connection: Connection) -> Session:
    """Return the values of the PRAGMAs, and the temporary tables and views."""
    cursor = connection.connection.execute(
        "SELECT name FROM sqlite_temp_master WHERE type IN ('table', 'view')"
    )
    return Session(
        values={name: str(value) for name, value in _read_pragmas(connection).items()},
        temporary=frozenset(name for (name,) in cursor),
    )


def set_session_values(
    connection: Connection, values: Mapping[str, str | None]
) -> None:
    """Set PRAGMAs, each of which has a value."""
    for name, value in values.items():
        execute(connection, f"PRAGMA {name} = {value}")


def _read_pragmas(connection: Connection) -> dict[str, object]:
    return {
        name: _fetch_value(connection, f"PRAGMA {name}") for name in SESSION_PRAGMAS
    }


@contextmanager
def keep_settings(connection: Connection) -> Iterator[None]:
    """Restore at the end what PRAGMAs set inside; roll back on an exception."""
    before = _read_pragmas(connection)
    try:
        yield
    except BaseException:
        rollback(connection)
        raise
    finally:
        for name, value in before.items():
            if _fetch_value(connection, f"PRAGMA {name}") != value:
                execute(connection, f"PRAGMA {name} = {value}")


def prepare_session_check(connection: Connection) -> Callable[[Sequence[str]], bool]:
    """Return a function that always says yes: a lock file may be removed at any time."""
    del connection
    return lambda statements: True


def execute(connection: Connection, sql: str) -> None:
    """Run one statement to its last row."""
    check_statement(sql)
    cursor = connection.connection.cursor()
    try:
        for _ in cursor.execute(sql):
            pass
    finally:
        cursor.close()


def in_transaction(connection: Connection) -> bool:
    return bool(connection.connection.in_transaction)


def rollback(connection: Connection) -> None:
    """End an open transaction."""
    if in_transaction(connection):
        execute(connection, "ROLLBACK")
