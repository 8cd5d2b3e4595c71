"""How ``schemastatus`` shows which files a target has.

Invariant: nothing of planning is imported before there is a drift to show: a probe in a
slim image needs no planner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, TypedDict

from schema_migrations.errors import (
    FileExcluded,
    FileOfOtherEngine,
    PartialFileCountedOtherwise,
    PartialFileEdited,
    PartialFileMissing,
    StatementFailed,
)
from schema_migrations.history.batches import read_progress
from schema_migrations.history.failure import read_failure
from schema_migrations.management.hints import hint_of, with_commands
from schema_migrations.management.output.errors import ErrorJson, error_as_json
from schema_migrations.management.output.lines import (
    Document,
    Formats,
    Line,
    View,
    format_beside,
    format_count,
    make_json_format,
    shorten_to_line,
)
from schema_migrations.management.output.next_command import format_command
from schema_migrations.management.output.statements import (
    StatementJson,
    statement_as_json,
)
from schema_migrations.management.output.way_back import (
    WayBackJson,
    format_way_back,
    way_back_as_json,
)
from schema_migrations.workflows.applying.next_steps import choose_step_of_row

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from schema_migrations.history.comparison import PendingFile
    from schema_migrations.history.revision import Revision
    from schema_migrations.history.standing import Standing
    from schema_migrations.plan.differences import Difference, DifferenceKind
    from schema_migrations.workflows.standing.status import Status, StatusVerdict


JsonVerdict = Literal["ok", "pending", "drift", "failed", "out-of-order", "edited"]


class DifferenceJson(TypedDict):
    kind: DifferenceKind
    object: str
    """``table``, ``column``, ``index``, ``foreign key`` …"""
    table: str
    """Empty: it belongs to no table."""
    name: str
    detail: str


class MovedJson(TypedDict):
    version: str
    new_version: str
    """For ``schemaset --move``."""


class StatusJson(TypedDict):
    target: str
    """Its URL, without password."""
    status: JsonVerdict
    """The most serious finding; ``edited`` also when files are missing, and when a
    pending one is excluded from ``atlas.sum`` or was proved on another engine."""
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
    moved: list[MovedJson]
    """Those of the missing whose content is in a file of another name."""
    abandoned: list[str]
    """Versions that failed before anything took effect, and whose files are gone."""
    ahead: list[str]
    """Versions that are newer than every file."""
    drift: list[DifferenceJson]
    drift_checked: bool
    """False: not asked for, or there is no history to compare with."""
    mend: list[StatementJson]
    """The mending SQL, with ``-v 2``."""
    keep: list[StatementJson]
    """The keeping SQL, with ``--keep``."""
    way_back: WayBackJson | None
    """Null: not asked for."""
    error: ErrorJson | None
    """Why nothing may run, or the error of the file that failed."""


UNMARKED_PROBLEMS = (
    FileExcluded,
    FileOfOtherEngine,
    PartialFileCountedOtherwise,
    PartialFileEdited,
    PartialFileMissing,
)
"""Those that the lines of the files do not show."""

MOST_APPLIED = 10
"""So many applied files are listed; of more than that only the last ones."""
LAST_APPLIED = 5

_VERDICT_ROLES = {"ok": "SUCCESS", "pending": "WARNING", "drift": "WARNING"}
"""Verdict → role of Django's palette; the others need somebody at once."""


def format_status(status: Status, view: View) -> Iterator[str]:
    yield from _format_files(status, view)
    yield from _format_abandoned(status, view)
    if status.drift is not None:
        from schema_migrations.management.output.drift import format_drift

        yield from format_drift(status.drift, view)
    if status.way_back is not None:
        apply = format_command("schemaapply", view.given)
        yield from format_way_back(status.way_back, apply)
    yield from format_beside("Next     ", _suggest_next_step(status, view), view)


def format_mending(status: Status, view: View) -> Iterator[Line]:
    from schema_migrations.management.output.drift import (
        format_keeping_script,
        format_mending_script,
    )

    assert status.drift is not None
    if view.given.get("keep"):
        proposal = status.drift.keeping.proposal if status.drift.keeping else None
        text = format_keeping_script(status.target.name, status.drift, view)
    else:
        proposal = status.drift.mending_proposal
        text = format_mending_script(status.target.name, status.drift)
    count = len(proposal.plan.statements) if proposal and proposal.plan else 0
    yield Document(text=text, content=format_count(count, "statement"))


