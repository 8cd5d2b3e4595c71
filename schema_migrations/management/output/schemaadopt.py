"""How ``schemaadopt`` shows the files that it makes, and the history that it takes over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from schema_migrations.history.other_tools.adoption import AdoptedFile
from schema_migrations.history.other_tools.tools import DJANGO
from schema_migrations.history.rows_files import is_part_of_baseline
from schema_migrations.management.output.lines import (
    Formats,
    View,
    format_count,
    make_json_format,
    shorten_path,
)
from schema_migrations.management.output.next_command import (
    READ_ONLY_FLAGS,
    format_command,
    format_without_flags,
)
from schema_migrations.management.output.rows import (
    RowsJson,
    describe_rows,
    rows_as_json,
)
from schema_migrations.management.output.schemaset import (
    MarkJson,
    format_marking,
    marks_as_json,
)
from schema_migrations.workflows.applying.adopt_history import AdoptedHistory
from schema_migrations.workflows.planning.adopt_folder import AdoptedFolder
from schema_migrations.workflows.planning.adopt_migrations import AdoptedMigrations
from schema_migrations.workflows.planning.first_of_history import AdoptedMigration


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedTarget:
    """A target whose revisions were taken over, or with ``read_only`` would be."""

    name: str
    history: AdoptedHistory
    read_only: bool


class AdoptedTargetJson(TypedDict):
    target: str
    """Its URL, without password."""
    tool: str
    table: str
    """The tool's table, which was only read."""
    written: list[MarkJson]


class AdoptedFileJson(TypedDict):
    source: str
    """The other tool's file, from its folder; the migration of Django, as
    `shop.0003_stock`, or nothing for all that were made before the date and their
    rows."""
    file: str
    transactional: bool
    """Whether the file runs in a transaction."""
    has_down: bool
    """Whether what undoes it is kept, under the same name."""
    extra: str | None
    """The file for `EXTRA`, of a repeatable migration."""


class LeftOutJson(TypedDict):
    file: str
    reason: str
    """Why it is not taken; of a migration of Django, what it does to rows by Python."""


class AdoptedFolderJson(TypedDict):
    tool: str
    directory: str
    files: list[AdoptedFileJson]
    left_out: list[LeftOutJson]
    down_folder: str | None
    """Where the parts that undo files are kept; null: there are none."""
    extra_folder: str | None
    """What `EXTRA` should list; null: nothing is repeatable."""
    rows: RowsJson | None
    """The file of rows; null: none was asked for."""
    changed: bool
    """Whether the files were written: false with `--dry-run`."""


def format_adopted_folder(result: AdoptedFolder, view: View) -> Iterator[str]:
    """Yield old and new names, what was written, and what to do with it."""
    adoption = result.adoption
    count = format_count(len(adoption.files), "file")
    yield f"Found    {count} of {adoption.tool} in {shorten_path(result.folder)}"
    width = max(len(each.source) for each in adoption.files)
    for each in adoption.files:
        notes = ", ".join(_list_notes(each, result.extra_folder))
        line = f"  {each.source:{width}} -> {each.file.name}"
        yield f"{line}  ({notes})" if notes else line
    for other in adoption.left_out:
        yield f"  {other.file:{width}} is not taken: {other.reason}"
    verb = "Wrote   " if result.is_written else "Would write"
    yield f"{verb} {', '.join(_list_places(result))}"
    if not result.is_written:
        yield f"Next     {format_without_flags(view.arguments, READ_ONLY_FLAGS)}"
        return
    if adoption.extras:
        yield f"Now list the repeatable ones in EXTRA: {shorten_path(result.extra_folder)}"
    yield f"For each database that {adoption.tool} made, once the files are committed:"
    yield f"  {format_command('schemaadopt --history', view.given)}"
    yield f"Next     {format_command('schemadiff --check', view.given)}"


def _list_notes(adopted: AdoptedFile, extra_folder: Path) -> Iterator[str]:
    if not adopted.transactional:
        yield "no transaction"
    if adopted.down:
        yield "its down part is kept"
    if adopted.extra:
        yield f"also {shorten_path(extra_folder / adopted.extra.name)}"


def _list_places(result: AdoptedFolder) -> Iterator[str]:
    files = result.adoption.files
    yield f"{format_count(len(files), 'file')} and atlas.sum to {shorten_path(result.directory)}"
    for count, folder in (
        (len(result.adoption.downs), result.down_folder),
        (len(result.adoption.extras), result.extra_folder),
    ):
        if count:
            yield f"{count} to {shorten_path(folder)}"


