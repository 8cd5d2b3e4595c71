"""SQLite's URLs and settings."""

from __future__ import annotations

from schema_migrations.engines.addresses import Addresses
from schema_migrations.engines.sqlite.server import url

ADDRESSES = Addresses(
    backend=url.BACKEND,
    schemes=url.SCHEMES,
    settings_from_url=url.settings_from_url,
    format_masked_url=url.format_masked_url,
)
