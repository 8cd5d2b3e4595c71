"""``schemaapply`` on many targets."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schema_migrations.conf import parse_duration
from schema_migrations.errors import WrongUsage
from schema_migrations.management.commands._target_options import urls_of
from schema_migrations.management.output.lines import format_count, shorten_path
from schema_migrations.management.output.many_targets import (
    FORMATS,
    TARGET_FORMATS,
    EndedTarget,
    EndedTargets,
)
from schema_migrations.workflows.applying.fan_out import TargetResult, Work, fan_out
from schema_migrations.workflows.targets.addresses import (
    Address,
    parse_target_names,
    query_target_names,
    resolve_addresses,
)

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from schema_migrations.management.commands._base import Options, SchemaCommand

DEFAULT_JOBS = 4


def parse_positive_integer(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive integer")
    return int(text)


def add_many_targets_options(parser: CommandParser) -> None:
    named = parser.add_mutually_exclusive_group()
    named.add_argument(
        "--targets",
        metavar="FILE",
        help="many targets, one per line: URLs, or names as set by --targets-are;"
        " - reads standard input",
    )
    named.add_argument(
        "--targets-sql",
        metavar="SELECT",
        help="many targets, one per row, queried on the database of the alias or --url",
    )
    parser.add_argument(
        "--targets-are",
        choices=("schemas", "databases"),
        help="whether the names in the list are schemas or databases of the server that the"
        " alias or --url names (default: schemas)",
    )
    parser.add_argument(
        "--jobs",
        type=parse_positive_integer,
        default=DEFAULT_JOBS,
        metavar="N",
        help="number of targets at a time (default: %(default)s)",
    )
    parser.add_argument(
        "--on-failure",
        choices=("stop", "continue"),
        default="stop",
        help="whether to start other targets after one failed (default: %(default)s)",
    )


def has_many_targets(options: Options) -> bool:
    return bool(
        options["targets"] or options["targets_sql"] or len(urls_of(options)) > 1
    )


def read_addresses(options: Options) -> tuple[Address, ...]:
    """Return the targets that the options name; raise ``ConfigError``."""
    urls = urls_of(options)
    kind: Any = (options["targets_are"] or "schemas").removesuffix("s")
    if not (options["targets"] or options["targets_sql"]):
        return resolve_addresses(urls, kind=kind, url=None)
    if len(urls) > 1:
        raise WrongUsage(
            problem="Several --url are given together with a list of targets.",
            advice="Put the URLs into the list, or give one --url for its names.",
        )
    url = next(iter(urls), None)
    if options["targets_sql"]:
        names = query_target_names(
            options["database"],
            url,
            options["targets_sql"],
            wait=parse_duration(options["wait"]),
        )
    else:
        names = parse_target_names(_read_targets_text(options["targets"]))
    return resolve_addresses(names, kind=kind, url=url)


def _read_targets_text(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise WrongUsage(
            problem=f"--targets {path}: {reason}",
            advice="Give a text file with one target per line.",
        ) from error


def run_on_targets(command: SchemaCommand, options: Options, work: Work) -> int:
    """Do the work on every target and print the results; return the exit code."""
    targets = read_addresses(options)
    at_once = min(options["jobs"], len(targets))
    command.say(
        f"Targets  {format_count(len(targets), 'target')}, {at_once} at a time;"
        f" {format_count(len(work.directory.files), 'file')} in {shorten_path(Path(work.directory.path))}"
    )
    started_at, results = time.monotonic(), list[TargetResult]()

    def show_target(result: TargetResult) -> None:
        results.append(result)
        ended = EndedTarget(
            result=result,
            number=len(results),
            total=len(targets),
            read_only=work.read_only,
        )
        command.show(ended, TARGET_FORMATS)

    not_started = fan_out(
        work,
        targets,
        jobs=options["jobs"],
        on_failure=options["on_failure"],
        on_result=show_target,
    )
    ended = EndedTargets(
        results=results,
        not_started=not_started,
        read_only=work.read_only,
        seconds=time.monotonic() - started_at,
    )
    command.show(ended, FORMATS)
    return choose_exit_code(results, check=options["check"])


def choose_exit_code(results: Sequence[TargetResult], *, check: bool) -> int:
    """Return the most serious exit code; 5 only if a retry may cure every failure."""
    codes = {each.error.exit_code for each in results if each.error is not None}
    for code in (4, 3, 2, 1):
        if code in codes:
            return code
    if codes:
        return max(codes)
    return int(check and any(each.pending_count for each in results))
