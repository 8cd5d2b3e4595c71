"""Options of the commands that work on a target, and durations on the command line.

Invariant: an option that is not given leaves the word to ``SCHEMA_MIGRATIONS``.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from schema_migrations.conf import EXEC_ORDERS, parse_duration
from schema_migrations.errors import ConfigError
from schema_migrations.workflows.targets.connection import URL_VARIABLE

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from schema_migrations.management.commands._base import Options


def parse_duration_option(text: str) -> float:
    """Read ``30``, ``500ms``, ``5s`` or ``2min`` as seconds."""
    try:
        return parse_duration(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a duration; write 30, 500ms, 5s or 2min"
        ) from None


def add_target_options(parser: CommandParser) -> None:
    parser.add_argument(
        "--url",
        action="append",
        help=f"the target database, instead of the alias's own; better in {URL_VARIABLE},"
        " where no process list shows it",
    )
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=parse_duration_option,
        default=0.0,
        help="how long to wait for the database to answer (default: not at all)",
    )
    parser.add_argument(
        "--revisions-schema",
        metavar="NAME",
        help="schema of the table atlas_schema_revisions",
    )


def add_exec_order_option(parser: CommandParser) -> None:
    parser.add_argument(
        "--exec-order",
        choices=EXEC_ORDERS,
        help="what to do with files older than those applied last",
    )


ALIAS_ITSELF = "alias_itself"
"""Option for ``call_command`` only: the target is what ``DATABASES`` says, whatever the
environment names.  A test database is made by a program that knows of no URL."""


def urls_of(options: Options) -> tuple[str, ...]:
    """Return the URLs that are given, else the one in the environment."""
    if options.get(ALIAS_ITSELF):
        return ()
    given = options["url"] or os.environ.get(URL_VARIABLE) or ()
    return (given,) if isinstance(given, str) else tuple(given)


def url_of(options: Options) -> str | None:
    """Return the URL of a command that works on one target."""
    urls = urls_of(options)
    if len(urls) > 1:
        raise ConfigError(
            "This command works on one target, and several --url are given.",
            hint="Run it once for each of them.",
        )
    return next(iter(urls), None)
