"""How the events of a run are shown while it goes on: lines, or entries of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, get_args

from schema_migrations.management.output.lines import (
    Formats,
    Line,
    LogEntry,
    Progress,
    View,
    format_count,
    format_duration,
    mask_controls,
    shorten_lines,
    shorten_to_line,
)
from schema_migrations.workflows.applying.events import (
    Blocked,
    Event,
    FileDone,
    FileStarted,
    LockWaiting,
    MessageReceived,
    Planned,
    Reached,
    Resumed,
    Retrying,
    RowsDone,
    SignalSent,
    StatementDone,
    StillRunning,
    Warned,
)

if TYPE_CHECKING:
    from schema_migrations.engines.blocker import Blocker, StatementProgress

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
    """Return the line that describes an event, without style and control characters."""
    return mask_controls(_describe_event(event))


def _describe_event(event: Event) -> str:
    match event:
        case Reached():
            return f"Target   {event.target.name}  {event.target.version}"
        case Planned():
            return _describe_planned(event)
        case LockWaiting():
            return f"Waiting for another run:\n         {event.holder}"
        case FileStarted():
            resumed = f", from statement {event.start + 1}" if event.start else ""
            return f"{event.file}  {MODE_DESCRIPTIONS[event.mode]}{resumed}"
        case StatementDone():
            return "\n".join(format_statement(event))
        case MessageReceived():
            return f"{event.severity}  {_describe_message(event)}"
        case Resumed():
            then = "counts as done" if event.done else "runs again"
            return f"{event.file}:{event.line}  {event.message}: the statement {then}"
        case FileDone():
            count = format_count(event.statements, "statement")
            return f"{event.file}  {count}  {format_duration(event.seconds)}"
        case Blocked():
            blockers = "\n".join(map(_describe_blocker, event.blockers))
            place = f"{event.number}/{event.total}"
            return f"{event.file}:{event.line}  {place}  waits for a lock held by\n{blockers}"
        case StillRunning():
            place = f"{event.number}/{event.total}"
            took = format_duration(event.seconds)
            return (
                f"{event.file}:{event.line}  {place}  still running after {took}"
                f"{_describe_progress(event.progress)}"
            )
        case RowsDone():
            return f"{event.file}:{event.line}  {_describe_batches(event)}"
        case Retrying():
            pause = format_duration(event.pause)
            return (
                f"Rolled back: lock not acquired in time; attempt {event.attempt + 1} in"
                f" {pause}\n         {event.message}"
            )
        case SignalSent():
            return f"Signal   {event.name}"
        case Warned():
            return f"warning: {event.message}"


def _describe_progress(progress: StatementProgress | None) -> str:
    if progress is None:
        return ""
    percent = progress.total and f", {min(progress.done / progress.total, 1):.0%}"
    return f": {progress.phase}{percent or ''}"


def _describe_batches(event: RowsDone) -> str:
    of_all = f" of about {event.about:,}" if event.about else ""
    left = event.seconds_left
    time_left = f", about {format_duration(left)} left" if left is not None else ""
    place = f"{event.number}/{event.total}"
    return f"{place}  {event.rows:,}{of_all} rows{time_left}"


def format_statement(event: StatementDone, *, in_full: bool = False) -> Iterator[str]:
    """Yield the lines of a statement that ran, beside its number and duration."""
    place = f"{event.number}/{event.total}"
    lead = f"  {place:>7}  {format_duration(event.seconds):>6}  "
    lines = re.split(r"\r?\n", event.mask().sql)
    shown = map(mask_controls, lines) if in_full else shorten_lines(lines)
    for number, line in enumerate(shown):
        yield f"{' ' * len(lead) if number else lead}{line}".rstrip()


def _describe_message(event: MessageReceived) -> str:
    place = f"{event.file}:{event.line}" if event.line else event.file
    lines = [f"{place}: {event.message}"]
    lines += [f"detail: {event.detail}"] if event.detail else []
    lines += [f"hint from the server: {event.hint}"] if event.hint else []
    return "\n".join(lines)


def find_warning(event: Event) -> Warned | None:
    """Return the warning that an event is, also one of the server."""
    match event:
        case Warned():
            return event
        case MessageReceived(is_warning=True):
            return Warned(message=_describe_message(event))
        case _:
            return None


def _describe_blocker(blocker: Blocker) -> str:
    who = f"process {blocker.pid}" if blocker.pid else blocker.application
    named = f" ({blocker.application})" if blocker.pid and blocker.application else ""
    since = f" for {format_duration(blocker.seconds)}" if blocker.seconds else ""
    state = f", {blocker.state}{since}" if blocker.state else ""
    doing = f":\n           {shorten_to_line(blocker.query)}" if blocker.query else ""
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


def format_event(event: Event, view: View) -> Iterator[Line]:
    """Yield what an event shows; of statements, of which there may be very many, little."""
    match event:
        case Warned() | MessageReceived():
            if warning := find_warning(event):
                yield warning
            elif view.verbosity > 1:
                yield describe_event(event)
        case FileStarted():
            yield Progress(text=event.file)
            if view.verbosity > 1:
                yield describe_event(event)
        case StatementDone():
            if view.verbosity > 1:
                yield from format_statement(event, in_full=view.verbosity > 2)
            yield Progress(text=f"{event.file}  {event.number}/{event.total}")
        case FileDone():
            yield f"{describe_event(event)}  {view.style.SUCCESS('ok')}"
        case SignalSent() | StillRunning(progress=None) if view.verbosity < 2:
            pass  # only of use to somebody who follows each step
        case Planned(versions=(), baseline="") if view.verbosity < 2:
            pass  # the last line says it
        case _:
            yield describe_event(event)


def log_event(event: Event, view: View) -> Iterator[Line]:
    shown = event.mask() if isinstance(event, StatementDone) else event
    yield LogEntry(values={"event": EVENT_NAMES[type(event)], **asdict(shown)})


FORMATS: Formats = {"text": format_event, "json": log_event}
