"""Sort the parameters of a URL: libpq's own, and settings of the server.  Pure.

Other drivers, Atlas's among them, send a parameter that they do not know to the server
as a setting of the session; libpq refuses it, and has ``options`` for that:
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS

Invariant: what may be a misspelled parameter of libpq about a password or the safety of
the connection is not sent: the server would refuse it only after it got the password.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import parse_qsl, quote

from psycopg import pq

from schema_migrations.engines.postgresql.session_values import FIXED_VALUES
from schema_migrations.errors import InvalidUrl

PATH_NAMES = ("search_path", "currentschema")
"""The latter is what JDBC calls it."""

RUN_VALUES = frozenset(
    {
        *FIXED_VALUES,
        "client_connection_check_interval",
        "idle_session_timeout",
        "transaction_timeout",
    }
)
"""Settings that have one value in every session that runs files."""

_OPTION = re.compile(r"(?:-c\s*|--)([\w.-]+)=((?:\\.|[^\\\s])*)", re.DOTALL)
_SETTING_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_PROTECTION = re.compile(r"ssl|gss|krb|require|channel|scram|pass|oauth", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlQuery:
    """What follows the ``?`` of a URL."""

    text: str
    """For libpq: with its parameters only, and ``options`` with all settings."""
    settings: Mapping[str, str]
    """Settings of the server by their names, but ``search_path`` and ``options``."""


def read_keywords() -> frozenset[str]:
    """Return the names of libpq's parameters."""
    return frozenset(option.keyword.decode() for option in pq.Conninfo.get_defaults())


def sort_parameters(query: str) -> UrlQuery:
    """Return the parameters of a query; raise ``InvalidUrl`` for one without effect."""
    keywords = read_keywords()
    kept, paths, options = [], [], []
    settings: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, _, _ = part.partition("=")
        value = next(iter(parse_qsl(part.replace("+", "%2B"))), ("", ""))[1]
        if name.lower() in PATH_NAMES:
            paths.append(value)
        elif name == "options":
            options.append(value)
        elif "=" in part and _is_setting(name, keywords):
            _refuse_fixed(name)
            settings[name.lower()] = value
        else:
            kept.append(part)
    settings = {name: value for name, value in settings.items() if value}
    options += [format_option(name, value) for name, value in settings.items()]
    options += [format_option("search_path", path) for path in paths if path]
    if options:
        kept.append("options=" + quote(" ".join(options), safe=""))
    return UrlQuery(text="?" + "&".join(kept) if kept else "", settings=settings)


def _is_setting(name: str, keywords: frozenset[str]) -> bool:
    """Return whether a parameter is none of libpq's, nor looks like one that protects."""
    if name.lower() in keywords or not _SETTING_NAME.fullmatch(name):
        return False
    protecting = [each for each in keywords if _PROTECTION.match(each)]
    return not (
        _PROTECTION.match(name)
        or get_close_matches(name.lower(), protecting, n=1, cutoff=0.8)
    )


def _refuse_fixed(name: str) -> None:
    if name.lower() in RUN_VALUES:
        raise InvalidUrl(
            problem=f"The URL sets {name}, which every run of files sets itself.",
            advice="Leave it out.",
        )


def format_option(name: str, value: str) -> str:
    """Return a setting as ``options`` has it, where white space would end the value."""
    return f"-c {name}=" + re.sub(r"([\\\s])", r"\\\1", value, flags=re.ASCII)


def read_options(options: str) -> dict[str, str]:
    """Return the settings in ``options`` by their names; the last of a name counts."""
    return {
        name.lower().replace("-", "_"): re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
        for name, value in _OPTION.findall(options)
    }
