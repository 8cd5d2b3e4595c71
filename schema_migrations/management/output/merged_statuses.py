"""Reports of ``schemastatus`` on shards, read from their JSON and merged into one.

Pure.  Invariant: no target is counted twice, and a shard that is missing is named.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from schema_migrations.errors import WrongUsage
from schema_migrations.management.output.target_statuses import (
    TargetStatuses,
    TargetStatusesJson,
)
from schema_migrations.workflows.targets.shards import Shard


def statuses_from_json(name: str, text: str) -> TargetStatuses:
    """Return the report in a file; raise ``WrongUsage`` if it is none."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise _make_unreadable(name, f"it is not JSON: {error}") from error
    if not isinstance(values, Mapping):
        raise _make_unreadable(name, "it is not a JSON object")
    if missing := [k for k in TargetStatusesJson.__annotations__ if k not in values]:
        reason = f"it has no {missing[0]!r}"
        if message := _find_failure(values):
            reason = f"the command failed: {message}"
        raise _make_unreadable(name, reason)
    try:
        return TargetStatuses(
            shards=tuple(Shard(**each) for each in values["shards"]),
            listed=int(values["listed"]),
            directory=str(values["directory"]),
            targets=[
                {
                    "name": each["name"],
                    "status": each["status"],
                    "current": each["current"],
                    "pending": each["pending"],
                    "exit_code": int(each["exit_code"]),
                    "error": each["error"],
                }
                for each in values["targets"]
            ],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _make_unreadable(name, f"it is damaged: {error}") from error


def _find_failure(values: Mapping[str, Any]) -> str:
    error = values.get("error")
    return str(error.get("message", "")) if isinstance(error, Mapping) else ""


def _make_unreadable(name: str, reason: str) -> WrongUsage:
    return WrongUsage(
        problem=f"{name} is no report of many targets: {reason}.",
        advice="Write one with schemastatus --targets ... --format json --output FILE.",
    )


def merge_statuses(reports: Sequence[tuple[str, TargetStatuses]]) -> TargetStatuses:
    """Return one report of those in several files; raise ``WrongUsage`` for two of the
    same targets, or of lists that were divided differently."""
    found: dict[Shard, str] = {}
    seen: dict[str, str] = {}
    for file, report in reports:
        for shard in report.shards:
            if other := found.get(shard):
                raise WrongUsage(
                    problem=f"{other} and {file} are both of shard {shard}.",
                    advice="Give the newer one.",
                )
            found[shard] = file
        for target in report.targets:
            if other := seen.get(target["name"]):
                raise WrongUsage(
                    problem=f"{target['name']} is in {other} and in {file}.",
                    advice="Give each target's newest report.",
                )
            seen[target["name"]] = file
    if len({shard.count for shard in found}) > 1:
        counts = ", ".join(map(str, sorted({shard.count for shard in found})))
        raise WrongUsage(
            problem=f"The reports are of lists in different numbers of shards ({counts}).",
            advice="Give those of one run.",
        )
    values = [report for _, report in reports]
    return TargetStatuses(
        shards=tuple(sorted(found, key=lambda shard: shard.number)),
        listed=max(report.listed for report in values)
        if found
        else sum(report.listed for report in values),
        directory=values[0].directory,
        targets=[target for report in values for target in report.targets],
    )


def find_report_warnings(
    reports: Sequence[tuple[str, TargetStatuses]], merged: TargetStatuses
) -> Sequence[str]:
    """Return what somebody who reads a merged report is to be warned of."""
    first, *others = (report for _, report in reports)
    doubts = []
    if any(other.directory != first.directory for other in others):
        doubts.append(
            "the reports are of different migration directories: of different releases?"
        )
    if merged.shards and any(other.listed != first.listed for other in others):
        doubts.append(
            "the list of targets changed between the reports: a target that was added"
            " after its shard was looked at is in none"
        )
    return doubts
