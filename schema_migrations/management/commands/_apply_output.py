"""Output of ``schemaapply`` and ``schemastatus``.

Pure: events and outcomes in, text and JSON values out.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

from schema_migrations.management.commands._error_output import error_as_json
from schema_migrations.workflows.applying.events import (
    Blocked,
    Event,
    FileDone,
    FileStarted,
    LockWaiting,
    Planned,
    Reached,
    Resumed,
    Retrying,
    SignalSent,
    StatementDone,
    StillRunning,
    Warned,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from schema_migrations.engines.engine import Blocker
    from schema_migrations.errors import SchemaMigrationsError
    from schema_migrations.workflows.applying.apply import Outcome
    from schema_migrations.workflows.applying.selection import FileRun

STATEMENT_WIDTH = 72
"""Characters of a statement that are shown on one line."""

MODE_DESCRIPTIONS = {
    "file": "one transaction",
    "all": "one transaction for all files",
    "none": "no transaction",
}


EVENT_NAMES = {
    kind: re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    for kind in get_args(Event)
}
"""Event class → its name in JSON: ``FileDone`` is ``file_done``."""


def describe_event(event: Event) -> str:
    """Return the line that describes an event."""
    match event:
        case Reached():
            return f"Target   {event.target.name}  {event.target.version}"
        case Planned():
            return _describe_planned(event)
        case LockWaiting():
            return f"Waiting for another run: {event.holder}"
        case FileStarted():
            resumed = f", from statement {event.start + 1}" if event.start else ""
            return f"{event.file}  {MODE_DESCRIPTIONS[event.mode]}{resumed}"
        case StatementDone():
            place = f"{event.number}/{event.total}"
            return f"  {place:>7}  {shorten_to_line(event.sql)}  {format_duration(event.seconds)}"
        case Resumed():
            then = "counts as done" if event.done else "runs again"
            return f"{event.file}:{event.line}  {event.message}: the statement {then}"
        case FileDone():
            count = format_count(event.statements, "statement")
            return f"{event.file}  {count}  {format_duration(event.seconds)}"
        case Blocked():
            blockers = "\n".join(map(_describe_blocker, event.blockers))
            place = f"{event.number}/{event.total}"
            return f"{event.file}  {place}  waits for a lock held by\n{blockers}"
        case StillRunning():
            place = f"{event.number}/{event.total}"
            return f"{event.file}  {place}  still running after {format_duration(event.seconds)}"
        case Retrying():
            return (
                f"Rolled back: no lock in time ({event.message}); attempt"
                f" {event.attempt + 1} in {format_duration(event.pause)}"
            )
        case SignalSent():
            return f"Signal   {event.name}"
        case Warned():
            return f"warning: {event.message}"


def _describe_blocker(blocker: Blocker) -> str:
    who = f"process {blocker.pid}" if blocker.pid else blocker.application
    named = f" ({blocker.application})" if blocker.pid and blocker.application else ""
    since = f" for {format_duration(blocker.seconds)}" if blocker.seconds else ""
    state = f", {blocker.state}{since}" if blocker.state else ""
    doing = f": {shorten_to_line(blocker.query)}" if blocker.query else ""
    return f"         {who}{named}{state}{doing}"


def _describe_planned(event: Planned) -> str:
    at = f"the database is at {event.current}" if event.current else "no history yet"
    pending = format_count(len(event.versions), "file")
    part = (
        f", {event.chosen} of them now" if event.chosen != len(event.versions) else ""
    )
    first = (
        f"Baseline {event.baseline}: this file and those before it count as applied\n"
        if event.baseline
        else ""
    )
    return f"{first}Pending  {pending}{part}; {at}"


def describe_outcome(
    outcome: Outcome, events: Sequence[Event], *, read_only: bool
) -> str:
    """Return the last lines: what was done, and what to do next."""
    selected, remaining = outcome.selected, outcome.selected.remaining_count
    at = (
        f"the database is at {outcome.current_version}"
        if outcome.current_version
        else "no history yet"
    )
    baseline = selected.baseline
    if read_only:
        if baseline is None and not selected.runs:
            return f"Nothing to do; {at}."
        return "Nothing was run.  Next  the same command without --dry-run or --check"
    done = [event for event in events if isinstance(event, FileDone)]
    if baseline is None and not done and not remaining:
        return f"Nothing to do; {at}."
    files = format_count(len(done), "file")
    statements = format_count(sum(event.statements for event in done), "statement")
    duration = format_duration(sum(event.seconds for event in done))
    ran = f"{files}, {statements}, {duration}" if done else "nothing was run"
    summary = f"Done     {ran}; {at}."
    if remaining:
        return f"{summary}\nNext     {format_count(remaining, 'file')} pending: python manage.py schemaapply"
    return f"{summary}\nNext     nothing: every file of the directory is applied."


def sql_of(runs: Iterable[FileRun], style: Any) -> Iterator[str]:
    """Yield the SQL that a run would send, file by file."""
    for run in runs:
        yield style.MIGRATE_HEADING(
            f"-- {run.file.name}  ({MODE_DESCRIPTIONS[run.mode]})"
        )
        for statement in run.statements[run.done_count :]:
            yield from statement.comments
            yield f"{statement.sql};"
        yield ""


def run_as_json(
    events: Sequence[Event], error: SchemaMigrationsError | None
) -> dict[str, Any]:
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


def event_as_json(event: Event) -> dict[str, Any]:
    """Return an event as a line of the log."""
    return {"event": EVENT_NAMES[type(event)], **asdict(event)}


def shorten_to_line(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= STATEMENT_WIDTH else f"{text[: STATEMENT_WIDTH - 3]}..."


def format_count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def format_duration(seconds: float) -> str:
    """Return a duration for people: ``12ms``, ``1.4s``, ``2m05s``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02}s"