def _format_files(status: Status, view: View) -> Iterator[str]:
    """Yield a line for each pending file, and for the applied ones worth seeing."""
    comparison = status.comparison
    applied, pending = len(status.applied_revisions), len(comparison.pending)
    role = getattr(view.style, _VERDICT_ROLES.get(status.verdict, "ERROR"))
    yield (
        f"Status   {role(status.verdict)}: {format_count(applied, 'file')} applied,"
        f" {pending} pending"
    )
    marks = {file.version: "EDITED SINCE" for file in comparison.edited}
    marks |= {row.version: "FILE IS GONE" for row in comparison.missing}
    marks |= {
        each.revision.version: f"FILE IS NOW {each.file.name}"
        for each in comparison.moved
    }
    marks |= {row.version: "NEWER THAN THE DIRECTORY" for row in comparison.ahead}
    shown: Sequence[Revision] = status.applied_revisions
    if not view.given.get("all"):
        shown = choose_applied(shown, marks)
    if earlier := applied - len(shown):
        yield f"  … and {earlier} applied earlier (--all lists each)"
    for row in shown:
        mark = f"  {marks[row.version]}" if row.version in marks else ""
        yield f"  [x] {row.file_stem}  {row.executed_at:%Y-%m-%d %H:%M}{mark}"
    for file in comparison.out_of_order:
        yield f"  [!] {file.name}  out of order"
    late = {file.version for file in comparison.out_of_order}
    moved = {each.file.version: each.revision for each in comparison.moved}
    for each in comparison.pending:
        if former := moved.get(each.file.version):
            yield f"  [ ] {each.file.name}  applied as {former.file_stem}"
        elif each.file.version not in late:
            yield f"  [ ] {each.file.name}{_describe_done(each)}"
    yield from _format_failure(status.standing.failed_revision, view)
    if isinstance(status.standing.problem, UNMARKED_PROBLEMS):
        yield from format_beside("Problem  ", status.standing.problem.message, view)


def _describe_done(pending: PendingFile) -> str:
    """Say how much of a file is applied; empty: nothing."""
    row = pending.partial_revision
    done = [format_count(row.applied, "statement")] if row and row.applied else []
    if row and (rows := sum(each.rows for each in read_progress(row))):
        done.append(f"{rows:,} rows of a statement in batches")
    return f"  {' and '.join(done)} done" if done else ""


def choose_applied(
    rows: Sequence[Revision], marked: Collection[str]
) -> Sequence[Revision]:
    """Return the rows to list: of many only the last ones to be applied.

    Those whose version is ``marked`` are always listed.
    """
    plain = [row for row in rows if row.version not in marked]
    if len(plain) <= MOST_APPLIED:
        return rows
    last = sorted(plain, key=attrgetter("executed_at"))[-LAST_APPLIED:]
    listed = {*marked, *(row.version for row in last)}
    return [row for row in rows if row.version in listed]


def _format_failure(row: Revision | None, view: View) -> Iterator[str]:
    if row is None:
        return
    failure = read_failure(row)
    text = failure.text if failure.place else f"{row.file_stem}: {failure.text}"
    label = "Stopped  " if row.interrupted else "Failed   "
    yield from format_beside(label, text, view)
    if row.error_stmt:
        yield f"         {shorten_to_line(row.error_stmt)}"


def _format_abandoned(status: Status, view: View) -> Iterator[str]:
    """Yield what is left of failed attempts whose files are gone, and what removes it."""
    for row in status.comparison.abandoned:
        how = "was interrupted" if row.interrupted else "failed and took no effect"
        yield f"Left     {row.file_stem} {how}, and its file is gone. To forget it:"
        yield f"         {format_command(f'schemaset --forget {row.version}', view.given)}"


