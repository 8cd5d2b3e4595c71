"""How ``schemaapply`` shows its results on many targets.

Invariant: as text there is a line for every target that was changed or failed, and a
summary that counts all of them, and says once what to do about each kind of error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypedDict

from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.management.hints import FormatCommand, hint_of, message_of
from schema_migrations.management.output.events import find_warning
from schema_migrations.management.output.lines import (
    Formats,
    Line,
    LogEntry,
    Progress,
    View,
    format_beside,
    format_count,
    format_duration,
    list_some,
    make_json_format,
)
from schema_migrations.management.output.next_command import (
    ANY_URL,
    READ_ONLY_FLAGS,
    format_command,
    format_command_line,
    format_without_flags,
)
from schema_migrations.management.output.schemaapply import (
    RunJson,
    describe_files,
    run_as_json,
)
from schema_migrations.workflows.applying.events import FileDone, Warned
from schema_migrations.workflows.applying.target_work import TargetResult
from schema_migrations.workflows.targets.addresses import Address

MOST_NAMES = 20
"""So many targets with the same failure are named at the end; each has its own line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedTarget:
    """The result of one target, and how many have ended."""

    result: TargetResult
    number: int
    total: int
    read_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedTargets:
    results: Sequence[TargetResult]
    """In the order they ended."""
    not_started: Sequence[Address]
    read_only: bool
    seconds: float


class TargetJson(RunJson):
    name: str
    """The URL, without password, or the name that was given."""


class TargetsJson(TypedDict):
    targets: list[TargetJson]
    """In the order they ended."""
    not_started: list[str]
    """Names of targets."""


class EndedEntry(TargetJson):
    event: Literal["target_ended"]


def format_target(ended: EndedTarget, view: View) -> Iterator[Line]:
    """Yield the line of a target; of one with nothing to do only from ``-v 2`` on."""
    yield from _list_warnings(ended.result)
    number = f"{ended.number:>{len(str(ended.total))}}"
    label = ended.result.address.label
    words = describe_result(ended.result, read_only=ended.read_only)
    place = f"[{number}/{ended.total}] "
    line = f"{place}{label}  {words}"
    if (error := ended.result.error) is not None:
        yield view.style.ERROR(line)
        message, *_ = _message_of(ended.result, error).splitlines()
        yield from format_beside(" " * len(place), message, view)
    elif view.verbosity > 1 or _has_work(ended.result, read_only=ended.read_only):
        yield line
    else:
        yield Progress(text=line)


def log_target(ended: EndedTarget, view: View) -> Iterator[Line]:
    yield from _list_warnings(ended.result)
    entry: EndedEntry = {"event": "target_ended", **_target_as_json(ended.result)}
    yield LogEntry(values=entry)


def _list_warnings(result: TargetResult) -> Iterator[Warned]:
    for event in result.events:
        if warning := find_warning(event):
            yield Warned(message=f"{result.address.label}: {warning.message}")


def describe_result(result: TargetResult, *, read_only: bool) -> str:
    """Return the result of one target in a few words."""
    if result.error is not None:
        return f"failed ({result.error.exit_code})"
    if read_only:
        return f"{format_count(result.pending_count, 'file')} pending"
    done = [event for event in result.events if isinstance(event, FileDone)]
    remaining = f"; {result.pending_count} pending" if result.pending_count else ""
    if not done:
        return f"nothing to do{remaining}"
    return f"{describe_files(done, result.seconds)}{remaining}"


def _has_work(result: TargetResult, *, read_only: bool) -> bool:
    if read_only:
        return bool(result.pending_count)
    return any(isinstance(event, FileDone) for event in result.events)


def format_targets(ended: EndedTargets, view: View) -> Iterator[str]:
    """Yield the last lines: how many, which failed, and what to do next."""
    results, not_started = ended.results, ended.not_started
    command = partial(format_command, given={**view.given, "url": ANY_URL})
    failed = [result for result in results if result.error is not None]
    changed = [
        result
        for result in results
        if result.error is None and _has_work(result, read_only=ended.read_only)
    ]
    unchanged = len(results) - len(failed) - len(changed)
    word = "have pending files" if ended.read_only else "brought up to date"
    parts = [f"{len(changed)} {word}", f"{unchanged} had nothing to do"]
    parts += [f"{len(failed)} failed"] if failed else []
    parts += [f"{len(not_started)} not started"] if not_started else []
    total = format_count(len(results) + len(not_started), "target")
    counted = f"{total}: {', '.join(parts)}; {format_duration(ended.seconds)}"
    yield from format_beside("Done     ", counted, view)
    yield from _list_errors(results, command, view)
    if failed or not_started:
        yield "Next     fix what failed and run the same command again; each target resumes"
        if view.arguments:
            yield f"         {format_command_line(view.arguments)}"
    elif ended.read_only and changed:
        yield f"Next     {format_without_flags(view.arguments, READ_ONLY_FLAGS)}"
    elif not results:
        yield "Next     nothing: this shard has no targets"
    else:
        yield "Next     nothing: every target has all requested files"


def _list_errors(
    results: Sequence[TargetResult], command: FormatCommand, view: View
) -> Iterator[str]:
    """Yield each message with its targets, and once for each kind of error what to do."""
    kinds: dict[tuple[type, str], dict[str, list[str]]] = {}
    for result in results:
        if (error := result.error) is not None:
            messages = kinds.setdefault((type(error), hint_of(error, command)), {})
            message = _message_of(result, error)
            messages.setdefault(message, []).append(result.address.label)
    for (_, hint), messages in kinds.items():
        for message, labels in messages.items():
            most = len(labels) if view.verbosity > 1 else MOST_NAMES
            text = f"{list_some(labels, most)}: {message}"
            yield from format_beside("Failed   ", text, view)
        label = "Each     " if len(messages) > 1 else "         "
        yield from format_beside(label, hint, view)


def _message_of(result: TargetResult, error: SchemaMigrationsError) -> str:
    """Return the message without the target's name at its start: it stands before it."""
    return message_of(error).removeprefix(f"{result.address.label}: ")


def targets_as_json(ended: EndedTargets) -> TargetsJson:
    return {
        "targets": [_target_as_json(each) for each in ended.results],
        "not_started": [address.label for address in ended.not_started],
    }


def _target_as_json(result: TargetResult) -> TargetJson:
    outcome = run_as_json(result.events, result.error)
    return {"name": result.address.label, **outcome}


TARGET_FORMATS: Formats = {"text": format_target, "json": log_target}
FORMATS: Formats = {
    "text": format_targets,
    "json": make_json_format(targets_as_json),
}
