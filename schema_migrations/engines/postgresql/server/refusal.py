"""Tell what a refused connection means: settings to correct, or a server to wait for.

A refused connection has no SQLSTATE, only libpq's text, of which the server's part is in
the server's language: https://github.com/psycopg/psycopg/issues/1188.  libpq would add the
SQLSTATE (``PQsetErrorVerbosity``), but psycopg does not offer that, and to ask again would
try a refused password twice.  Invariant: what is not recognized may be tried again, and no
message contains a password.

Known limit: where the server does not speak English, a limit on the connections of one
role or database (53300) looks like a refusal of that role or database.  libpq makes no
result of a refusal (``PQresultErrorField``), its message holds no code in any language,
and ``lc_messages`` is not for an ordinary role to set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from schema_migrations.engines.postgresql.server.entry import ASKED_SETTINGS
from schema_migrations.engines.postgresql.server.url_query import read_options
from schema_migrations.errors import (
    ConnectionRefused,
    ServerUnreachable,
    TargetUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg.pq.abc import PGconn

    from schema_migrations.engines.connection import Connection

# As text, which Python compiles when it is first used: nearly every connection is accepted.
_SERVER_PART = r":  (.*)"
"""What the server said: libpq puts two spaces after its severity, in any language."""

_OPTIONS_REFUSED = "unsupported startup parameter: options"
"""What PgBouncer says, in English only."""

_TEMPORARY = (
    r"too many (connections|clients)|database system is|remaining connection slots"
)
"""English words of a server that is busy or starting, which may also name a role."""

_WRONG_SETTINGS = (
    r"authentication failed|parameter|command-line|certificate|does not support SSL"
    r"|definition of service|invalid \w+ (value|number)|does not exist"
    r"|no password supplied|no pg_hba.conf entry|not permitted to log in"
    r"|permission denied"
)
"""English words of refusals by the server or by libpq.  They matter where no name tells:
psycopg before 3.3 gives none after several attempts (a host with two addresses)."""


_QUOTED = r"(?:«\s{0}\s»|(?<=[^\w\s.,:;()/-]){0}(?=[^\w\s.,:;()/-]))"
"""A name within the quotation marks of any language, or what stands for them in another
encoding: without them the name of a setting is a word (``role``)."""

_NAMED_BY_VALUE = ("role", "session_authorization")
"""Settings of which the server names only the value, which is a role."""


TIMEOUT_EXPLANATION = (
    "statement_timeout of the role, of the database or in options; a number without a"
    " unit is milliseconds"
)


def find_driver_error(exception: BaseException | None) -> psycopg.Error | None:
    """Return the psycopg exception that another exception wraps, or is."""
    while exception is not None and not isinstance(exception, psycopg.Error):
        exception = exception.__cause__
    return exception


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRequest:
    """What a connection was asked for that the server may refuse."""

    user: str
    database: str
    settings: Mapping[str, str]


def read_attempt(attempt: PGconn) -> ConnectionRequest:
    """Return what an attempt of psycopg asked for."""
    return ConnectionRequest(
        user=_decode(attempt.user),
        database=_decode(attempt.db),
        settings=read_options(_decode(attempt.options)),
    )


def _read_settings(settings: Mapping[str, Any]) -> ConnectionRequest:
    """Return what the settings of a connection ask for."""
    options = settings.get("OPTIONS") or {}
    return ConnectionRequest(
        user=settings.get("USER") or "",
        database=settings.get("NAME") or "",
        settings=read_options(str(options.get("options") or "")),
    )


def is_final_refusal(
    error: psycopg.Error, settings: Mapping[str, Any] = MappingProxyType({})
) -> bool:
    """Return whether the connection was refused for its settings: a retry would not help.

    In any language the server names the role, the database or the setting that it does
    not accept.  ``settings`` are those of the connection: where psycopg tells no names.
    """
    text, attempt = str(error), error.pgconn
    if attempt is not None and attempt.needs_password:
        return True
    if re.search(_TEMPORARY, text):
        return False
    asked = _read_settings(settings) if attempt is None else read_attempt(attempt)
    return bool(
        re.search(_WRONG_SETTINGS, text) or find_refused_setting(text, asked)
    ) or any(
        _is_named(name, said)
        for said in re.findall(_SERVER_PART, text)
        for name in (asked.user, asked.database)
    )


def find_refused_setting(text: str, asked: ConnectionRequest) -> str:
    """Return the name of the asked setting that a refusal names; empty: none."""
    refusals = re.findall(_SERVER_PART, text)
    for name, value in asked.settings.items():
        word = name
        if name in _NAMED_BY_VALUE:
            word = "" if value in (asked.user, asked.database) else value
        pattern = re.compile(_QUOTED.format(_pattern_of(word)), re.IGNORECASE)
        if word and any(pattern.search(said) for said in refusals):
            return name
    return ""


def is_about_database(error: BaseException) -> bool:
    """Return whether the refusal is about the database: another may be accepted.

    A refused password must not count: more attempts might lock the account.  So where
    role and database have one name, only the English message tells.  libpq itself tries
    again without encryption, and that the server refuses this may be about the database:
    each refusal must be.
    """
    refusal = find_driver_error(error)
    if refusal is None:
        return False
    refusals, attempt = re.findall(_SERVER_PART, str(refusal)), refusal.pgconn
    if attempt is None:
        pattern = r'database(: | ")'
    elif attempt.db == attempt.user:
        pattern = rf'database:? "?{_pattern_of(_decode(attempt.db))}(?!\w)'
    else:
        pattern = rf"(?<!\w){_pattern_of(_decode(attempt.db))}(?!\w)"
    return bool(refusals) and all(re.search(pattern, said) for said in refusals)


def _is_named(name: str, said: str) -> bool:
    return bool(name and re.search(rf"(?<!\w){_pattern_of(name)}(?!\w)", said))


def _pattern_of(name: str) -> str:
    """Return a pattern of a name; another encoding may have spelled it with ``?``."""
    return re.sub(r"[^\x00-\x7f]", ".{1,4}", re.escape(name))


def _decode(name: bytes) -> str:
    return name.decode(errors="replace")


@contextmanager
def translate_refusals(connection: Connection, *, target: str = "") -> Iterator[None]:
    """Raise ``ConfigError`` or ``Unreachable`` for a connection that cannot be opened.

    ``target`` is the masked URL of a target; empty: the server is not one.
    """
    try:
        yield
    except ImproperlyConfigured as problem:
        raise ConnectionRefused(problem=str(problem)) from None
    except Error as problem:
        raise _make_refusal_error(problem, connection.settings_dict, target) from (
            None if target else problem
        )


def _make_refusal_error(
    problem: Error, settings: Mapping[str, Any], target: str
) -> ConnectionRefused | ServerUnreachable | TargetUnreachable:
    refusal = find_driver_error(problem)
    message = _join_causes(str(problem))
    options = settings.get("OPTIONS") or {}
    for secret in filter(None, (settings.get("PASSWORD"), options.get("password"))):
        message = message.replace(str(secret), "***")
    start, advice = "The server cannot be used", ""
    if isinstance(refusal, psycopg.OperationalError):
        advice = "Check the user, password and database in the URL or in DATABASES."
        if isinstance(refusal, psycopg.errors.QueryCanceled):
            message += f" ({TIMEOUT_EXPLANATION})"
        if not is_final_refusal(refusal, settings):
            if target:
                return TargetUnreachable(target=target, reason=message)
            return ServerUnreachable(reason=message)
        start, asked = "The server refused the connection", _read_settings(settings)
        if _OPTIONS_REFUSED in message:
            advice = _make_pooler_advice(tuple(asked.settings))
        elif name := find_refused_setting(str(refusal), asked):
            advice = _make_setting_advice(
                name, is_in_url=name in (settings.get(ASKED_SETTINGS) or {})
            )
    return ConnectionRefused(problem=f"{target or start}: {message}", advice=advice)


def _make_pooler_advice(names: Sequence[str]) -> str:
    asked = f" ({', '.join(names)})" if names else ""
    name = names[0] if len(names) == 1 else "NAME"
    return (
        f"A pooler takes no options{asked}. Give the server's own address, or let the"
        f" role have them: ALTER ROLE ... IN DATABASE ... SET {name} = VALUE."
    )


def _make_setting_advice(name: str, *, is_in_url: bool) -> str:
    if not is_in_url:
        return f"Correct {name} in the options of the URL or of DATABASES."
    return (
        f"Correct {name} in the URL, or leave it out: it is no parameter of libpq, so it"
        " was sent to the server as a setting of the session."
    )


def _join_causes(message: str) -> str:
    """Return libpq's message as one line, each cause once."""
    lines = [" ".join(line.split()) for line in message.splitlines()]
    return "; ".join(dict.fromkeys(filter(None, lines)))
