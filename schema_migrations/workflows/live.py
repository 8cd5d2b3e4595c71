"""A live database as a source: reached through a connection of its own, only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.utils import ConnectionHandler

from schema_migrations.engines.engine import Connection, Engine
from schema_migrations.engines.registry import engine_for, engine_for_url
from schema_migrations.errors import ConfigError

ALIAS = "db:"


def is_live(source: str) -> bool:
    """Tell ``db:default`` and URLs from files and the models."""
    return source.startswith(ALIAS) or "://" in source


@contextmanager
def live(source: str) -> Iterator[tuple[Connection, Engine]]:
    """Yield a connection that refuses to write, and its engine.

    Raises ``ConfigError`` and ``Unreachable``.
    """
    if source.startswith(ALIAS):
        alias = source.removeprefix(ALIAS)
        check_alias(alias)
        engine = engine_for(connections[alias].vendor)
        settings = connections[alias].settings_dict
    else:
        engine = engine_for_url(source)
        settings = engine.settings_from_url(source, {})
    # Under the alias's own name, django.contrib.postgres would open that one besides.
    handler = ConnectionHandler({DEFAULT_DB_ALIAS: {}, NO_DB_ALIAS: settings})
    connection = cast(Connection, handler[NO_DB_ALIAS])
    try:
        engine.session.describe(connection)
        with engine.session.reading(connection):
            yield connection, engine
    finally:
        connection.close()


def check_alias(alias: str) -> None:
    """Raise ``ConfigError`` when there is no such alias in ``DATABASES``."""
    if alias not in connections:
        raise ConfigError(
            f"There is no database {alias!r} in DATABASES.",
            hint=f"Known: {', '.join(connections)}.",
        )
