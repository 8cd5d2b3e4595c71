"""``schemaset``: mark files as applied, or not, without running them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from schema_migrations.conf import seconds, settings_for
from schema_migrations.errors import AnswerNeeded
from schema_migrations.management.commands._apply_output import counted, describe
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.management.commands._questions import Terminal
from schema_migrations.management.commands._target import (
    add_target_options,
    url_of,
)
from schema_migrations.workflows.applying.events import Event, Reached
from schema_migrations.workflows.applying.mark import Wish, mark, preview
from schema_migrations.workflows.targets.connecting import directory_of, target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser

    from schema_migrations.history.marking import Mark, Marking

FLAG = "To do it without a question: --no-input. To only look: --dry-run."


class Command(SchemaCommand):
    help = "Mark migration files as applied, or not, without running them."
    no_input = "never ask: the version says what is to be done"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "version",
            help="files up to this one count as applied, those after it do not;"
            " 'zero': none does",
        )
        add_target_options(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change; only read"
        )

    def run(self, options: Options) -> int:
        self.target = ""
        alias = options["database"]
        settings = settings_for(alias, directory=options["dir"])
        directory = directory_of(settings.directory)
        wish = Wish(
            version=options["version"],
            revisions_schema=options["revisions_schema"] or settings.revisions_schema,
            wait=seconds(options["wait"]),
            lock_wait=seconds(settings.lock_wait),
        )
        with target(alias, url_of(options)) as (connection, engine):
            if options["dry_run"]:
                found = preview(connection, engine, directory, wish, self._report)
                self._show(found)
            else:
                found = mark(
                    connection,
                    engine,
                    directory,
                    wish,
                    self._report,
                    agree=lambda found: self._agree(found, options),
                )
        self.say(_conclusion(found, wish.version, read_only=options["dry_run"]))
        self.answer(as_json(found, self.target))
        return 0

    def _report(self, event: Event) -> None:
        if isinstance(event, Reached):
            self.target = event.target.name
        self.say(describe(event))

    def _show(self, found: Marking) -> None:
        for line in lines_of(found):
            self.say(line)

    def _agree(self, found: Marking, options: Options) -> None:
        """Show what will change; files that are to be run again are asked about."""
        self._show(found)
        if not found.deleted or not options["interactive"]:
            return
        count = counted(len(found.deleted), "revision")
        if self.as_json or sys.stdin is None or not sys.stdin.isatty():
            names = ", ".join(each.revision.title for each in found.deleted)
            raise AnswerNeeded(f"{count} would be deleted: {names}", hint=FLAG)
        terminal = Terminal(say=self.stdout.write, unanswered=FLAG)
        if not terminal.agreed(f"{count} will be deleted. Go on?"):
            raise AnswerNeeded("Nothing was changed.", hint=FLAG)


def lines_of(found: Marking) -> Iterator[str]:
    """Yield a line for each revision that changes."""
    for each in found.written:
        yield f"  [x] {each.revision.title}  {each.reason}"
    for each in found.deleted:
        yield f"  [ ] {each.revision.title}  {each.reason}"


def _conclusion(found: Marking, version: str, *, read_only: bool) -> str:
    if not found:
        return f"Nothing to do: the revisions say {version} already."
    written = counted(len(found.written), "revision")
    deleted = len(found.deleted)
    said = f"{written} written, {deleted} deleted"
    if read_only:
        return (
            f"Would be {said}; nothing was changed.\n"
            f"Next     python manage.py schemaset {version}"
        )
    return f"Done     {said}; no file was run.\nNext     python manage.py schemastatus"


def as_json(found: Marking, target: str) -> dict[str, Any]:
    """Return the JSON object; with ``--dry-run`` what would be so."""
    return {
        "target": target,
        "written": [_mark_as_json(each) for each in found.written],
        "deleted": [_mark_as_json(each) for each in found.deleted],
    }


def _mark_as_json(each: Mark) -> dict[str, str]:
    return {"version": each.revision.version, "reason": each.reason}
