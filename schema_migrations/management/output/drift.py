"""How ``schemastatus --drift`` lists the drift by kind, and the SQL that mends or keeps it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from schema_migrations.management.output.change_tree import (
    colour_sql,
    format_change_tree,
)
from schema_migrations.management.output.lines import (
    View,
    format_count,
    mask_controls,
)
from schema_migrations.management.output.next_command import format_command
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
    if drift.keeping is not None and drift.keeping.extra_text:
        yield "  SQL for EXTRA that keeps what the database has"
        yield colour_sql(drift.keeping.extra_text, view.style)
    if drift.mending_proposal is not None and drift.mending_proposal.script:
        yield "  SQL that makes the database match its files"
        yield colour_sql(drift.mending_proposal.script, view.style)


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
            f"--   {describe_difference(each)}" for each in drift.untouched_differences
        ]
    if drift.protected_differences:
        lines.append("-- Left as it is, since models that are managed = False read it:")
        lines += [
            f"--   {describe_difference(each)}" for each in drift.protected_differences
        ]
    plan = drift.mending_proposal.plan if drift.mending_proposal else None
    if drift.mending_proposal is None or plan is None:
        return "\n".join([*lines, "-- Nothing to do.", ""])
    transactional = all(each.transactional for each in plan.statements)
    body = (
        f"BEGIN;\n\n{drift.mending_proposal.script}\nCOMMIT;\n"
        if transactional
        else drift.mending_proposal.script
    )
    return "\n".join([*lines, "", f"{drift.script_preamble};", "", body])


def format_keeping_script(target: str, drift: Drift, view: View) -> str:
    """Return the keeping SQL as a file of ``EXTRA``, with the steps that follow."""
    if drift.keeping is None or drift.unknown_reason:
        return f"-- {target} was not compared: {drift.unknown_reason}\n"
    text = drift.keeping.extra_text
    lines = list(_explain_keeping(drift, view)) if text else ["Nothing to keep."]
    if drift.left_differences:
        lines.append(
            "Not kept, since no statement after the models makes it, or what it needs:"
        )
        lines += [f"  {describe_difference(each)}" for each in drift.left_differences]
    header = "".join(f"-- {mask_controls(line)}\n" for line in lines)
    return f"{header}\n{text}" if text else header


def _explain_keeping(drift: Drift, view: View) -> Iterator[str]:
    def command(text: str) -> str:
        return format_command(text, view.given)

    mark = (
        command("schemaapply --baseline VERSION")
        if drift.assumed_baseline
        else command("schemaset VERSION")
    )
    yield "What SQL made of the tables, for a file that EXTRA names. It was run after the"
    yield "files on a dev database, which then had all of it. With that file in place:"
    yield f"  {command('schemadiff')}"
    yield "writes the file that makes it in other databases. This one has it already, so"
    yield "that file is only marked as applied here, by its version:"
    yield f"  {mark}"


def suggest_ways(drift: Drift, command: Callable[[str], str]) -> Iterator[str]:
    """Yield how to keep what differs and how to mend it, each with its command."""
    consent = " --allow-data-loss" if _needs_consent(drift) else ""
    mend = f"{command(f'schemastatus --drift --format sql{consent}')} --output mend.sql"
    if _has_only_surplus(drift) and not drift.is_keepable:
        yield "decide on what only the database has: keep it with a file, EXTRA or IGNORE."
        yield "Nobody needs it: this SQL drops it, with its rows:"
        yield f"  {mend}"
        return
    if drift.is_keepable:
        keep = (
            f"{command('schemastatus --drift --keep --format sql')} --output kept.sql"
        )
        yield "decide which is right. The database: keep it, in a file that EXTRA names:"
        yield f"  {keep}"
        if set(drift.real_differences) <= set(drift.protected_differences):
            yield "Another tool made it: IGNORE names it."
            return
        if _has_only_surplus(drift):
            yield "Another tool made it: IGNORE names it. Nobody needs it: this drops it:"
        elif consent:
            yield "The files: mend the database, which may lose values or rows:"
        else:
            yield "The files: review this SQL, and run it on this database:"
        yield f"  {mend}"
    elif consent:
        yield "decide: what makes the database match its files may lose values or rows."
        yield "This prints the SQL for it; review it before you run it:"
        yield f"  {mend}"
    else:
        yield mend
        yield "Review it, and run it on this database."


def suggest_renaming(command: Callable[[str], str]) -> Iterator[str]:
    """Yield how a database that differs only in names gets those of the files."""
    yield "some names differ, and later files use those that the files give. This SQL"
    yield "renames them; review it, and run it on this database:"
    yield f"  {command('schemastatus --drift --format sql')} --output mend.sql"


def _needs_consent(drift: Drift) -> bool:
    """Whether the mending SQL leaves every difference, unless it may lose something."""
    left = {*drift.untouched_differences, *drift.protected_differences}
    return bool(drift.untouched_differences) and set(drift.real_differences) <= left


def _has_only_surplus(drift: Drift) -> bool:
    """Whether only the database has all that differs."""
    return all(each.kind == "surplus" for each in drift.real_differences)


def describe_difference(difference: Difference) -> str:
    """Return a difference as one line: what, and how it differs."""
    name = str(difference.line).partition(" ")[2]
    detail = (
        "only in the database"
        if difference.kind == "surplus"
        else difference.line.detail
    )
    return f"{name}  {detail}".rstrip()
