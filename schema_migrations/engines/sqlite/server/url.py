"""Convert ``sqlite:///relative``, ``sqlite:////absolute`` and ``sqlite:///:memory:``.

Invariant: a part of the URL that would have no effect is refused, and never shown: it
may be a password meant for another kind of URL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from schema_migrations.errors import InvalidUrl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.engines.engine import DatabaseSettings

BACKEND = "django.db.backends.sqlite3"
SCHEMES = ("sqlite", "sqlite3", "spatialite")
URL_FORMS = "Write sqlite:///relative/path.db, sqlite:////absolute/path.db or sqlite:///:memory:."


def settings_from_url(url: str, base: Mapping[str, Any]) -> DatabaseSettings:
    """Return the settings for the database file that ``url`` names.

    ``base`` provides the backend and its options.  Raises ``ConfigError``.
    """
    rest = url.strip().partition("://")[2]
    path, _, query = rest.partition("?")
    if query:
        raise InvalidUrl(
            problem="A SQLite URL cannot have parameters after a ?.", advice=URL_FORMS
        )
    if path in (":memory:", "/:memory:"):
        name = ":memory:"
    elif path.startswith("/") and len(path) > 1:
        name = unquote(path[1:])
    else:
        raise InvalidUrl(problem="The URL names no database file.", advice=URL_FORMS)
    return {
        **base,
        "ENGINE": base.get("ENGINE") or BACKEND,
        "NAME": name,
        "USER": "",
        "PASSWORD": "",
        "HOST": "",
        "PORT": "",
    }


def format_masked_url(settings: Mapping[str, Any]) -> str:
    """Return the URL of a database file for display."""
    return f"sqlite:///{quote(str(settings['NAME']), safe='/:')}"
