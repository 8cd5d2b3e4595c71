"""Create an empty SQLite scratch database in memory, which leaves nothing behind.

Invariant: for that the project's own database lends only its backend and options; it is
not connected to.  A statement cannot open or write any other database file.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import NO_DB_ALIAS, BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from schema_migrations.engines.probe import ServerStamp, ServerVersion
from schema_migrations.engines.sqlite.session_values import FIXED_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.connection import Connection, DatabaseSettings

_SCRATCH_SETTINGS = {
    "NAME": ":memory:",
    "AUTOCOMMIT": True,
    "ATOMIC_REQUESTS": False,
    "CONN_MAX_AGE": None,
    "CONN_HEALTH_CHECKS": False,
}

_PROCESS_PRAGMAS = frozenset({"temp_store_directory", "data_store_directory"})
"""These act on every database of the process."""


@contextmanager
def create_scratch_database(
    settings: DatabaseSettings, alias: str
) -> Iterator[Connection]:
    """Hold a connection to a new, empty database, which is discarded at the end.

    Foreign keys are off, as Django's schema editor and rebuilds of tables require.
    """
    connection = _make_connection(settings, alias)
    try:
        connection.ensure_connection()
        connection.disable_constraint_checking()
        for name, value in FIXED_VALUES.items():
            connection.connection.execute(f"PRAGMA {name} = {value}")
        connection.connection.set_authorizer(_authorize)
        # django-stubs' types are narrower than the Protocol.
        yield cast("Connection", connection)
    finally:
        # The backend's own close() keeps a database in memory open.
        BaseDatabaseWrapper.close(connection)


def read_library_stamp(settings: DatabaseSettings, alias: str) -> ServerStamp:
    """Return what the library is like that databases in memory are made with."""
    with create_scratch_database(settings, alias) as connection:
        cursor = connection.connection.execute("PRAGMA compile_options")
        options = " ".join(option for (option,) in cursor)
    return ServerStamp(
        version=ServerVersion(text=f"SQLite {sqlite3.sqlite_version}", major=3),
        text=f"{sqlite3.sqlite_version} {options}",
    )


def _authorize(action: int, subject: str | None, *_: str | None) -> int:
    """Deny ``ATTACH`` and ``VACUUM INTO`` of files; a plain ``VACUUM`` attaches ``''``.

    https://www.sqlite.org/c3ref/set_authorizer.html
    """
    if action == sqlite3.SQLITE_ATTACH and subject not in {"", ":memory:"}:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and subject in _PROCESS_PRAGMAS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def make_sibling(settings: DatabaseSettings, alias: str) -> Connection:
    """Return another connection, not yet open, outside Django's aliases."""
    handler = ConnectionHandler({DEFAULT_DB_ALIAS: {}, NO_DB_ALIAS: settings})
    return cast("Connection", handler[NO_DB_ALIAS])


def _make_connection(settings: DatabaseSettings, alias: str) -> BaseDatabaseWrapper:
    """Return a connection, with the alias's own backend if it is one for SQLite."""
    if alias in connections.settings and connections[alias].vendor == "sqlite":
        connection = connections[alias].copy()
        connection.settings_dict.update(_SCRATCH_SETTINGS)
        return connection
    entry = {"ENGINE": "django.db.backends.sqlite3", **settings, **_SCRATCH_SETTINGS}
    return ConnectionHandler({DEFAULT_DB_ALIAS: {}, alias: entry})[alias]
