"""Make a temporary, empty SQLite database in memory, and leave nothing behind.

Invariant: of the project's own database only its backend and options are used; it is
not connected to.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.engine import Connection, DatabaseSettings

_SCRATCH_SETTINGS = {
    "NAME": ":memory:",
    "AUTOCOMMIT": True,
    "ATOMIC_REQUESTS": False,
    "CONN_MAX_AGE": None,
    "CONN_HEALTH_CHECKS": False,
}


@contextmanager
def create_scratch_database(
    settings: DatabaseSettings, alias: str
) -> Iterator[Connection]:
    """A connection to a fresh, empty database, which is gone at the end.

    Foreign keys are off, as Django's schema editor and the rebuilding of tables ask.
    """
    connection = _make_connection(settings, alias)
    try:
        connection.ensure_connection()
        connection.disable_constraint_checking()
        # django-stubs types more narrowly than the Protocol asks for.
        yield cast("Connection", connection)
    finally:
        # The backend's own close() keeps a database in memory open.
        BaseDatabaseWrapper.close(connection)


def _make_connection(settings: DatabaseSettings, alias: str) -> BaseDatabaseWrapper:
    """Prefer the alias's own backend, which may be SpatiaLite or a project's own."""
    if alias in connections.settings and connections[alias].vendor == "sqlite":
        connection = connections[alias].copy()
        connection.settings_dict.update(_SCRATCH_SETTINGS)
        return connection
    entry = {"ENGINE": "django.db.backends.sqlite3", **settings, **_SCRATCH_SETTINGS}
    return ConnectionHandler({DEFAULT_DB_ALIAS: {}, alias: entry})[alias]
