"""What an interrupted run left: what stays, what was rolled back.  Pure.

Invariant: only what an event proves is said; the next run looks at the database itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schema_migrations.history.statements import find_transaction_control
from schema_migrations.management.output.lines import format_count
from schema_migrations.workflows.applying.events import (
    Event,
    FileDone,
    FileStarted,
    StatementDone,
)

MAX_NAMED = 3
"""The most files to name."""


def describe_interruption(events: Sequence[Event]) -> Iterator[str]:
    """Yield the lines about the files of a run on one target."""
    done = [event.file for event in events if isinstance(event, FileDone)]
    started = [event for event in events if isinstance(event, FileStarted)]
    open_files = [event for event in started if event.file not in done]
    if done:
        yield f"Stays    {_list_files(done)}"
    if not open_files:
        if not done:
            yield "Nothing was run."
        return
    last = open_files[-1]
    if last.mode == "none":
        yield _describe_progress(last, events)
    elif _find_last_number(last, events) == last.total:
        yield f"Unknown  whether {_list_files([e.file for e in open_files])} was committed"
    else:
        yield f"Undone   {_list_files([event.file for event in open_files])}: rolled back"


def _describe_progress(started: FileStarted, events: Sequence[Event]) -> str:
    """Describe a file that ran statement by statement, with transactions of its own."""
    kept, in_transaction = started.start, False
    for event in events:
        if isinstance(event, StatementDone) and event.file == started.file:
            word = find_transaction_control(event.sql)
            in_transaction = word.startswith(("BEGIN", "START")) or (
                in_transaction and not word
            )
            kept = kept if in_transaction else event.number
    running = f"; statement {kept + 1} was running" if kept < started.total else ""
    return f"Stays    {kept} of {started.total} statements of {started.file}{running}"


def _find_last_number(started: FileStarted, events: Sequence[Event]) -> int:
    numbers = (
        event.number
        for event in events
        if isinstance(event, StatementDone) and event.file == started.file
    )
    return max(numbers, default=started.start)


def _list_files(names: Sequence[str]) -> str:
    if len(names) <= MAX_NAMED:
        return ", ".join(names)
    return f"{format_count(len(names), 'file')}, {names[0]} to {names[-1]}"