def adopted_folder_as_json(result: AdoptedFolder) -> AdoptedFolderJson:
    adoption = result.adoption
    return {
        "tool": adoption.tool,
        "directory": str(result.directory),
        "files": [
            {
                "source": each.source,
                "file": each.file.name,
                "transactional": each.transactional,
                "has_down": each.down is not None,
                "extra": each.extra.name if each.extra else None,
            }
            for each in adoption.files
        ],
        "left_out": [
            {"file": each.file, "reason": each.reason} for each in adoption.left_out
        ],
        "down_folder": str(result.down_folder) if adoption.downs else None,
        "extra_folder": str(result.extra_folder) if adoption.extras else None,
        "rows": None,
        "changed": result.is_written,
    }


def format_adopted_migrations(result: AdoptedMigrations, view: View) -> Iterator[str]:
    """Yield migrations and their files, what no file does, and what to do next."""
    later = [each for each in result.files if each.source]
    migrations = format_count(len(later), "migration")
    apps = format_count(result.app_count, "app")
    since = f" made since {result.since:%Y-%m-%d}" if result.since else ""
    early = f", and {result.early_count} before" if result.early_count else ""
    yield f"Found    {migrations} of {apps}{since}{early}"
    width = max((len(_name_source(each)) for each in result.files), default=0)
    for each in result.files:
        notes = "" if each.transactional else "  (no transaction)"
        yield f"  {_name_source(each):{width}} -> {each.file.name}{notes}"
        if each.source:
            for left in each.left_out:
                yield f"  {'':{width}}    not done: {left.kind} {left.summary}"
    if result.rows:
        yield from describe_rows(result.rows)
    elif count := sum(len(each.left_out) for each in result.files if not each.source):
        operations = format_count(count, "operation")
        yield f"The first file has no rows ({operations} at its end); --rows writes them."
    verb = "Wrote   " if result.is_written else "Would write"
    files = format_count(len(result.files), "file")
    yield f"{verb} {files} and atlas.sum to {shorten_path(result.directory)}"
    if not result.is_written:
        yield f"Next     {format_without_flags(view.arguments, READ_ONLY_FLAGS)}"
        return
    yield "For each database that migrate made, once the files are committed:"
    yield f"  {format_command('schemaadopt --history', view.given)}"
    yield f"Next     {format_command('schemadiff --check', view.given)}"


def _name_source(adopted: AdoptedMigration) -> str:
    return adopted.source or (
        "rows of these" if is_part_of_baseline(adopted.file) else "all before"
    )


def adopted_migrations_as_json(result: AdoptedMigrations) -> AdoptedFolderJson:
    return {
        "tool": DJANGO,
        "directory": str(result.directory),
        "files": [
            {
                "source": each.source,
                "file": each.file.name,
                "transactional": each.transactional,
                "has_down": False,
                "extra": None,
            }
            for each in result.files
        ],
        "left_out": [
            {"file": left.migration_label, "reason": f"{left.kind} {left.summary}"}
            for each in result.files
            for left in each.left_out
        ],
        "down_folder": None,
        "extra_folder": None,
        "rows": rows_as_json(result.rows) if result.rows else None,
        "changed": result.is_written,
    }


def format_adopted_target(result: AdoptedTarget, view: View) -> Iterator[str]:
    """Yield each file that counts as applied now, and what to do next."""
    history = result.history
    marking = history.marking
    yield from format_marking(marking)
    count = format_count(len(marking.written), "revision")
    if not marking:
        yield f"Nothing to do: {history.table} has nothing that is not recorded."
    elif result.read_only:
        yield f"Nothing was changed: {count} would be written."
        yield f"Next     {format_command('schemaadopt --history', view.given)}"
    else:
        yield (
            f"Done     {count} written; no file was run, and {history.table} was only"
            " read."
        )
        if history.passed_over:
            files = format_count(len(history.passed_over), "file")
            verb = "is" if len(history.passed_over) == 1 else "are"
            yield f"{files} {verb} pending that {verb} older than others which count as applied:"
            yield from (f"  [ ] {file.name}" for file in history.passed_over)
            command = "schemaapply --exec-order non-linear"
            yield f"Next     {format_command(command, view.given)}"
            return
        yield f"Next     {format_command('schemastatus', view.given)}"


def adopted_target_as_json(result: AdoptedTarget) -> AdoptedTargetJson:
    history = result.history
    return {
        "target": result.name,
        "tool": history.tool,
        "table": history.table,
        "written": marks_as_json(history.marking.written),
    }


HISTORY_FORMATS: Formats = {
    "text": format_adopted_target,
    "json": make_json_format(adopted_target_as_json),
}
MIGRATIONS_FORMATS: Formats = {
    "text": format_adopted_migrations,
    "json": make_json_format(adopted_migrations_as_json),
}
FORMATS: Formats = {
    "text": format_adopted_folder,
    "json": make_json_format(adopted_folder_as_json),
}
