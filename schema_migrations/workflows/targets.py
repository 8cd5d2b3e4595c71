"""The database that files run on: an alias, or an alias repointed at a URL.

Invariant: with a URL the alias itself means the target while the work goes on, so that
signal handlers and routers write there and nowhere else; afterwards all is as before.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import ConnectionHandler

from schema_migrations.engines.registry import engine_for, engine_for_url
from schema_migrations.errors import ConfigError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import DatabaseSettings, Engine, Target

URL_VARIABLE = "SCHEMA_MIGRATIONS_URL"

PAUSE = 0.5
"""Seconds between attempts to reach a server."""


@contextmanager
def target(alias: str, url: str | None) -> Iterator[tuple[BaseDatabaseWrapper, Engine]]:
    """Yield the connection of ``alias`` and its engine; with a URL, repointed at it."""
    before = _connection(alias)
    if url is None:
        yield before, engine_for(before.vendor)
        return
    engine = engine_for_url(url)
    settings = connections.settings
    saved = settings[alias]
    base = saved if before.vendor == engine.vendor else {}
    settings[alias] = completed(engine.settings_from_url(url, base))
    del connections[alias]
    try:
        yield _connection(alias), engine
    finally:
        connections[alias].close()
        settings[alias] = saved
        connections[alias] = before


def _connection(alias: str) -> BaseDatabaseWrapper:
    try:
        return connections[alias]
    except ImproperlyConfigured as error:
        raise ConfigError(
            f"The database {alias!r} cannot be used: {error}",
            hint="Check its ENGINE in DATABASES.",
        ) from error


def completed(settings: DatabaseSettings) -> DatabaseSettings:
    """Return the settings with what Django adds to an entry of ``DATABASES``."""
    completed: DatabaseSettings = ConnectionHandler(
        {DEFAULT_DB_ALIAS: settings}
    ).settings[DEFAULT_DB_ALIAS]
    return completed


def reached(connection: BaseDatabaseWrapper, engine: Engine, *, wait: float) -> Target:
    """Return what the target is, trying for ``wait`` seconds to reach it.

    A wrong password or a missing database is not waited for.
    """
    end = time.monotonic() + wait
    while True:
        try:
            return engine.session.describe(connection)
        except Unreachable:
            if time.monotonic() >= end:
                raise
        time.sleep(min(PAUSE, max(0.0, end - time.monotonic())))
