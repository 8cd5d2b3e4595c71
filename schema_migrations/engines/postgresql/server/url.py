"""Convert connection strings into entries of ``DATABASES``, by libpq's own parser.

Invariant: no error and no result of ``format_masked_url`` contains a password.  libpq's
messages quote the whole string, so they are never passed on unchanged.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from schema_migrations.engines.postgresql.quote import quote as quote_name
from schema_migrations.engines.postgresql.server.entry import ASKED_SETTINGS, BACKEND
from schema_migrations.engines.postgresql.server.url_query import (
    format_option,
    read_keywords,
    read_options,
    sort_parameters,
)
from schema_migrations.errors import InvalidUrl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.engines.connection import DatabaseSettings

SCHEMES = (
    "postgres",
    "postgresql",
    "psql",
    "pgsql",
    "postgis",
    "timescale",
    "timescaledb",
    "postgresql+psycopg",
    "postgresql+psycopg2",
    "postgres+psycopg",
    "postgresql+asyncpg",
)

ESCAPING_HINT = "A special character in the password must be percent-encoded: %40 for @, %2F for /, %3A for :, %23 for #, %3F for ?."

OVERRIDDEN_OPTIONS = frozenset({"pool", "dbname", "user", "password", "host", "port"})
"""Keys of ``OPTIONS`` that conflict with the URL, and a pool, which keeps connections open."""


def settings_from_url(url: str, base: Mapping[str, Any]) -> DatabaseSettings:
    """Return the settings of the database that ``url`` names.

    ``base`` gives the backend and the options that are not connection parameters; it is
    empty when the alias belongs to another engine.  Raises ``ConfigError``.
    """
    parameters = _parse_parameters(url)
    keywords = read_keywords()
    overridden = OVERRIDDEN_OPTIONS
    if "role" in read_options(parameters.get("options", "")):
        overridden |= {"assume_role"}  # Django would SET the other one over it
    options = {
        name: value
        for name, value in base.get("OPTIONS", {}).items()
        if name not in keywords and name not in overridden
    }
    name = parameters.pop("dbname", "")
    if not name and "service" not in parameters:
        name = _find_default_name(parameters)
    return {
        **base,
        "ENGINE": base.get("ENGINE") or BACKEND,
        "NAME": name,
        "USER": parameters.pop("user", ""),
        "PASSWORD": parameters.pop("password", ""),
        "HOST": parameters.pop("host", ""),
        "PORT": parameters.pop("port", ""),
        "OPTIONS": {**options, **parameters},
        ASKED_SETTINGS: _find_asked_settings(url),
    }


def _find_asked_settings(url: str) -> dict[str, str]:
    if "://" not in url:
        return {}
    return dict(sort_parameters(url.strip().partition("?")[2]).server_settings)


def _find_default_name(parameters: Mapping[str, str]) -> str:
    """Return the name that libpq uses by default; Django requires one."""
    candidates = (
        os.environ.get("PGDATABASE"),
        parameters.get("user"),
        os.environ.get("PGUSER"),
    )
    name = next(filter(None, candidates), "")
    if not name:
        raise InvalidUrl(
            problem="The URL names no database.",
            advice="Write postgres://user@host:5432/NAME.",
        )
    return name


def _parse_parameters(url: str) -> dict[str, str]:
    """Return libpq's parameters; settings of the server are moved into ``options``."""
    normal = _normalize_url(url)
    try:
        parsed = conninfo_to_dict(normal)
    except psycopg.ProgrammingError as error:
        raise InvalidUrl(
            problem="The database URL cannot be parsed"
            f"{_explain_parse_error(str(error))}.",
            advice=ESCAPING_HINT,
        ) from None  # the cause quotes the URL
    parameters = {name: str(value) for name, value in parsed.items() if value}
    _refuse_odd_host(parameters)
    return parameters


def _normalize_url(url: str) -> str:
    """Return a string that libpq can read: its own scheme and parameter names."""
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        return url  # keywords: host=… dbname=…
    if scheme.lower() not in SCHEMES:
        raise InvalidUrl(
            problem=f"{_format_scheme(scheme)} is not a PostgreSQL URL scheme.",
            advice=f"Known schemes: {', '.join(SCHEMES)}.",
        )
    _refuse_unescaped(rest)
    address, _, query = rest.partition("?")
    return f"postgresql://{address}{sort_parameters(query).text}"


