"""How ``schemastatus`` shows which files a target has.

Invariant: nothing of planning is imported before there is a drift to show: a probe in a
slim image needs no planner.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypedDict

from schema_migrations.errors import StatementFailed
from schema_migrations.management.output.errors import ErrorJson
from schema_migrations.management.output.lines import (
    Formats,
    View,
    format_count,
    make_json_format,
    shorten_to_line,
)
from schema_migrations.management.output.next_command import format_command

if TYPE_CHECKING:
    from schema_migrations.history.revision import Revision
    from schema_migrations.plan.differences import Difference, DifferenceKind
    from schema_migrations.plan.plan import Statement
    from schema_migrations.workflows.standing.status import Status


class DifferenceJson(TypedDict):
    kind: DifferenceKind
    object: str
    """``table``, ``column``, ``index``, ``foreign key`` …"""
    table: str
    """Empty: it belongs to no table."""
    name: str
    detail: str


class StatusJson(TypedDict):
    target: str
    """Its URL, without password."""
    status: Literal["ok", "pending", "drift", "failed", "out-of-order", "edited"]
    """The most serious finding; ``edited`` also when files are missing."""
    current: str | None
    """The version that the database is at."""
    applied: list[str]
    """Versions."""
    pending: list[str]
    """Versions."""
    out_of_order: list[str]
    """Versions of pending files that are older than an applied one."""
    edited: list[str]
    """The version of the first file that was changed after it was applied."""
    missing: list[str]
    """Versions that were applied and whose files are missing."""
    ahead: list[str]
    """Versions that are newer than every file."""
    drift: list[DifferenceJson]
    drift_checked: bool
    """False: not asked for, or there is no history to compare with."""
    mend: list[Statement]
    """The mending SQL, with ``-v 2``."""
    error: ErrorJson | None
    """The error of the file that failed; its message names the line."""


_VERDICT_ROLES = {"ok": "SUCCESS", "pending": "WARNING", "drift": "WARNING"}
"""Verdict → role of Django's palette; the others need somebody at once."""


def format_status(status: Status, view: View) -> Iterator[str]:
    yield from _format_files(status, view)
    if status.drift is not None:
        from schema_migrations.management.output.drift import format_drift

        yield from format_drift(status.drift, view)
    yield f"Next     {_suggest_next_step(status, view)}"


def format_mending(status: Status, view: View) -> Iterator[str]:
    from schema_migrations.management.output.drift import format_mending_script

    assert status.drift is not None
    yield format_mending_script(status.target.name, status.drift)


def _format_files(status: Status, view: View) -> Iterator[str]:
    """Yield a line for each applied and each pending file."""
    comparison = status.comparison
    applied, pending = len(status.applied_revisions), len(comparison.pending)
    role = getattr(view.style, _VERDICT_ROLES.get(status.verdict, "ERROR"))
    yield (
        f"Status   {role(status.verdict)}: {format_count(applied, 'file')} applied,"
        f" {pending} pending"
    )
    marks = {file.version: "edited since" for file in comparison.edited}
    marks |= {
        row.version: "file is gone"
        for row in (*comparison.missing, *comparison.abandoned)
    }
    marks |= {row.version: "newer than the directory" for row in comparison.ahead}
    for row in status.applied_revisions:
        mark = f"  {marks[row.version].upper()}" if row.version in marks else ""
        yield f"  [x] {row.file_stem}  {row.executed_at:%Y-%m-%d %H:%M}{mark}"
    for file in comparison.out_of_order:
        yield f"  [!] {file.name}  out of order"
    late = {file.version for file in comparison.out_of_order}
    for each in comparison.pending:
        if each.file.version not in late:
            done = (
                f"  {format_count(each.done_count, 'statement')} done"
                if each.done_count
                else ""
            )
            yield f"  [ ] {each.file.name}{done}"
    if status.failed_revision is not None:
        word = "Stopped" if status.failed_revision.interrupted else "Failed "
        yield f"{word}  {status.failed_revision.file_stem}: {status.failed_revision.error}"
        if status.failed_revision.error_stmt:
            yield f"         {shorten_to_line(status.failed_revision.error_stmt)}"


def _suggest_next_step(status: Status, view: View) -> str:
    def command(text: str) -> str:
        return format_command(text, view.given)

    match status.verdict:
        case "drift" if _has_only_surplus(status):
            return (
                "decide on what only the database has: keep it with a file, EXTRA or"
                " IGNORE, or drop it there"
            )
        case "drift":
            return (
                f"{command('schemastatus --drift --format sql')} > mend.sql; review it"
                " and run it on this database"
            )
        case "edited" | "missing":
            return (
                "restore these files from version control, then"
                f" {command('schemahash')}"
            )
        case "out-of-order":
            return "give these files newer versions, or use schemaapply --exec-order"
        case "failed" if status.failed_revision and status.failed_revision.interrupted:
            return f"{command('schemaapply')}: it checks the database and resumes"
        case "failed":
            apply = command("schemaapply").removeprefix("python manage.py ")
            return f"correct the file, then {command('schemahash')} and {apply}"
        case "pending" if status.unknown_table_count:
            return (
                f"the database has {format_count(status.unknown_table_count, 'table')} but no"
                f" history: {command('schemaapply --baseline VERSION')}"
            )
        case "pending":
            return command("schemaapply")
        case "ok":
            return "nothing: every file of the directory is applied"


def _has_only_surplus(status: Status) -> bool:
    kinds = (
        {each.kind for each in status.drift.real_differences} if status.drift else set()
    )
    return kinds == {"surplus"}


def status_as_json(status: Status) -> StatusJson:
    """Return the contract's JSON object."""
    comparison, drift = status.comparison, status.drift
    mend = drift.mending_proposal.plan if drift and drift.mending_proposal else None
    return {
        "target": status.target.name,
        "status": "edited" if status.verdict == "missing" else status.verdict,
        "current": comparison.current_version or None,
        "applied": [row.version for row in status.applied_revisions],
        "pending": [each.file.version for each in comparison.pending],
        "out_of_order": [file.version for file in comparison.out_of_order],
        "edited": [file.version for file in comparison.edited],
        "missing": [row.version for row in comparison.missing],
        "ahead": [row.version for row in comparison.ahead],
        "drift": [_difference_as_json(each) for each in drift.differences]
        if drift
        else [],
        "drift_checked": drift is not None and not drift.unknown_reason,
        "mend": list(mend.statements) if mend else [],
        "error": _revision_error_as_json(status.failed_revision)
        if status.failed_revision
        else None,
    }


def _revision_error_as_json(revision: Revision) -> ErrorJson:
    """Return the error of a revision, in the shape of a command's error."""
    return {
        "code": StatementFailed.code,
        "version": revision.version,
        "statement": revision.error_stmt or None,
        "line": None,
        "message": revision.error,
        "sqlstate": None,
    }


def _difference_as_json(difference: Difference) -> DifferenceJson:
    line = difference.line
    return {
        "kind": difference.kind,
        "object": line.kind,
        "table": line.table,
        "name": line.name,
        "detail": line.detail,
    }


FORMATS: Formats = {
    "text": format_status,
    "json": make_json_format(status_as_json),
    "sql": format_mending,
}
