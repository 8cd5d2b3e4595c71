"""Sibling connections: further sessions on a server, outside Django's aliases.

Invariant: the alias itself is never connected to, nor is its pool used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.utils import ConnectionHandler

from schema_migrations.engines.postgresql.server.entry import ASKED_SETTINGS, BACKEND

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection, DatabaseSettings

APPLICATION_NAME = "django-schema-migrations"

_ADDRESS_KEYS = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")


def make_sibling(settings: DatabaseSettings, alias: str) -> Connection:
    """Return a connection, not yet open, to the database of these settings.

    It uses the alias's own backend where that is PostgreSQL's (PostGIS, or a project's
    own), since the backend decides what SQL the models become.  It does not use the
    alias's name: ``django.contrib.postgres`` would also open the project's database:
    https://docs.djangoproject.com/en/stable/ref/contrib/postgres/fields/#hstorefield
    """
    options = {
        "fallback_application_name": APPLICATION_NAME,
        **(settings.get("OPTIONS") or {}),
    }
    options.pop("pool", None)  # it would keep the database in use after close()
    options.pop("isolation_level", None)
    own = {}
    if alias in connections.settings and connections[alias].vendor == "postgresql":
        own = connections[alias].settings_dict
    entry = {
        "ENGINE": BACKEND,
        **settings,
        **own,
        **{key: settings[key] for key in _ADDRESS_KEYS if key in settings},
        "OPTIONS": options,
        ASKED_SETTINGS: settings.get(ASKED_SETTINGS) or {},
        "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
    }
    handler = ConnectionHandler({DEFAULT_DB_ALIAS: {}, NO_DB_ALIAS: entry})
    # The types of django-stubs are narrower than the Protocol.
    return cast("Connection", handler[NO_DB_ALIAS])


def open_sibling(
    settings: DatabaseSettings, alias: str, *, target: str = ""
) -> Connection:
    """Return an open connection, which the caller closes.

    ``target`` is the masked URL of a target; empty: the server is not one.  Raises
    ``ConfigError`` or ``Unreachable``.
    """
    connection = make_sibling(settings, alias)
    try:
        connection.ensure_connection()
    except BaseException:
        connection.close()  # it may be open, and what Django does first have failed
        # Not at the top: nearly every connection is accepted.
        from schema_migrations.engines.postgresql.server.refusal import (
            translate_refusals,
        )

        with translate_refusals(connection, target=target):
            raise
    return connection


def open_sibling_of(connection: Connection) -> Connection:
    """Return another open session on a target, which the caller closes."""
    from schema_migrations.engines.postgresql.server.url import format_masked_url

    settings = connection.settings_dict
    return open_sibling(settings, connection.alias, target=format_masked_url(settings))
