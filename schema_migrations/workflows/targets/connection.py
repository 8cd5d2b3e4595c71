"""The database that files run on: an alias, or an alias repointed at a URL.

Invariant: with a URL the alias itself means the target while the work goes on, so that
signal handlers and routers write there and nowhere else; afterwards all is as before.
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
from schema_migrations.errors import ConfigError, Unreachable
from schema_migrations.history.directory import Directory, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import DatabaseSettings, Engine, Target

URL_VARIABLE = "SCHEMA_MIGRATIONS_URL"

CONNECT_PAUSE = 0.5
"""Seconds between attempts to reach a server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPart:
    """Which part of a server is meant, where a URL or an alias names another."""

    database: str = ""
    schema: str = ""


@contextmanager
def open_target(
    alias: str, url: str | None, part: ServerPart | None = None
) -> Iterator[tuple[BaseDatabaseWrapper, Engine]]:
    """Yield the connection of ``alias`` and its engine; repointed at a URL, or a part
    of what it means.
    """
    before = _find_connection(alias)
    if url is None and part is None:
        try:
            yield before, engine_for(before.vendor)
        finally:
            _close_lost_connection(before)
        return
    engine = engine_for(before.vendor) if url is None else engine_for_url(url)
    wanted = saved = connections.settings[alias]
    if url is not None:
        base = saved if before.vendor == engine.vendor else {}
        wanted = engine.settings_from_url(url, base)
    with _repoint_alias(
        alias, _with_direct_connection(_with_part(engine, wanted, part or ServerPart()))
    ):
        connection = _find_connection(alias)
        if part and part.schema and hasattr(connection, "set_schema"):
            # django-tenants sets the search path itself, before each query:
            # https://django-tenants.readthedocs.io/en/latest/use.html
            connection.set_schema(part.schema)
        yield connection, engine


@contextmanager
def _repoint_alias(alias: str, settings: DatabaseSettings) -> Iterator[None]:
    saved, before = connections.settings[alias], connections[alias]
    connections.settings[alias] = complete_settings(settings)
    del connections[alias]
    _forget_content_types()
    try:
        yield
    finally:
        connections[alias].close()
        connections.settings[alias] = saved
        connections[alias] = before
        _forget_content_types()


def _forget_content_types() -> None:
    """Forget content types: Django keeps them by alias, and another database has others.

    https://docs.djangoproject.com/en/stable/ref/contrib/contenttypes/#the-contenttypemanager
    """
    if apps.is_installed("django.contrib.contenttypes"):
        apps.get_model("contenttypes", "ContentType").objects.clear_cache()


def _close_lost_connection(connection: BaseDatabaseWrapper) -> None:
    """Let Django open another session where the run lost this one."""
    opened = connection.connection is not None and not connection.in_atomic_block
    if opened and not connection.is_usable():
        connection.close()


def _with_direct_connection(settings: DatabaseSettings) -> DatabaseSettings:
    """Return settings without what would give the run another session, or keep a
    transaction open.

    Django finds a pool by its alias alone: it would hand out the target before this.
    https://docs.djangoproject.com/en/stable/ref/databases/#connection-pool
    """
    options = settings.get("OPTIONS") or {}
    kept = {name: value for name, value in options.items() if name != "pool"}
    return {**settings, "OPTIONS": kept, "AUTOCOMMIT": True}


def _with_part(
    engine: Engine, settings: DatabaseSettings, part: ServerPart
) -> DatabaseSettings:
    if part.database:
        settings = {**settings, "NAME": part.database}
    if not part.schema:
        return settings
    if engine.with_namespace is None:
        raise ConfigError(
            f"{engine.format_masked_url(settings)} has no schema {part.schema!r}.",
            hint="Only a PostgreSQL database has several schemas.",
        )
    return engine.with_namespace(settings, part.schema)


def read_directory(path: Path) -> Directory:
    """Read the directory of a target.

    Unlike for a new file, a folder that is not there is an error: most likely the image
    was built without it, and "nothing to do" would be a lie.
    """
    if not path.exists():
        raise ConfigError(
            f"The migration directory {path} does not exist.",
            hint="Check DIR and --dir, and that the folder was deployed."
            " python manage.py schemadiff makes the first file.",
        )
    return load(path)


def _find_connection(alias: str) -> BaseDatabaseWrapper:
    try:
        return connections[alias]
    except ImproperlyConfigured as error:
        raise ConfigError(
            f"The database {alias!r} cannot be used: {error}",
            hint="Check its ENGINE in DATABASES.",
        ) from error


def complete_settings(settings: DatabaseSettings) -> DatabaseSettings:
    """Return the settings with what Django adds to an entry of ``DATABASES``."""
    completed: DatabaseSettings = ConnectionHandler(
        {DEFAULT_DB_ALIAS: settings}
    ).settings[DEFAULT_DB_ALIAS]
    return completed


def connect_and_describe(
    connection: BaseDatabaseWrapper, engine: Engine, *, wait: float
) -> Target:
    """Return what the target is, trying for ``wait`` seconds to reach it.

    A wrong password or a missing database is not waited for.
    """
    end = time.monotonic() + wait
    while True:
        try:
            return engine.session.describe_target(connection)
        except Unreachable:
            if time.monotonic() >= end:
                raise
        time.sleep(min(CONNECT_PAUSE, max(0.0, end - time.monotonic())))
