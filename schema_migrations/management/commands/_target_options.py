"""Options of the commands that work on a target, and durations on the command line.

Invariant: ``SCHEMA_MIGRATIONS`` decides where an option is not given.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from schema_migrations.conf import EXEC_ORDERS
from schema_migrations.durations import parse_duration
from schema_migrations.errors import WrongUsage
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
        help="the target; it need not be in DATABASES; better set it in"
        f" {URL_VARIABLE}, which no process list shows",
    )
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=parse_duration_option,
        default=0.0,
        help="how long to wait for the database to answer; a wrong password or a"
        " missing database fails at once (default: not at all)",
    )
    parser.add_argument(
        "--revisions-schema",
        metavar="NAME",
        help="schema of the table atlas_schema_revisions (default: the setting REVISIONS_SCHEMA)",
    )


def add_exec_order_option(parser: CommandParser) -> None:
    parser.add_argument(
        "--exec-order",
        choices=EXEC_ORDERS,
        help="pending files older than the last applied one: linear refuses them,"
        " linear-skip skips them, non-linear runs them (default: the setting EXEC_ORDER)",
    )


ALIAS_ITSELF = "alias_itself"
"""Option for ``call_command`` only: the target is the one in ``DATABASES``, whatever the
environment says.  Programs that create test databases know no URL."""


def urls_of(options: Options) -> tuple[str, ...]:
    """Return the URLs of the options, else the one in the environment."""
    if options.get(ALIAS_ITSELF):
        return ()
    urls = options["url"] or os.environ.get(URL_VARIABLE) or ()
    return (urls,) if isinstance(urls, str) else tuple(urls)


def url_of(options: Options) -> str | None:
    """Return the URL for a command with one target; raise ``ConfigError`` for several."""
    urls = urls_of(options)
    if len(urls) > 1:
        raise WrongUsage(
            problem="This command works on one target, but several --url are given.",
            advice="Run it once for each URL.",
        )
    return next(iter(urls), None)
