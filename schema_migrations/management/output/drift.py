"""How ``schemastatus --drift`` lists the drift by kind, and the SQL that mends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from schema_migrations.management.output.change_tree import (
    colour_sql,
    format_change_tree,
)
from schema_migrations.management.output.lines import View, format_count
from schema_migrations.plan.differences import (
    DIFFERENCE_KINDS,
    REAL_KINDS,
    Difference,
    DifferenceKind,
)
from schema_migrations.workflows.standing.drift import Drift

HEADINGS: Mapping[DifferenceKind, str] = {
    "missing": "Missing from the database",
    "different": "Different in the database (there -> in the files)",
    "surplus": "Only in the database",
    "name": "Equal except for the name",
    "serial": "Equal except for serial",
    "wider": "Equal except for a larger type",
}
"""Kind → its heading."""


def format_drift(drift: Drift, view: View) -> Iterator[str]:
    """Yield the lines of a drift; list what the database may keep from ``-v 2`` on."""
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
        if lines and (kind in REAL_KINDS or view.verbosity > 1):
            yield view.style.MIGRATE_HEADING(f"  {HEADINGS[kind]}")
            for line in format_change_tree(lines, view):
                yield f"  {line}"
    if drift.mending_proposal is not None and drift.mending_proposal.file_text:
        yield "  SQL that makes the database match its files"
        yield colour_sql(drift.mending_proposal.file_text, view.style)


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


def format_mending_script(target: str, drift: Drift) -> str:
    """Return the mending SQL, to be run by hand: all of it or nothing."""
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