def _suggest_next_step(status: Status, view: View) -> str:
    def command(text: str) -> str:
        return format_command(text, view.given)

    failed = status.standing.failed_revision
    match status.verdict:
        case "drift":
            from schema_migrations.management.output.drift import suggest_ways

            assert status.drift is not None
            return "\n".join(suggest_ways(status.drift, command))
        case "failed" if failed is not None and failed.interrupted:
            return f"{command('schemaapply')}: it checks the database and resumes"
        case "failed":
            assert failed is not None
            version = max(failed.version, status.comparison.current_version)
            lines = (
                each.file.loose_txmode_line
                for each in status.comparison.pending
                if each.partial_revision is failed
            )
            step = choose_step_of_row(
                read_failure(failed), version=version, loose_line=next(lines, 0)
            )
            return with_commands(step, command)
        case "pending" | "ok" if status.drift and status.drift.has_other_names:
            from schema_migrations.management.output.drift import suggest_renaming

            then = _suggest_without_drift(status, command)
            return "\n".join((*suggest_renaming(command), f"Then {then}"))
        case "pending" | "ok":
            return _suggest_without_drift(status, command)
        case "edited" | "missing" | "out-of-order" | "excluded" | "other-engine":
            assert status.standing.problem is not None
            return hint_of(status.standing.problem, command)


def _suggest_without_drift(status: Status, command: Callable[[str], str]) -> str:
    """Return the next step of a database that nothing is wrong with."""
    if status.verdict == "ok":
        nothing = "nothing: every file of the directory is applied"
        return "\n".join((nothing, *_describe_ahead(status)))
    if status.unknown_table_count:
        # Without a difference, the files up to this one made the database.
        version = status.drift.assumed_baseline if status.drift else ""
        tables = format_count(status.unknown_table_count, "table")
        baseline = command(f"schemaapply --baseline {version or 'VERSION'}")
        return f"the database has {tables} but no history: {baseline}"
    return command("schemaapply")


def _describe_ahead(status: Status) -> Iterator[str]:
    names = [row.file_stem for row in status.comparison.ahead]
    if names:
        verb = "is" if len(names) == 1 else "are"
        yield f"{', '.join(names)} {verb} from a newer release or another branch"


def status_as_json(status: Status) -> StatusJson:
    """Return the contract's JSON object."""
    comparison, drift = status.comparison, status.drift
    mend = drift.mending_proposal.plan if drift and drift.mending_proposal else None
    keep = drift.keeping.proposal.plan if drift and drift.keeping else None
    return {
        "target": status.target.name,
        "status": verdict_as_json(status.verdict),
        "current": comparison.current_version or None,
        "applied": [row.version for row in status.applied_revisions],
        "pending": [each.file.version for each in comparison.pending],
        "out_of_order": [file.version for file in comparison.out_of_order],
        "edited": [file.version for file in comparison.edited],
        "missing": [row.version for row in comparison.missing],
        "moved": [
            {"version": each.revision.version, "new_version": each.file.version}
            for each in comparison.moved
        ],
        "abandoned": [row.version for row in comparison.abandoned],
        "ahead": [row.version for row in comparison.ahead],
        "drift": [_difference_as_json(each) for each in drift.differences]
        if drift
        else [],
        "drift_checked": drift is not None and not drift.unknown_reason,
        "way_back": way_back_as_json(status.way_back) if status.way_back else None,
        "mend": [statement_as_json(s) for s in mend.statements] if mend else [],
        "keep": [statement_as_json(s) for s in keep.statements] if keep else [],
        "error": _find_error(status.standing),
    }


def verdict_as_json(verdict: StatusVerdict) -> JsonVerdict:
    match verdict:
        case "missing" | "excluded" | "other-engine":
            return "edited"
        case _:
            return verdict


def _find_error(standing: Standing) -> ErrorJson | None:
    if standing.problem is not None:
        return error_as_json(standing.problem)
    row = standing.failed_revision
    return revision_error_as_json(row) if row else None


def revision_error_as_json(revision: Revision) -> ErrorJson:
    """Return the error of a revision, as the command that failed told it."""
    failure = read_failure(revision)
    return {
        "code": StatementFailed.code,
        "version": revision.version,
        "statement": revision.error_stmt or None,
        "line": failure.line or None,
        "message": failure.message,
        "sqlstate": failure.sqlstate or None,
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
