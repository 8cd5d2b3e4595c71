"""``schemaapply`` on many targets: options and output.

Invariant: standard output has a line for every target that was changed or failed, and a
summary that counts all of them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schema_migrations.conf import parse_duration
from schema_migrations.errors import WrongUsage
from schema_migrations.management.commands._apply_output import (
    format_count,
    format_duration,
    run_as_json,
)
from schema_migrations.management.commands._target_options import urls_of
from schema_migrations.management.hints import message_of, text_of
from schema_migrations.workflows.applying.events import FileDone, Warned
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
        default="schemas",
        help="what names of targets mean, on the server of the alias or --url"
        " (default: %(default)s)",
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
    kind: Any = options["targets_are"].removesuffix("s")
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
        raise WrongUsage(
            problem=f"--targets {path}: {error}",
            advice="Give a text file with one target per line.",
        ) from error


def run_on_targets(command: SchemaCommand, options: Options, work: Work) -> int:
    """Do the work on every target and print the results; return the exit code."""
    targets = read_addresses(options)
    at_once = min(options["jobs"], len(targets))
    command.say(
        f"Targets  {format_count(len(targets), 'target')}, {at_once} at a time;"
        f" {format_count(len(work.directory.files), 'file')} in {work.directory.path}"
    )
    started_at, results = time.monotonic(), list[TargetResult]()

    def print_result(result: TargetResult) -> None:
        results.append(result)
        position = f"[{len(results):>{len(str(len(targets)))}}/{len(targets)}]"
        line = f"{position} {result.address.label}  {describe_result(result, read_only=work.read_only)}"
        for event in result.events:
            if isinstance(event, Warned):
                command.warn(f"{result.address.label}: {event.message}")
        if result.error is not None:
            line = command.style.ERROR(line)
        command.log(result_as_log_entry(result))
        command.clear_progress()
        if result.error is None and not has_work(result, read_only=work.read_only):
            command.say(line, level=2)
            command.show_progress(line)
        else:
            command.say(line)

    not_started = fan_out(
        work,
        targets,
        jobs=options["jobs"],
        on_failure=options["on_failure"],
        on_result=print_result,
    )
    command.clear_progress()
    for line in summarize_results(
        results,
        not_started,
        read_only=work.read_only,
        elapsed=time.monotonic() - started_at,
    ):
        command.say(line)
    command.write_json(results_as_json(results, not_started))
    return choose_exit_code(results, check=options["check"])


def describe_result(result: TargetResult, *, read_only: bool) -> str:
    """Return the result of one target in a few words."""
    if result.error is not None:
        return f"failed ({result.error.exit_code}): {message_of(result.error)}"
    if read_only:
        return f"{format_count(result.pending_count, 'file')} pending"
    done = [event for event in result.events if isinstance(event, FileDone)]
    remaining = f"; {result.pending_count} pending" if result.pending_count else ""
    if not done:
        return f"nothing to do{remaining}"
    statements = format_count(sum(event.statements for event in done), "statement")
    return f"{format_count(len(done), 'file')}, {statements}, {format_duration(result.seconds)}{remaining}"


def result_as_log_entry(result: TargetResult) -> dict[str, Any]:
    """Return the last line of the log of a target."""
    outcome = run_as_json(result.events, result.error)
    return {"event": "target_ended", "name": result.address.label, **outcome}


def has_work(result: TargetResult, *, read_only: bool) -> bool:
    if read_only:
        return bool(result.pending_count)
    return any(isinstance(event, FileDone) for event in result.events)


def summarize_results(
    results: Sequence[TargetResult],
    not_started: Sequence[Address],
    *,
    read_only: bool,
    elapsed: float,
) -> list[str]:
    """Return the last lines: how many, which failed, and what to do next."""
    failed = [result for result in results if result.error is not None]
    changed = [
        r for r in results if r.error is None and has_work(r, read_only=read_only)
    ]
    unchanged = len(results) - len(failed) - len(changed)
    word = "have pending files" if read_only else "brought up to date"
    parts = [f"{len(changed)} {word}", f"{unchanged} had nothing to do"]
    parts += [f"{len(failed)} failed"] if failed else []
    parts += [f"{len(not_started)} not started"] if not_started else []
    total = format_count(len(results) + len(not_started), "target")
    lines = [f"Done     {total}: {', '.join(parts)}; {format_duration(elapsed)}"]
    for result in failed:
        assert result.error is not None
        message = text_of(result.error).replace("\n", "\n         ")
        lines.append(f"Failed   {result.address.label}: {message}")
    if failed or not_started:
        lines.append(
            "Next     fix what failed and run the same command again: each target resumes"
            " where it stopped"
        )
    elif read_only and changed:
        lines.append("Next     the same command without --check and --dry-run")
    else:
        lines.append("Next     nothing: every target has all requested files")
    return lines


def results_as_json(
    results: Sequence[TargetResult], not_started: Sequence[Address]
) -> dict[str, Any]:
    """Return the JSON object of each target, in the order they ended."""
    return {
        "targets": [
            {
                name: value
                for name, value in result_as_log_entry(each).items()
                if name != "event"
            }
            for each in results
        ],
        "not_started": [address.label for address in not_started],
    }


def choose_exit_code(results: Sequence[TargetResult], *, check: bool) -> int:
    """Return the most serious exit code; 5 only if a retry may cure every failure."""
    codes = {each.error.exit_code for each in results if each.error is not None}
    for code in (4, 3, 2, 1):
        if code in codes:
            return code
    if codes:
        return max(codes)
    return int(check and any(each.pending_count for each in results))
