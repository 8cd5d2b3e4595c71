"""``schemastatus --drift``: find drift, list it by kind, print the mending SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from django.apps import apps as installed_apps

from schema_migrations.history.applied_files import find_applied_files
from schema_migrations.management.commands._apply_output import format_count
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.management.commands._diff_output import (
    colour_sql,
    format_change_tree,
)
from schema_migrations.plan.differences import (
    DIFFERENCE_KINDS,
    REAL_KINDS,
    Difference,
    DifferenceKind,
)
from schema_migrations.workflows.standing.drift import Drift, find_drift
from schema_migrations.workflows.standing.status import Status
from schema_migrations.workflows.states.models_ddl import map_tables_to_apps
from schema_migrations.workflows.states.sources import check_same_vendor, open_workspace

HEADINGS: Mapping[DifferenceKind, str] = {
    "missing": "Missing from the database",
    "different": "Different in the database",
    "surplus": "Only in the database",
    "name": "Equal except for the name",
    "serial": "Equal except for serial",
    "wider": "Equal except for a larger type",
}
"""Kind → its heading."""


def add_drift(status: Status, options: Options, command: SchemaCommand) -> Status:
    """Return the status with its drift.

    The dev server is the one of the alias, even if the target is reached by a URL.
    """
    assert status.schema is not None
    with open_workspace(
        options["database"],
        directory=options["dir"],
        dev=options["dev"],
        report=command.say,
    ) as workspace:
        check_same_vendor(status.vendor, workspace)
        server = workspace.server
        reason = f" ({server.choice_reason})" if server.choice_reason else ""
        command.say(f"Dev      {server.description}{reason}")
        on_server = workspace.engine.dev_server.check_server is not None
        if on_server and str(status.target.major) not in server.majors:
            command.warn(
                f"the target runs {status.target.version}: another major version may "
                "print the same thing differently; choose the same one with --dev"
            )
        files = workspace.directory.files
        result = find_drift(
            workspace,
            status.schema,
            find_applied_files(files, status.revisions, status.comparison),
            plan_mending=options["format"] == "sql" or options["verbosity"] > 1,
            allow_data_loss=options["allow_data_loss"],
        )
    return replace(status, drift=result)


def format_drift(status: Status, command: SchemaCommand) -> Iterator[str]:
    """Yield the lines of a drift; list what the database may keep from ``-v 2`` on."""
    drift = status.drift
    assert drift is not None
    in_full = command.verbosity > 1
    if drift.unknown_reason:
        yield f"Drift    not compared: {drift.unknown_reason}"
        return
    if drift.assumed_baseline:
        yield (
            f"         No history: compared as if after --baseline {drift.assumed_baseline}"
        )
    yield f"Drift    {_summarize_drift(drift)}"
    for kind in DIFFERENCE_KINDS:
        lines = [each.line for each in drift.differences if each.kind == kind]
        if lines and (kind in REAL_KINDS or in_full):
            yield command.style.MIGRATE_HEADING(f"  {HEADINGS[kind]}")
            for line in format_change_tree(
                lines, map_tables_to_apps(installed_apps), command.style
            ):
                yield f"  {line}"
    if drift.mending_proposal is not None and drift.mending_proposal.file_text:
        yield "  SQL that makes the database match its files"
        yield colour_sql(drift.mending_proposal.file_text, command.style)


def _summarize_drift(drift: Drift) -> str:
    count = Counter(each.kind for each in drift.differences)
    parts = [
        format_count(len(drift.real_differences), "difference")
        if drift.real_differences
        else "none"
    ]
    parts.append(f"{format_count(drift.equal_count, 'object')} equal")
    if count["name"]:
        parts.append(f"{count['name']} equal except for the name")
    if count["serial"]:
        parts.append(
            f"{format_count(count['serial'], 'column')} serial instead of identity"
        )
    if count["wider"]:
        parts.append(f"{format_count(count['wider'], 'column')} of a larger type")
    return ", ".join(parts)


def format_mending_script(status: Status) -> str:
    """Return the mending SQL, to be run by hand: all of it or nothing."""
    target, drift = status.target.name, status.drift
    assert drift is not None
    if drift.unknown_reason:
        return f"-- {target} was not compared: {drift.unknown_reason}\n"
    lines = [f"-- Makes {target} match its files; do not run it on another database."]
    if drift.untouched_differences:
        lines.append("-- Left as it is without --allow-data-loss:")
        lines += [
            f"--   {_describe_difference(each)}" for each in drift.untouched_differences
        ]
    plan = drift.mending_proposal.plan if drift.mending_proposal else None
    if drift.mending_proposal is None or plan is None:
        return "\n".join([*lines, "-- Nothing to do.", ""])
    transactional = all(each.transactional for each in plan.statements)
    body = (
        f"BEGIN;\n\n{drift.mending_proposal.file_text}\nCOMMIT;\n"
        if transactional
        else drift.mending_proposal.file_text
    )
    return "\n".join([*lines, "", f"{drift.script_preamble};", "", body])


def _describe_difference(difference: Difference) -> str:
    name = str(difference.line).partition(" ")[2]
    detail = (
        "only in the database"
        if difference.kind == "surplus"
        else difference.line.detail
    )
    return f"{name}  {detail}".rstrip()
