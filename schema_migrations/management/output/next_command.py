"""The command to run next, on the database and directory of this one.

Invariant: no secret is put on a command line.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from schema_migrations.engines.registry import engine_for_url
from schema_migrations.errors import ConfigError
from schema_migrations.history.secret_names import (
    has_secret_assignment,
    is_secret_parameter,
)
from schema_migrations.history.secrets import mask_secrets
from schema_migrations.workflows.targets.connection import URL_VARIABLE

REPEATED_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "schemaadopt": ("revisions_schema",),
    "schemaapply": ("revisions_schema", "exec_order"),
    "schemaset": ("revisions_schema",),
    "schemastatus": ("revisions_schema", "exec_order"),
}
"""Command with a target → the options that it takes besides ``--url``."""

READ_ONLY_FLAGS = ("--check", "--dry-run")

ANY_URL = "URL"
"""Stands for the URL of one of many targets: the reader says which."""


def format_command(command: str, given: Mapping[str, Any]) -> str:
    """Return a command that works on what the ``given`` options name.

    A URL with a secret is left to the variable: what is shown fails until it is set, and
    never works on another database.  A URL from the variable is found there again.
    """
    url = _find_url(command, given)
    hidden = url is not None and url != ANY_URL and _has_secret(url)
    options = _repeat_options(command, given, None if hidden else url)
    variable = f"{URL_VARIABLE}=... " if hidden else ""
    return f"{variable}{' '.join(('python manage.py', command, *options))}"


def format_command_line(
    arguments: Sequence[str], answers: Iterable[tuple[str, str]] = ()
) -> str:
    """Return the same command line again, with (option, value) answers at its end.

    An option without a value is a flag.  A URL with a secret is left out.
    """
    given = [answer for pair in answers for answer in pair if answer]
    words = [_quote_or_hide(text) for text in (*arguments, *given)]
    return " ".join(("python manage.py", *words))


def format_without_flags(
    arguments: Sequence[str], flags: Sequence[str], options: Sequence[str] = ()
) -> str:
    """Return the same command line without some flags: what it only looked at, done.

    It is without some ``options`` and their values, too.

    ``arguments`` are empty if the command was called from Python.
    """
    if not arguments:
        return f"run the same command without {' or '.join(flags)}"
    return format_command_line(tuple(_leave_out(arguments, flags, options)))


def _leave_out(
    arguments: Sequence[str], flags: Sequence[str], options: Sequence[str]
) -> Iterator[str]:
    rest = iter(arguments)
    for argument in rest:
        name, has_value, _ = argument.partition("=")
        if _is_one_of(name, options):
            if not has_value:
                next(rest, None)
        elif not _is_one_of(argument, flags):
            yield argument


def _is_one_of(argument: str, flags: Sequence[str]) -> bool:
    """Return whether an argument is a flag, also one that is cut short."""
    return len(argument) > len("--") and any(
        flag.startswith(argument) for flag in flags
    )


def _quote_or_hide(argument: str) -> str:
    option, equals, value = (
        argument.partition("=") if argument.startswith("--") else ("", "", argument)
    )
    if mask_secrets(argument) == argument and not _may_have_secret(value):
        return shlex.quote(argument)
    return f"{option}{equals}..."


def _may_have_secret(url: str) -> bool:
    try:
        return _has_secret(url)
    except ConfigError:  # docker://…, or no URL at all
        return "://" in url and "@" in url


def _find_url(command: str, given: Mapping[str, Any]) -> str | None:
    """Return the only URL on the command line, for a command that takes one."""
    url = given.get("url") if command.split()[0] in REPEATED_OPTIONS else None
    return url if isinstance(url, str) else next(iter(url or ()), None)


def _repeat_options(
    command: str, given: Mapping[str, Any], url: str | None
) -> Iterator[str]:
    names = REPEATED_OPTIONS.get(command.split()[0], ())
    values = {name: given.get(name) for name in ("database", "dir", *names)}
    for name, value in (values | {"url": url}).items():
        option = f"--{name.replace('_', '-')}"
        is_default = value is None or (name, value) == ("database", DEFAULT_DB_ALIAS)
        if not is_default and option not in command.split():
            yield f"{option} {shlex.quote(str(value))}"


def _has_secret(url: str) -> bool:
    settings = engine_for_url(url).addresses.settings_from_url(url, {})
    nested = [each for each in settings.values() if isinstance(each, Mapping)]
    return any(
        (value and is_secret_parameter(name)) or has_secret_assignment(str(value))
        for parameters in (settings, *nested)
        for name, value in parameters.items()
        if not isinstance(value, Mapping)
    )
