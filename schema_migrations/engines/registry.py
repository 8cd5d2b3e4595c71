"""The database engines; each part is imported on demand.

Invariant: no other module imports a concrete engine.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from schema_migrations.engines.engine import Engine
from schema_migrations.errors import InvalidUrl, UnsupportedDatabase
from schema_migrations.history.encoding import NUL

if TYPE_CHECKING:
    from schema_migrations.engines.driver_error import DriverError

_CONNECTION_STRING = re.compile(
    r"\s*(host|hostaddr|port|dbname|user|password|passfile|service|sslmode|options"
    r"|application_name|connect_timeout|target_session_attrs)\s*="
)
"""https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE"""

# SQLite first: its driver is part of Python, and a URL takes the first match.
ENGINE_PACKAGES = {
    "sqlite": "schema_migrations.engines.sqlite",
    "postgresql": "schema_migrations.engines.postgresql",
}


@cache
def engine_for(vendor: str) -> Engine:
    """Return the engine of a Django ``connection.vendor``; raises ``ConfigError``."""
    package = ENGINE_PACKAGES.get(vendor)
    if package is None:
        raise UnsupportedDatabase(
            problem=f"Databases of the kind {vendor!r} are not supported."
        )
    return Engine(vendor, package)


def read_driver_error(exception: Exception) -> DriverError | None:
    """Return what a driver's exception says, whichever engine it is of; None: no driver's."""
    for vendor, package in ENGINE_PACKAGES.items():
        if f"{package}.executor" in sys.modules:
            executor = engine_for(vendor).executor
            if driver_error := executor.read_driver_error(exception):
                return driver_error
    return None


def is_database_url(text: str) -> bool:
    """Tell whether a text is a URL, or libpq's ``host=… dbname=…``, rather than a name."""
    return "://" in text or bool(_CONNECTION_STRING.match(text))


def engine_for_url(url: str) -> Engine:
    """Return the engine for a URL's scheme; raises ``ConfigError``.

    Text without a scheme is libpq's ``host=… dbname=…``.
    """
    if NUL in unquote(url):
        raise InvalidUrl(
            problem="The database URL holds a NUL character (%00).",
            advice="Remove it: what follows it would not be read.",
        )
    scheme, separator, _ = url.strip().partition("://")
    if not separator:
        if "=" in url:
            return engine_for("postgresql")
        raise InvalidUrl(
            problem="The database URL has no scheme.",
            advice="Write postgres://user@host:5432/name or sqlite:///path.db.",
        )
    for vendor in ENGINE_PACKAGES:
        engine = engine_for(vendor)
        if scheme.lower() in engine.addresses.schemes:
            return engine
    if scheme.lower().startswith("docker"):
        raise InvalidUrl(
            problem="A docker:// URL names a dev database, not a target.",
            advice="Give the URL of a running server.",
        )
    # Safe to show: text before "://" is a scheme, never a piece of a password.
    raise UnsupportedDatabase(problem=f"{scheme}:// URLs are not supported.")
