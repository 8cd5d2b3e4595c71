"""Convert ``sqlite:///relative``, ``sqlite:////absolute`` and ``sqlite:///:memory:``.

Atlas's forms mean the same here: ``sqlite://relative``, ``sqlite://file:/absolute``,
``sqlite://any?mode=memory``.  It has no host, so a third slash begins an absolute path
there, but not here: https://atlasgo.io/concepts/url.  Its driver reads the parameters:
https://github.com/mattn/go-sqlite3#connection-string

Invariant: a part of the URL that would have no effect is refused, and never shown: it
may be a password meant for another kind of URL.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote

from schema_migrations.errors import InvalidUrl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schema_migrations.engines.connection import DatabaseSettings

BACKEND = "django.db.backends.sqlite3"
SCHEMES = ("sqlite", "sqlite3", "spatialite")
URL_FORMS = "Write sqlite:///relative/path.db, sqlite:////absolute/path.db or sqlite:///:memory:."
MEMORY = ":memory:"

TAKEN_VALUES = {
    "_fk": ("1", "yes", "true", "on"),
    "_foreign_keys": ("1", "yes", "true", "on"),
    "mode": ("rwc", "memory"),
    "cache": ("private",),
}
"""Parameter → the values that say what holds here anyway, and where the database is."""


def settings_from_url(url: str, base: Mapping[str, Any]) -> DatabaseSettings:
    """Return the settings for the database file that ``url`` names.

    ``base`` provides the backend and its options.  Raises ``ConfigError``.
    """
    path, _, query = url.strip().partition("://")[2].partition("?")
    parameters = [
        (name, value.lower())
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    name = _read_name(path, in_memory=("mode", "memory") in parameters)
    _refuse_parameters(parameters, in_memory=name == MEMORY)
    return {
        **base,
        "ENGINE": base.get("ENGINE") or BACKEND,
        "NAME": name,
        "USER": "",
        "PASSWORD": "",
        "HOST": "",
        "PORT": "",
    }


def _read_name(path: str, *, in_memory: bool) -> str:
    """Return the path of the file, or ``:memory:``."""
    if path in (MEMORY, f"/{MEMORY}", f"file:{MEMORY}", f"/file:{MEMORY}"):
        return MEMORY
    is_uri, path = _strip_uri(path)
    host = path.partition("/")[0]
    if "@" in host or ":" in host or not (path.strip("/") or in_memory):
        raise InvalidUrl(problem="The URL names no database file.", advice=URL_FORMS)
    if in_memory:
        return MEMORY
    if is_uri or host:
        return unquote(path)
    name = unquote(path[1:])
    _refuse_doubtful_path(name)
    return name


def _strip_uri(path: str) -> tuple[bool, str]:
    """Return whether a path is SQLite's ``file:`` URI, and its path.

    https://www.sqlite.org/uri.html
    """
    if not path.removeprefix("/").startswith("file:"):
        return False, path
    rest = path.removeprefix("/").removeprefix("file:")
    if not rest.startswith("//"):
        return True, rest
    host, slash, rest = rest.removeprefix("//").partition("/")
    if host not in ("", "localhost"):
        raise InvalidUrl(
            problem="The URL names a host, and SQLite has none.", advice=URL_FORMS
        )
    return True, slash + rest


def _refuse_doubtful_path(name: str) -> None:
    """Refuse a new relative file where the absolute one of that path exists."""
    absolute = Path("/", name)
    if not Path(name).exists() and absolute.is_file():
        raise InvalidUrl(
            problem=f"sqlite:///{name} means {name} below the current folder, where"
            f" it does not exist; {absolute} does.",
            advice=f"Write sqlite:///{absolute}, or sqlite://{name} for a new file below"
            " the current folder.",
        )


def _refuse_parameters(
    parameters: Iterable[tuple[str, str]], *, in_memory: bool
) -> None:
    """Refuse each parameter that would mean something else than what holds here."""
    for name, value in parameters:
        taken = TAKEN_VALUES.get(name, ())
        is_shared = (name, value) == ("cache", "shared")
        if value in taken or (is_shared and in_memory):
            continue
        shown = repr(name) if re.fullmatch("[A-Za-z_]{1,30}", name) else "of this name"
        if not taken:
            raise InvalidUrl(
                problem=f"A SQLite URL cannot have a parameter {shown}.",
                advice=f"Leave it out, or set it in OPTIONS of DATABASES. {URL_FORMS}",
            )
        raise InvalidUrl(
            problem=f"A SQLite URL cannot have this value of {shown}.",
            advice=f"Leave it out: it can be {' or '.join(taken)} only. {URL_FORMS}",
        )


def format_masked_url(settings: Mapping[str, Any]) -> str:
    """Return the URL of a database file for display."""
    return f"sqlite:///{quote(str(settings['NAME']), safe='/:')}"