def with_namespace(settings: DatabaseSettings, namespace: str) -> DatabaseSettings:
    """Return settings whose ``search_path`` begins with a namespace.

    The old path follows: types and functions of extensions are found there (``public``).
    PostgreSQL skips a namespace that does not exist, so check before writing.
    """
    options = settings.get("OPTIONS") or {}
    given = options.get("options", "")
    path = f"{quote_name(namespace)},{_read_search_path(given) or 'public'}"
    extended = f"{given} {format_option('search_path', path)}".strip()
    return {**settings, "OPTIONS": {**options, "options": extended}}


def _read_search_path(options: str) -> str:
    """Return the last ``search_path`` that ``options`` set; empty: none."""
    return read_options(options).get("search_path", "")


def read_first_schema(settings: Mapping[str, Any]) -> str:
    """Return the first name in the search path of settings, as written there, quotes
    included; empty: none, or none that names a schema of the database."""
    path = _read_search_path((settings.get("OPTIONS") or {}).get("options", ""))
    quoted = re.match(r'\s*"(?:[^"]|"")*"', path)
    name = quoted[0].strip() if quoted else path.partition(",")[0].strip()
    return "" if name.strip('"') in ("$user", "pg_temp", "pg_catalog") else name


def _refuse_unescaped(rest: str) -> None:
    """Refuse a raw ``/``, ``?`` or ``@`` in a password: libpq would read a wrong host."""
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    beyond = rest[len(authority) :]
    path = beyond.partition("?")[0]
    if "@" in path or ("@" in beyond and ":" in authority and "@" not in authority):
        raise InvalidUrl(
            problem="The URL has an @ after the host.", advice=ESCAPING_HINT
        )
    if authority.count("@") > 1:
        raise InvalidUrl(problem="The URL has more than one @.", advice=ESCAPING_HINT)


def _refuse_odd_host(parameters: Mapping[str, str]) -> None:
    if "@" in parameters.get("host", ""):
        raise InvalidUrl(
            problem="The host in the URL contains an @.", advice=ESCAPING_HINT
        )
    ports = parameters.get("port", "").split(",")
    if not all(port.isdecimal() or port == "" for port in ports):
        # The value is not shown: it is more often a piece of the password than a port.
        raise InvalidUrl(
            problem="The port in the URL is not a number.", advice=ESCAPING_HINT
        )


def _explain_parse_error(message: str) -> str:
    """Return the part of libpq's message that cannot contain a password."""
    match = re.fullmatch(r'invalid URI query parameter: "([A-Za-z_]+)"\s*', message)
    return f": libpq has no parameter {match[1]!r}" if match else ""


def _format_scheme(scheme: str) -> str:
    return repr(scheme) if re.fullmatch(r"[\w+.-]{1,30}", scheme) else "This"


def format_masked_url(settings: Mapping[str, Any]) -> str:
    """Return the URL of a database for display, with the password as ``***``."""
    options = settings.get("OPTIONS") or {}
    user = quote(str(settings.get("USER") or ""), safe="")
    secret = ":***" if settings.get("PASSWORD") else ""
    host = str(settings.get("HOST") or "")
    query = {"service": str(options["service"])} if options.get("service") else {}
    if host.startswith(("/", "@")):
        query, host = {"host": host, **query}, ""
    if path := _read_search_path(options.get("options", "")):
        query["search_path"] = path
    hosts = _format_hosts(host, str(settings.get("PORT") or ""))
    account = f"{user}{secret}@" if user or secret else ""
    name = quote(str(settings.get("NAME") or ""), safe="")
    tail = "?" + urlencode(query, safe="/,") if query else ""
    return f"postgresql://{account}{hosts}/{name}{tail}"


def _format_hosts(host: str, port: str) -> str:
    hosts, ports = host.split(","), port.split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return ",".join(
        (f"[{h}]" if ":" in h else h) + (f":{p}" if p else "")
        for h, p in zip(hosts, ports, strict=False)
    )
