"""Which engines there are, each imported on demand.

Invariant: nobody else names a concrete engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from schema_migrations.errors import ConfigError

if TYPE_CHECKING:
    from schema_migrations.engines.engine import Engine

# SQLite first: its driver is part of Python, and a look at a URL stops at the first.
ENGINE_PACKAGES = {
    "sqlite": "schema_migrations.engines.sqlite",
    "postgresql": "schema_migrations.engines.postgresql",
}
SUPPORTED_HINT = "Supported: PostgreSQL and SQLite."


def engine_for(vendor: str) -> Engine:
    """Return the engine of a Django ``connection.vendor``; raises ``ConfigError``."""
    package = ENGINE_PACKAGES.get(vendor)
    if package is None:
        raise ConfigError(
            f"There is no engine for databases of the kind {vendor!r}.",
            hint=SUPPORTED_HINT,
        )
    engine: Engine = import_module(package).ENGINE
    return engine


def engine_for_url(url: str) -> Engine:
    """Return the engine that a URL's scheme means; raises ``ConfigError``.

    Text without a scheme is libpq's ``host=… dbname=…``.
    """
    scheme, separator, _ = url.strip().partition("://")
    if not separator:
        if "=" in url:
            return engine_for("postgresql")
        raise ConfigError(
            "The database URL has no scheme.",
            hint="Write postgres://user@host:5432/name or sqlite:///path.db.",
        )
    for vendor in ENGINE_PACKAGES:
        engine = engine_for(vendor)
        if scheme.lower() in engine.schemes:
            return engine
    if scheme.lower().startswith("docker"):
        raise ConfigError(
            "A docker:// URL is a dev database, not a target.",
            hint="Write the URL of a running server; docker:// belongs to --dev.",
        )
    # Without "://" it might be a piece of a password; a scheme is safe to show.
    raise ConfigError(f"There is no engine for {scheme}:// URLs.", hint=SUPPORTED_HINT)
