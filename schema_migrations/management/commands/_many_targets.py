"""``schemaapply`` on many targets."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schema_migrations.durations import parse_duration
from schema_migrations.errors import WrongUsage
from schema_migrations.management.commands._shard_option import choose_shard
from schema_migrations.management.commands._target_options import urls_of
from schema_migrations.management.output.lines import format_count, shorten_path
from schema_migrations.workflows.targets.addresses import (
    Address,
    parse_target_names,
    query_target_names,
    resolve_addresses,
)
from schema_migrations.workflows.targets.shards import Shard, select_shard

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from schema_migrations.management.commands._base import Options, SchemaCommand
    from schema_migrations.workflows.applying.target_work import TargetResult, Work

DEFAULT_JOBS = 4


def parse_positive_integer(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive integer")
    return int(text)


def add_many_targets_options(parser: CommandParser, *, can_stop: bool) -> None:
    """Add the options that name targets; ``can_stop``: a failure may end the run."""
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
        "--shard",
        metavar="K/N",
        help="only part K of N of the targets, by a hash of the name; auto: in a GitLab"
        " job with parallel; auto/N: in an Indexed Job of Kubernetes",
    )
    parser.add_argument(
        "--jobs",
        type=parse_positive_integer,
        default=DEFAULT_JOBS,
        metavar="N",
        help="number of targets at a time (default: %(default)s)",
    )
    if not can_stop:
        return
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTargets:
    """The targets that options name, and the list that they are taken from."""

    addresses: tuple[Address, ...]
    listed: int
    """Number of targets in the whole list."""
    shard: Shard | None

    def __str__(self) -> str:
        count = format_count(len(self.addresses), "target")
        if self.shard is None:
            return count
        return f"{count} of {self.listed}: shard {self.shard}"


def choose_targets(options: Options) -> ChosenTargets:
    """Return the targets that the options name; raise ``ConfigError``."""
    # First: a list may take long.
    shard = choose_shard(options["shard"], os.environ) if options["shard"] else None
    addresses = _read_addresses(options)
    return ChosenTargets(
        addresses=select_shard(addresses, shard) if shard else addresses,
        listed=len(addresses),
        shard=shard,
    )


def _read_addresses(options: Options) -> tuple[Address, ...]:
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
    # Not imported above: a run on one target starts no workers.
    from schema_migrations.management.output.many_targets import (
        FORMATS,
        TARGET_FORMATS,
        EndedTarget,
        EndedTargets,
    )
    from schema_migrations.workflows.applying.fan_out import fan_out

    chosen = choose_targets(options)
    targets = chosen.addresses
    say_targets(command, chosen, options, work)
    results: list[TargetResult] = []
    started_at = time.monotonic()

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


def say_targets(
    command: SchemaCommand, chosen: ChosenTargets, options: Options, work: Work
) -> None:
    """Say how many targets there are, and which directory they are compared with."""
    at_once = min(options["jobs"], len(chosen.addresses))
    files = format_count(len(work.directory.files), "file")
    command.say(
        f"Targets  {chosen}, {at_once} at a time;"
        f" {files} in {shorten_path(Path(work.directory.path))}"
    )


def choose_exit_code(results: Sequence[TargetResult], *, check: bool) -> int:
    """Return the most serious exit code; 5 only if a retry may cure every failure."""
    codes = {each.error.exit_code for each in results if each.error is not None}
    for code in (4, 3, 2, 1):
        if code in codes:
            return code
    if codes:
        return max(codes)
    return int(check and any(each.pending_count for each in results))
