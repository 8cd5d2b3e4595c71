"""``schemaset``: mark files as applied or not applied, without running them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from schema_migrations.conf import parse_duration, read_settings
from schema_migrations.errors import Declined
from schema_migrations.management.commands._apply_output import (
    describe_event,
    format_count,
)
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.management.commands._target_options import (
    add_target_options,
    url_of,
)
from schema_migrations.management.commands._terminal_asker import TerminalAsker
from schema_migrations.workflows.applying.events import Event, Reached
from schema_migrations.workflows.applying.set_version import (
    SetVersionRequest,
    preview_marking,
    set_version,
)
from schema_migrations.workflows.targets.connection import open_target, read_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser

    from schema_migrations.history.marking import Mark, Marking

NO_INPUT_HINT = "To skip the question: --no-input. To only look: --dry-run."


class Command(SchemaCommand):
    help = "Mark migration files as applied or not applied, without running them."
    no_input_help = "never ask: the version says what to do"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "version",
            help="files up to this one count as applied, files after it do not;"
            " 'zero': no file counts as applied",
        )
        add_target_options(parser)
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="show what would change, write nothing",
        )

    def run(self, options: Options) -> int:
        self.target_name = ""
        alias = options["database"]
        settings = read_settings(alias, directory=options["dir"])
        directory = read_directory(settings.directory)
        request = SetVersionRequest(
            version=options["version"],
            revisions_schema=options["revisions_schema"] or settings.revisions_schema,
            connect_wait=parse_duration(options["wait"]),
            lock_wait=parse_duration(settings.lock_wait),
        )
        with open_target(alias, url_of(options)) as (connection, engine):
            if options["dry_run"]:
                marking = preview_marking(
                    connection, engine, directory, request, self._report
                )
                self._show(marking)
            else:
                marking = set_version(
                    connection,
                    engine,
                    directory,
                    request,
                    self._report,
                    confirm=lambda marking: self._confirm_marking(marking, options),
                )
        self.say(
            _describe_marking(marking, request.version, read_only=options["dry_run"])
        )
        self.write_json(marking_as_json(marking, self.target_name))
        return 0

    def _report(self, event: Event) -> None:
        if isinstance(event, Reached):
            self.target_name = event.target.name
        self.say(describe_event(event))

    def _show(self, marking: Marking) -> None:
        for line in format_marking(marking):
            self.say(line)

    def _confirm_marking(self, marking: Marking, options: Options) -> None:
        """Show what will change; ask before deleting revisions: their files run again."""
        self._show(marking)
        if not marking.deleted or not options["interactive"]:
            return
        count = format_count(len(marking.deleted), "revision")
        if self.wants_json or sys.stdin is None or not sys.stdin.isatty():
            names = ", ".join(each.revision.file_stem for each in marking.deleted)
            raise Declined(
                problem=f"{count} would be deleted: {names}", advice=NO_INPUT_HINT
            )
        terminal = TerminalAsker(say=self.stdout.write, unanswered_hint=NO_INPUT_HINT)
        if not terminal.confirm(f"{count} will be deleted. Continue?"):
            raise Declined(problem="Cancelled: nothing was changed.")


def format_marking(marking: Marking) -> Iterator[str]:
    """Yield a line for each revision that changes."""
    for each in marking.written:
        yield f"  [x] {each.revision.file_stem}  {each.reason}"
    for each in marking.deleted:
        yield f"  [ ] {each.revision.file_stem}  {each.reason}"


def _describe_marking(marking: Marking, version: str, *, read_only: bool) -> str:
    if not marking:
        return f"Nothing to do: the revisions are already at {version}."
    written = format_count(len(marking.written), "revision")
    deleted = len(marking.deleted)
    if read_only:
        return (
            f"Nothing was changed: {written} would be written, {deleted} deleted.\n"
            f"Next     python manage.py schemaset {version}"
        )
    return f"Done     {written} written, {deleted} deleted; no file was run.\nNext     python manage.py schemastatus"


def marking_as_json(marking: Marking, target_name: str) -> dict[str, Any]:
    """Return the JSON object; after a dry run, of what would change."""
    return {
        "target": target_name,
        "written": [_mark_as_json(each) for each in marking.written],
        "deleted": [_mark_as_json(each) for each in marking.deleted],
    }


def _mark_as_json(mark: Mark) -> dict[str, str]:
    return {"version": mark.revision.version, "reason": mark.reason}
