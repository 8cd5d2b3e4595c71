"""``schemastatus`` on many targets, and on reports of their shards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from schema_migrations.errors import WrongUsage
from schema_migrations.management.commands._many_targets import (
    choose_targets,
    say_targets,
)
from schema_migrations.management.output.merged_statuses import (
    find_report_warnings,
    merge_statuses,
    statuses_from_json,
)
from schema_migrations.management.output.target_statuses import (
    FORMATS,
    TargetStatuses,
    TargetStatusJson,
    status_of_result,
)
from schema_migrations.workflows.applying.fan_out import fan_out
from schema_migrations.workflows.applying.target_work import TargetResult, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_migrations.history.standing import Verdict
    from schema_migrations.management.commands._base import Options, SchemaCommand

SERIOUS_CODES = (4, 3, 2, 1)
"""Exit codes in the order in which one stands for many targets."""


def show_statuses(
    command: SchemaCommand,
    options: Options,
    work: Work,
    exit_code_of: Callable[[Verdict], int],
) -> int:
    """Look at every target and show where they stand; return the exit code."""
    chosen = choose_targets(options)
    say_targets(command, chosen, options, work)
    targets: list[TargetStatusJson] = []
    total = len(chosen.addresses)

    def add_target(result: TargetResult) -> None:
        standing = result.standing
        code = exit_code_of(standing.verdict) if standing else 0
        targets.append(status_of_result(result, code))
        command.show_progress(f"[{len(targets)}/{total}] {result.address.label}")

    fan_out(
        work,
        chosen.addresses,
        jobs=options["jobs"],
        on_failure="continue",
        on_result=add_target,
    )
    command.hide_progress()
    report = TargetStatuses(
        shards=(chosen.shard,) if chosen.shard else (),
        listed=chosen.listed,
        directory=work.directory.computed_sums.total_hash,
        targets=targets,
    )
    command.show(report, FORMATS)
    return choose_exit_code(report, check=options["check"])


def show_merged_statuses(command: SchemaCommand, options: Options) -> int:
    """Show the reports of ``--merge`` as one; return the exit code."""
    reports = [
        (name, statuses_from_json(name, _read_report(name)))
        for name in options["merge"]
    ]
    merged = merge_statuses(reports)
    for doubt in find_report_warnings(reports, merged):
        command.warn(doubt)
    command.show(merged, FORMATS)
    code = choose_exit_code(merged, check=options["check"])
    return code or int(bool(options["check"] and merged.missing_shards))


def choose_exit_code(report: TargetStatuses, *, check: bool) -> int:
    """Return the most serious exit code; 5 only if a retry may cure every failure.

    Without ``check`` only targets that could not be asked count.
    """
    codes = {
        target["exit_code"]
        for target in report.targets
        if check or target["status"] == "unreadable"
    }
    for code in SERIOUS_CODES:
        if code in codes:
            return code
    return max(codes, default=0)


def _read_report(name: str) -> str:
    try:
        return Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise WrongUsage(
            problem=f"--merge {name}: {reason}",
            advice="Give the files that schemastatus --format json --output wrote.",
        ) from error
