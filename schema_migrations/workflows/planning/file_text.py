"""Format the texts of generated files: header, statements, footer.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schema_migrations.history.batches import LINE_START
from schema_migrations.history.file import format_file
from schema_migrations.history.origin import format_origin
from schema_migrations.plan.plan import Plan, Statement
from schema_migrations.plan.restriction import format_restriction
from schema_migrations.plan.summary import SummaryLine, format_header
from schema_migrations.workflows.planning.acknowledge import FileNotes


def format_file_texts(
    plan: Plan,
    summary: Iterable[SummaryLine],
    answer_lines: tuple[str, ...],
    notes: FileNotes,
    *,
    proved_on: str,
) -> tuple[str, ...]:
    """Return the texts of the files that carry out a plan, one for each of its parts.

    ``answer_lines`` hold what was answered or decided, renamed tables and columns among
    it; the first file has them, and all that is not about statements of another.
    ``proved_on`` is the dev server's version.
    """
    parts = plan.parts or ((),)
    changed = [line for line in summary if not _is_rename(line)]
    first = (
        *format_header(changed),
        *answer_lines,
        *(f"DATA LOSS: {loss}." for loss in plan.losses),
    )
    texts, done = [], 0
    for number, statements in enumerate(parts, 1):
        is_last = number == len(parts)
        own = [
            line
            for each in plan.restrictions
            if done < (each.statement or 1) <= done + len(statements) or not statements
            for line in format_restriction(each)
        ]
        done += len(statements)
        header = (
            *(first if number == 1 else ()),
            *_describe_part(number, len(parts), statements),
            *own,
            *(notes.review_lines if number == 1 else ()),
            format_origin(proved_on),
            *(notes.coverage_lines if number == 1 else ()),
        )
        text = format_file(
            header=header,
            statements=[("\n".join(_comment(s)), s.sql) for s in statements],
            footer=notes.footer_lines if is_last else (),
            txmode="" if all(s.transactional for s in statements) else "none",
        )
        texts.append(text)
    return tuple(texts)


def _comment(statement: Statement) -> Iterator[str]:
    """Yield the lines of the comment above a statement."""
    yield statement.comment
    if statement.batch_key:
        yield "schemaapply runs it in batches, other programs for all rows at once"
        yield f"{LINE_START} {', '.join(statement.batch_key)}"


def _describe_part(
    number: int, count: int, statements: tuple[Statement, ...]
) -> Iterator[str]:
    """Yield what a reader of one of several files must know."""
    by_itself = "each statement is done by itself, so that others can go on meanwhile."
    has_transaction = all(each.transactional for each in statements)
    if count > 1:
        how = "all of it or nothing is done." if has_transaction else by_itself
        yield f"Part {number} of {count}: {how}"
        if number < count:
            yield "It is safe to stop after this part."
    elif statements and statements[0].part % 2:
        yield by_itself.capitalize()


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
