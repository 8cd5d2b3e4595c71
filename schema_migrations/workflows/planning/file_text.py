"""Format the text of a generated file: header, statements, footer.  Pure."""

from __future__ import annotations

from collections.abc import Iterable

from schema_migrations.history.file import format_file
from schema_migrations.history.origin import format_origin
from schema_migrations.plan.plan import Plan
from schema_migrations.plan.restriction import format_restriction
from schema_migrations.plan.summary import SummaryLine, format_header
from schema_migrations.workflows.planning.acknowledge import FileNotes


def format_file_text(
    plan: Plan,
    summary: Iterable[SummaryLine],
    answer_lines: tuple[str, ...],
    notes: FileNotes,
    *,
    proved_on: str,
) -> str:
    """Return the text of a file that carries out a plan.

    ``answer_lines`` hold what was answered or decided, renamed tables and columns among
    it;
    ``proved_on`` is the dev server's version.
    """
    changed = [line for line in summary if not _is_rename(line)]
    header = (
        *format_header(changed),
        *answer_lines,
        *(f"DATA LOSS: {loss}." for loss in plan.losses),
        *(line for each in plan.restrictions for line in format_restriction(each)),
        *notes.review_lines,
        format_origin(proved_on),
        *notes.coverage_lines,
    )
    return format_file(
        header=header,
        statements=[(s.comment, s.sql) for s in plan.statements],
        footer=notes.footer_lines,
        txmode="" if all(s.transactional for s in plan.statements) else "none",
    )


def _is_rename(line: SummaryLine) -> bool:
    return line.sign == ">" and line.kind in ("table", "column", "model")


def format_notes_only(notes: FileNotes) -> str:
    """Return the text of a file that only records; empty when there is no need."""
    if not notes.needs_file:
        return ""
    header = (
        "The schema does not change.",
        *notes.review_lines,
        format_origin(),
        *notes.coverage_lines,
    )
    return format_file(header=header, statements=(), footer=notes.footer_lines)
