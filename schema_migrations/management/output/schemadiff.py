"""How ``schemadiff`` shows the next file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

from schema_migrations.history.secrets import mask_secrets
from schema_migrations.management.output.agreement import IN_STEP
from schema_migrations.management.output.change_tree import (
    colour_sql,
    fold_alike,
    format_change_tree,
)
from schema_migrations.management.output.lines import (
    Document,
    Formats,
    Line,
    View,
    format_count,
    format_json,
    make_json_format,
    shorten_path,
)
from schema_migrations.management.output.migration_differences import (
    describe_migration_differences,
)
from schema_migrations.management.output.next_command import (
    READ_ONLY_FLAGS,
    format_command,
    format_without_flags,
)
from schema_migrations.management.output.rows import (
    RowsJson,
    describe_proof,
    describe_rows,
    rows_as_json,
    suggest_baseline,
)
from schema_migrations.management.output.statements import (
    StatementJson,
    statement_as_json,
)
from schema_migrations.plan.plan import Plan
from schema_migrations.plan.restriction import (
    Restriction,
    RestrictionCode,
    format_restriction,
)
from schema_migrations.workflows.applying.events import Warned
from schema_migrations.workflows.planning.next_file import NextFile
from schema_migrations.workflows.planning.next_file_request import NextFileRequest
from schema_migrations.workflows.planning.proposal import Proposal

if TYPE_CHECKING:
    from schema_migrations.workflows.planning.data_operations import DataOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """The next file, and what was asked for."""

    planned: NextFile
    request: NextFileRequest
    check: bool
    show_sql: bool
    """Show the text of a file that was not written."""
    seconds: float
    changes_shown: bool = False
    """A question has shown the changes already."""
    accepted_losses: tuple[str, ...] = ()
    """What a question has named already."""


class ChangeJson(TypedDict):
    kind: str
    """What is done to what: ``add column``, ``drop table``, ``rename index``."""
    table: str
    """Empty: it belongs to no table."""
    name: str
    detail: str


class FindingJson(TypedDict):
    code: RestrictionCode
    """Names the kind of finding; stays the same."""
    severity: Literal["warning"]
    message: str
    """What the file does, and when it fails on a table with rows."""
    hint: str
    """What to do."""
    query: str
    """SQL that finds the rows which break it, to run before the file is applied; empty:
    there is no such query."""
    file: str | None
    """Path of the file; null: it was not written."""
    line: int | None
    """First line of that statement in the file, or in the text of one that was not
    written; null: there is no such statement."""
    statement: int | None
    """Number of the statement that adds or alters what the finding is about, 1-based, as
    in ``statements``; null: no statement does."""


class PlannedFileJson(TypedDict):
    changes: list[ChangeJson]
    statements: list[StatementJson]
    """The plan, in order."""
    files: list[str]
    """Paths that were written: the file and ``atlas.sum``."""
    findings: list[FindingJson]
    """What existing rows may violate, so that the file fails on them."""
    losses: list[str]
    """What the plan deletes or may alter."""
    data_operations: list[DataOperation]
    """What Django migrations of installed apps do besides the schema."""
    dev: str
    """The dev database."""
    known_since: str | None
    """When it was found that nothing differs, in UTC; null: it was found now."""
    slice: int | None
    """Number of the tables that the change was planned and proved on; null: all that there
    are."""
    rows: RowsJson | None
    """What the file of rows adds; null: it was not asked for."""
    seconds: float


def format_planned_file(result: PlannedFile, view: View) -> Iterator[Line]:
    planned, proposal = result.planned, result.planned.proposal
    if view.verbosity > 1:
        for name, seconds in planned.phases.items():
            yield f"  {name:<14}{seconds:8.3f}s"
    if proposal.plan is None:
        yield _describe_no_changes(result)
    else:
        if not result.changes_shown:
            yield from format_change_tree(proposal.summary, view)
        yield from _list_warnings(result, view)
    if planned.rows:
        yield from describe_rows(planned.rows)
        if planned.rows.differences:
            yield from describe_migration_differences(planned.rows.differences, view)
    if planned.has_text or (result.show_sql and view.has_output_file):
        yield from _format_end(result, view)


def _format_end(result: PlannedFile, view: View) -> Iterator[Line]:
    """Yield the text or the paths of what there is to write, and what to do next."""
    planned, proposal = result.planned, result.planned.proposal
    rows_text = planned.rows.text if planned.rows else ""
    if result.show_sql:
        if not view.has_output_file:
            yield ""
        yield _make_script(result, view)
    if result.check or result.show_sql:
        if not (result.check or view.has_output_file):
            yield "Nothing was written."
        if planned.has_text and (result.check or result.request.has_default_sources):
            command = format_without_flags(
                view.arguments, READ_ONLY_FLAGS, ("--output",)
            )
            yield f"Next     {command}"
        return
    yield from _format_paths(planned.paths, view)
    if proposal.plan is not None:
        yield from _describe_proof(planned, proposal.plan)
    if planned.rows and rows_text:
        yield describe_proof(planned.rows)
    command = format_command("schemaapply", view.given)
    yield f"Next     review the SQL and commit it, then: {command}"
    if planned.rows and planned.rows_are_baseline:
        yield from suggest_baseline(planned.rows, planned.paths[-2], view)


def _describe_proof(planned: NextFile, plan: Plan) -> Iterator[str]:
    count = format_count(len(plan.statements), "statement")
    if planned.within is None:
        yield f"Proved   {count} ran after all earlier files; no difference is left."
        return
    tables = format_count(planned.within.table_count, "table")
    yield f"Proved   {count} ran on {tables}: those of the changed models, and those that"
    yield "         foreign keys join to them. No difference is left; --full takes all tables."


def _make_script(result: PlannedFile, view: View) -> Document:
    """Return the text of what was not written; only a file gets the values of rows."""
    proposal, rows = result.planned.proposal, result.planned.rows
    count = len(proposal.plan.statements) if proposal.plan else 0
    content = format_count(count, "statement")
    texts = [proposal.script, rows.text if rows else ""]
    shown = [result.planned.shown_text]
    if rows and rows.text:
        content += f", {format_count(sum(rows.counts.values()), 'row')}"
        shown.append(rows.text_to_show)
    return Document(
        text="\n".join(filter(None, texts)) or f"-- {_describe_no_changes(result)}",
        shown="\n".join(colour_sql(text, view.style) for text in shown if text),
        content=content,
    )


def format_empty_file(paths: Sequence[Path], view: View) -> Iterator[Line]:
    yield from _format_paths(paths, view)
    command = format_command("schemahash", view.given)
    yield f"Next     write your SQL into {shorten_path(paths[0])}, then: {command}"


def _format_paths(paths: Sequence[Path], view: View) -> Iterator[str]:
    for label, path in zip(chain(("Wrote",), repeat("")), paths, strict=False):
        yield f"{label:<9}{shorten_path(path)}"


def _describe_no_changes(result: PlannedFile) -> str:
    if not result.request.has_default_sources:
        sources = f"{result.request.source} and {result.request.target}"
        return mask_secrets(f"No changes between {sources}.")
    if result.planned.uncovered.operations or result.planned.rows:
        return "No changes of the schema."
    return IN_STEP


def _list_warnings(result: PlannedFile, view: View) -> Iterator[Warned]:
    """Yield what a reviewer must not miss; on a terminal what comes too often is folded."""
    plan = result.planned.proposal.plan
    losses = [
        each
        for each in (plan.losses if plan else ())
        if each not in result.accepted_losses
    ]
    restrictions = plan.restrictions if plan else ()
    warnings = [
        *(("remark", each) for each in result.planned.proposal.remarks),
        *((" ".join(loss.split()[:2]), f"DATA LOSS: {loss}") for loss in losses),
        *((each.code, "\n".join(format_restriction(each))) for each in restrictions),
    ]
    for (_, text), folded in fold_alike(warnings, itemgetter(0), wanted=view.folds):
        yield Warned(message=text)
        if folded:
            yield Warned(message=f"… and {folded} alike (-v 2 lists each)")


def _print_json(result: PlannedFile, view: View) -> Iterator[Line]:
    yield from _list_warnings(result, view)
    yield format_json(next_file_as_json(result.planned, seconds=result.seconds))


def next_file_as_json(planned: NextFile, *, seconds: float) -> PlannedFileJson:
    """Return the JSON object of the contract."""
    plan = planned.proposal.plan
    return {
        "changes": [
            {
                "kind": f"{_SIGN_VERBS[line.sign]} {line.kind}",
                "table": line.table,
                "name": line.name,
                "detail": line.detail,
            }
            for line in planned.proposal.summary
        ],
        "statements": [statement_as_json(s) for s in plan.statements] if plan else [],
        "files": [str(path) for path in planned.paths],
        "findings": [
            _finding_as_json(each, planned)
            for each in (plan.restrictions if plan else ())
        ],
        "losses": list(plan.losses) if plan else [],
        "data_operations": list(planned.uncovered.shown_operations),
        "dev": planned.dev_server,
        "known_since": None,
        "slice": planned.within.table_count if planned.within else None,
        "rows": rows_as_json(planned.rows) if planned.rows else None,
        "seconds": round(seconds, 3),
    }


def _finding_as_json(restriction: Restriction, planned: NextFile) -> FindingJson:
    number = restriction.statement
    place = planned.proposal.find_file(number) if number else 0
    path = planned.paths[place] if planned.paths else None
    hint = "Check it before you apply the file."
    if restriction.query:
        hint = "Run the query on the target; it must find nothing when the file is applied."
    return {
        "code": restriction.code,
        "severity": "warning",
        "message": restriction.message,
        "hint": hint,
        "query": restriction.query,
        "file": str(path) if path else None,
        "line": planned.proposal.statement_lines[number - 1] if number else None,
        "statement": number,
    }


_SIGN_VERBS = {"+": "add", "-": "drop", "~": "alter", ">": "rename"}

FORMATS: Formats = {"text": format_planned_file, "json": _print_json}
EMPTY_FILE_FORMATS: Formats = {
    "text": format_empty_file,
    "json": make_json_format(
        lambda paths: next_file_as_json(
            NextFile(proposal=Proposal(), paths=paths), seconds=0.0
        )
    ),
}
