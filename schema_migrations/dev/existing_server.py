"""A server that runs already, and belongs to somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_migrations.engines.connection import DatabaseSettings
    from schema_migrations.engines.probe import ServerVersion

CONNECT_SECONDS = 5
"""How long ``auto`` waits for it."""


def describe_existing(version: ServerVersion, settings: DatabaseSettings) -> str:
    """Return ``PostgreSQL 18.4 at host:5432``."""
    host = settings.get("HOST") or "the local socket"
    port = f":{settings['PORT']}" if settings.get("PORT") else ""
    return f"{version.text} at {host}{port}"
