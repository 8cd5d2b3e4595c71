"""How ``schemaset`` shows the revisions that it writes and deletes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypedDict

from schema_migrations.history.marking import Mark, Marking, MarkReason
from schema_migrations.management.output.lines import (
    Formats,
    View,
    format_count,
    make_json_format,
)
from schema_migrations.management.output.next_command import format_command


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedTarget:
    """What changed in the revisions of a target, or with ``read_only`` would."""

    name: str
    marking: Marking
    change: str
    """What was asked for: the arguments of the command."""
    read_only: bool


class MarkJson(TypedDict):
    version: str
    reason: MarkReason
    """Why the revision changes."""


class MarkedTargetJson(TypedDict):
    target: str
    """Its URL, without password."""
    written: list[MarkJson]
    deleted: list[MarkJson]


def format_marking(marking: Marking) -> Iterator[str]:
    """Yield a line for each revision that changes."""
    for each in marking.written:
        yield f"  [x] {each.revision.file_stem}  {each.reason}"
    for each in marking.deleted:
        yield f"  [ ] {each.revision.file_stem}  {each.reason}"


def format_marked_target(result: MarkedTarget, view: View) -> Iterator[str]:
    """Yield what was done; what was written was shown before it was confirmed."""
    written = format_count(len(result.marking.written), "revision")
    deleted = len(result.marking.deleted)
    if result.read_only:
        yield from format_marking(result.marking)
    if not result.marking:
        is_version = not result.change.startswith("--")
        what = f"at {result.change}" if is_version else f"as {result.change} makes them"
        yield f"Nothing to do: the revisions are already {what}."
    elif result.read_only:
        command = format_command(f"schemaset {result.change}", view.given)
        yield f"Nothing was changed: {written} would be written, {deleted} deleted."
        yield f"Next     {command}"
    else:
        yield f"Done     {written} written, {deleted} deleted; no file was run."
        yield f"Next     {format_command('schemastatus', view.given)}"


def marked_target_as_json(result: MarkedTarget) -> MarkedTargetJson:
    return {
        "target": result.name,
        "written": marks_as_json(result.marking.written),
        "deleted": marks_as_json(result.marking.deleted),
    }


def marks_as_json(marks: Iterable[Mark]) -> list[MarkJson]:
    return [{"version": each.revision.version, "reason": each.reason} for each in marks]


FORMATS: Formats = {
    "text": format_marked_target,
    "json": make_json_format(marked_target_as_json),
}
