"""Sort the parameters of a URL: libpq's own, and settings of the server.  Pure.

Other drivers, Atlas's among them, send a parameter that they do not know to the server
as a setting of the session; libpq refuses it, and has ``options`` for that:
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS

Invariant: what may be a misspelled parameter of libpq about a password or the safety of
the connection is not sent: the server would refuse it only after it got the password.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import parse_qsl, quote

from psycopg import pq

from schema_migrations.engines.postgresql.session_values import FIXED_VALUES
from schema_migrations.errors import InvalidUrl
from schema_migrations.errors.base import suggest_nearest

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

TIMEOUTS = {
    "lock_timeout": "lock_timeout",
    "statement_timeout": "statement_timeout",
    "idle_in_transaction_session_timeout": "idle_in_transaction_timeout",
}
"""The server's name → ours, in ``SessionOptions``.  They are for files, so the session
does not begin with them: a short one would cancel our own queries."""

_OPTION = re.compile(r"(?:-c\s*|--)([\w.-]+)=((?:\\.|[^\\\s])*)", re.DOTALL)
_SETTING_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_PLAIN_NAME = re.compile(r"[A-Za-z_]+")
"""What is shown in an error; another name may be a piece of a password."""

_PROTECTION = re.compile(
    r"ssl|tls|gss|krb|require|channel|scram|pass|pwd|oauth|encrypt|secret|token|key|cert"
    r"|verify|credential",
    re.IGNORECASE,
)
_HARMLESS = frozenset(
    {
        "md5_password_warnings",
        "password_encryption",
        "scram_iterations",
        "wal_compression",
    }
)
"""Settings of the server that are named like a parameter that protects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlQuery:
    """What follows the ``?`` of a URL."""

    text: str
    """For libpq: with its parameters only, and ``options`` with the settings."""
    server_settings: Mapping[str, str]
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
        name = part.partition("=")[0]
        value = next(iter(parse_qsl(part.replace("+", "%2B"))), ("", ""))[1]
        if name == "options" and "=" in part:
            options.append(value)
        elif name.lower() in keywords or not _SETTING_NAME.fullmatch(name):
            kept.append(part)
        else:
            _refuse_protection(name, keywords)
            _refuse_without_effect(name)
            if not value.strip():
                raise _make_empty_error(name, query)
            if name.lower() in PATH_NAMES:
                paths.append(value)
            else:
                settings[name.lower()] = value
    options += [
        format_option(name, value)
        for name, value in settings.items()
        if name not in TIMEOUTS
    ]
    options += [format_option("search_path", path) for path in paths]
    if options:
        kept.append("options=" + quote(" ".join(options), safe=""))
    return UrlQuery(text="?" + "&".join(kept) if kept else "", server_settings=settings)


def _refuse_protection(name: str, keywords: Iterable[str]) -> None:
    """Refuse a name that looks like a parameter of libpq that protects.

    A name with a dot is a setting of an extension or of the project.
    """
    protecting = [each for each in keywords if _PROTECTION.match(each)]
    is_like = _PROTECTION.search(name) or get_close_matches(
        name.lower(), protecting, n=1, cutoff=0.8
    )
    if not is_like or "." in name or name.lower() in _HARMLESS:
        return
    shown = repr(name) if _PLAIN_NAME.fullmatch(name) else "of that name"
    raise InvalidUrl(
        problem=f"The URL has a parameter that libpq does not know: {shown}."
        " It looks like one that protects the connection, so it was not sent.",
        advice=f"{suggest_nearest(name, keywords)}Correct its name, or leave it out.",
    )


def _refuse_without_effect(name: str) -> None:
    if name.lower() in RUN_VALUES:
        raise InvalidUrl(
            problem=f"The URL sets {name}, which every run of files sets itself.",
            advice="Leave it out.",
        )
    if name.lower().startswith("transaction_"):
        raise InvalidUrl(
            problem=f"The URL sets {name}, which holds for one transaction only.",
            advice=f"Set default_{name.lower()} instead, or leave it out.",
        )


def _make_empty_error(name: str, query: str) -> InvalidUrl:
    """Return the error for a setting without a value.  Beside a password its name may be
    a piece of that, after an ``&`` that is not percent-encoded."""
    shown = "a parameter" if "pass" in query.lower() else name
    return InvalidUrl(
        problem=f"The URL gives {shown} no value.",
        advice="Give it one, or leave it out. A variable in the URL may be empty.",
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
