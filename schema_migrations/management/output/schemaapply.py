"""How ``schemaapply`` shows a run on one target: what was done, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from schema_migrations.management.output.errors import ErrorJson, error_as_json
from schema_migrations.management.output.events import MODE_DESCRIPTIONS
from schema_migrations.management.output.lines import (
    Formats,
    Line,
    LogEntry,
    View,
    format_count,
    format_duration,
    format_json,
    make_json_format,
    mask_controls,
)
from schema_migrations.management.output.next_command import (
    READ_ONLY_FLAGS,
    format_command,
    format_without_flags,
)
from schema_migrations.workflows.applying.events import (
    Event,
    FileDone,
    Planned,
    Reached,
)

if TYPE_CHECKING:
    from schema_migrations.errors import SchemaMigrationsError
    from schema_migrations.workflows.applying.apply import Outcome
    from schema_migrations.workflows.applying.selection import FileRun


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    outcome: Outcome
    events: Sequence[Event]
    read_only: bool
    show_sql: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    error: SchemaMigrationsError
    events: Sequence[Event]


class AppliedJson(TypedDict):
    version: str
    statements: int
    """Number of statements that ran now."""
    seconds: float


class RunJson(TypedDict):
    target: str | None
    """Its URL, without password; null: it was not reached."""
    current: str | None
    """The version that the database is at."""
    pending: list[str]
    """Versions that the run left."""
    applied: list[AppliedJson]
    error: ErrorJson | None


class FailedEntry(ErrorJson):
    event: Literal["failed"]
    exit: int
    """The exit code; the message for people follows."""


def format_run(run: FinishedRun, view: View) -> Iterator[str]:
    if run.show_sql:
        yield from _format_sql(run.outcome.selected.runs, view.style)
    yield from _describe_outcome(run, view)


def _describe_outcome(run: FinishedRun, view: View) -> Iterator[str]:
    selected, remaining = run.outcome.selected, run.outcome.selected.remaining_count
    current = run.outcome.current_version
    at = f"the database is at {current}" if current else "no history yet"
    done = [event for event in run.events if isinstance(event, FileDone)]
    left = selected.runs if run.read_only else done or remaining
    if selected.baseline is None and not left:
        yield f"Nothing to do; {at}."
    elif run.read_only:
        yield "Nothing was run."
        yield f"Next     {format_without_flags(view.arguments, READ_ONLY_FLAGS)}"
    else:
        seconds = sum(event.seconds for event in done)
        ran = describe_files(done, seconds) if done else "nothing was run"
        yield f"Done     {ran}; {at}."
        if remaining:
            command = format_command("schemaapply", view.given)
            yield f"Next     {format_count(remaining, 'file')} pending: {command}"
        else:
            yield "Next     nothing: every file of the directory is applied."


def describe_files(done: Sequence[FileDone], seconds: float) -> str:
    statements = format_count(sum(event.statements for event in done), "statement")
    return (
        f"{format_count(len(done), 'file')}, {statements}, {format_duration(seconds)}"
    )


def _format_sql(runs: Iterable[FileRun], style: Any) -> Iterator[str]:
    """Yield the SQL that a run would send, file by file."""
    for run in runs:
        yield style.MIGRATE_HEADING(
            f"-- {run.file.name}  ({MODE_DESCRIPTIONS[run.mode]})"
        )
        for statement in run.statements[run.done_count :]:
            yield from map(mask_controls, statement.comments)
            yield f"{mask_controls(statement.sql)};"
        yield ""


def run_as_json(
    events: Sequence[Event], error: SchemaMigrationsError | None
) -> RunJson:
    """Return the contract's JSON object; ``pending`` is what the run left."""
    reached = next((e.target.name for e in events if isinstance(e, Reached)), None)
    planned = next((e for e in events if isinstance(e, Planned)), None)
    done = [event for event in events if isinstance(event, FileDone)]
    applied = {event.version for event in done}
    versions = planned.versions if planned else ()
    current = max([planned.current if planned else "", *applied])
    return {
        "target": reached,
        "current": current or None,
        "pending": [version for version in versions if version not in applied],
        "applied": [
            {
                "version": event.version,
                "statements": event.statements,
                "seconds": round(event.seconds, 6),
            }
            for event in done
        ],
        "error": None if error is None else error_as_json(error),
    }


def log_failed_run(run: FailedRun, view: View) -> Iterator[Line]:
    entry: FailedEntry = {
        "event": "failed",
        **error_as_json(run.error),
        "exit": run.error.exit_code,
    }
    yield LogEntry(values=entry)
    yield format_json(run_as_json(run.events, run.error))


FORMATS: Formats = {
    "text": format_run,
    "json": make_json_format(lambda run: run_as_json(run.events, None)),
}
FAILURE_FORMATS: Formats = {"json": log_failed_run}
