"""Lead Django's aliases to a dev database while foreign code runs.

Invariant: meanwhile none of them leads to a database of the project.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection


@contextmanager
def hold_aliases_on(connection: Connection) -> Iterator[None]:
    """Let every alias, and the connection's own, lead to the connection until the end.

    Editors ask ``django.db.connections`` for the alias of their connection, which a dev
    database does not have there, and packages for ``default``.  Another thread opens a
    connection of its own, to the same database.
    """
    before = {opened.alias: opened for opened in connections.all(initialized_only=True)}
    names = {*connections, connection.alias}
    with _lead_new_connections(connection, names):
        for name in names:
            connections[name] = cast(BaseDatabaseWrapper, connection)
        try:
            yield
        finally:
            for name in names:
                if name in before:
                    connections[name] = before[name]
                else:
                    del connections[name]


@contextmanager
def _lead_new_connections(connection: Connection, names: Set[str]) -> Iterator[None]:
    """Let connections that are opened until the end lead to the same database."""
    databases = connections.settings
    before = {name: databases[name] for name in names if name in databases}
    for name in names:
        databases[name] = dict(connection.settings_dict)
    try:
        yield
    finally:
        for name in names:  # in place: their order stays
            if name in before:
                databases[name] = before[name]
            else:
                del databases[name]
