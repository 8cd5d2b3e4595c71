"""The connection to a target: an alias, or an alias repointed at a URL.

Invariant: while the target is open the alias itself means it, so that signal handlers
and routers write there and nowhere else; afterwards the alias is as before.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import ConnectionHandler

from schema_migrations.engines.registry import engine_for, engine_for_url
from schema_migrations.errors import (
    DirectoryMissing,
    InvalidSettings,
    SchemaMissing,
    Unreachable,
)
from schema_migrations.history.directory import Directory, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.connection import DatabaseSettings
    from schema_migrations.engines.engine import Engine
    from schema_migrations.engines.executor import Target

URL_VARIABLE = "SCHEMA_MIGRATIONS_URL"

CONNECT_PAUSE = 0.5
"""Seconds between attempts to reach a server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPart:
    """A database or schema to use instead of the one that a URL or an alias names."""

    database: str = ""
    schema: str = ""


@contextmanager
def open_target(
    alias: str, url: str | None, part: ServerPart | None = None
) -> Iterator[tuple[BaseDatabaseWrapper, Engine]]:
    """Hold the connection of ``alias`` and its engine, repointed at a URL or at a part
    of its server.
    """
    connection = _find_connection(alias)
    if url is None and part is None:
        try:
            yield connection, engine_for(connection.vendor)
        finally:
            _close_lost_connection(connection)
        return
    engine = engine_for(connection.vendor) if url is None else engine_for_url(url)
    settings = connections.settings[alias]
    if url is not None:
        base = settings if connection.vendor == engine.vendor else {}
        settings = engine.addresses.settings_from_url(url, base)
    settings = _with_part(engine, settings, part or ServerPart())
    with _repoint_alias(alias, _with_direct_connection(settings)):
        connection = _find_connection(alias)
        if part and part.schema and hasattr(connection, "set_schema"):
            # django-tenants sets the search path itself, before each query:
            # https://django-tenants.readthedocs.io/en/latest/use.html
            connection.set_schema(part.schema)
        yield connection, engine


@contextmanager
def _repoint_alias(alias: str, settings: DatabaseSettings) -> Iterator[None]:
    old_settings, old_connection = connections.settings[alias], connections[alias]
    connections.settings[alias] = complete_settings(settings)
    del connections[alias]
    _forget_content_types()
    try:
        yield
    finally:
        connections[alias].close()
        connections.settings[alias] = old_settings
        connections[alias] = old_connection
        _forget_content_types()


def _forget_content_types() -> None:
    """Clear Django's cache of content types: its key is the alias, not the database.

    https://docs.djangoproject.com/en/stable/ref/contrib/contenttypes/#the-contenttypemanager
    """
    if apps.is_installed("django.contrib.contenttypes"):
        apps.get_model("contenttypes", "ContentType").objects.clear_cache()


def _close_lost_connection(connection: BaseDatabaseWrapper) -> None:
    """Close a connection that the run lost, so that Django opens another."""
    closable = connection.connection is not None and not connection.in_atomic_block
    if closable and not connection.is_usable():
        connection.close()


def _with_direct_connection(settings: DatabaseSettings) -> DatabaseSettings:
    """Return settings without a pool, which could give the run another session, and
    with AUTOCOMMIT, which leaves no transaction open.

    Django finds a pool by the alias alone: it would connect to an earlier target.
    https://docs.djangoproject.com/en/stable/ref/databases/#connection-pool
    """
    options = settings.get("OPTIONS") or {}
    options = {name: value for name, value in options.items() if name != "pool"}
    return {**settings, "OPTIONS": options, "AUTOCOMMIT": True}


def _with_part(
    engine: Engine, settings: DatabaseSettings, part: ServerPart
) -> DatabaseSettings:
    if part.database:
        settings = {**settings, "NAME": part.database}
    if not part.schema:
        return settings
    if engine.addresses.with_namespace is None:
        raise SchemaMissing(
            problem=f"{engine.addresses.format_masked_url(settings)} has no schema"
            f" {part.schema!r}.",
            advice="Only a PostgreSQL database has several schemas.",
        )
    return engine.addresses.with_namespace(settings, part.schema)


def read_directory(path: Path) -> Directory:
    """Read the directory of a target; raise ``DirectoryMissing`` if there is none.

    The image was probably built without it, and "nothing to do" would be wrong.
    """
    if not path.exists():
        raise DirectoryMissing(directory=str(path))
    return load(path)


def _find_connection(alias: str) -> BaseDatabaseWrapper:
    try:
        return connections[alias]
    except ImproperlyConfigured as error:
        raise InvalidSettings(
            problem=f"The database {alias!r} cannot be used: {error}",
            advice="Check its ENGINE in DATABASES.",
        ) from error


def complete_settings(settings: DatabaseSettings) -> DatabaseSettings:
    """Return settings with the defaults that Django adds to an entry of ``DATABASES``."""
    completed: DatabaseSettings = ConnectionHandler(
        {DEFAULT_DB_ALIAS: settings}
    ).settings[DEFAULT_DB_ALIAS]
    return completed


def connect_and_describe(
    connection: BaseDatabaseWrapper, engine: Engine, *, wait: float
) -> Target:
    """Connect and describe the target, retrying for ``wait`` seconds.

    A wrong password or a missing database is not retried.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            return engine.executor.describe_target(connection)
        except Unreachable:
            if time.monotonic() >= deadline:
                raise
        time.sleep(min(CONNECT_PAUSE, max(0.0, deadline - time.monotonic())))
