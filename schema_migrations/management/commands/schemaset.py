"""``schemaset``: mark files as applied or not applied, without running them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from schema_migrations.conf import read_settings
from schema_migrations.durations import parse_duration
from schema_migrations.errors import Declined, WrongUsage
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.management.commands._target_options import (
    add_target_options,
    url_of,
)
from schema_migrations.management.commands._terminal_asker import TerminalAsker
from schema_migrations.management.output.events import describe_event
from schema_migrations.management.output.lines import format_count
from schema_migrations.management.output.schemaset import (
    FORMATS,
    MarkedTarget,
    format_marking,
)
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

    from schema_migrations.history.marking import Marking

NO_INPUT_HINT = "To skip the question: --no-input. To only look: --dry-run."


class Command(SchemaCommand):
    help = "Mark migration files as applied or not applied, without running them."
    formats = FORMATS
    no_input_help = "never ask: the version says what to do"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target_name = ""
        self.is_confirmed = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "version",
            nargs="?",
            default="",
            help="files up to this one count as applied, files after it do not;"
            " 'zero': no file counts as applied",
        )
        parser.add_argument(
            "--move",
            metavar="OLD=NEW",
            action="append",
            default=[],
            help="the file of version OLD got the version NEW and kept its content: so"
            " does its revision",
        )
        parser.add_argument(
            "--forget",
            metavar="VERSION",
            action="append",
            default=[],
            help="delete the revision of this version, whose file is gone",
        )
        add_target_options(parser)
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="show what would change, write nothing",
        )

    def describe_interruption(self) -> Iterator[str]:
        if self.is_confirmed:
            yield "All revisions were marked, or none: schemastatus shows which."
        else:
            yield "Nothing was changed."

    def run(self, options: Options) -> int:
        self.target_name = ""
        self.is_confirmed = False
        if bool(options["version"]) == bool(options["move"] or options["forget"]):
            raise WrongUsage(
                problem="Give either a version, or --move and --forget.",
                advice="python manage.py schemaset VERSION, or python manage.py schemaset"
                " --forget VERSION",
            )
        moves = tuple(map(_parse_move, options["move"]))
        if twice := [old for old, _ in moves if old in options["forget"]]:
            raise WrongUsage(
                problem=f"--move and --forget both name version {twice[0]}.",
                advice="Give --move where the file has another name now, --forget where it"
                " is gone.",
            )
        alias = options["database"]
        settings = read_settings(alias, directory=options["dir"])
        directory = read_directory(settings.directory)
        self.warn_of_names(directory)
        request = SetVersionRequest(
            version=options["version"],
            moves=moves,
            forgotten=tuple(options["forget"]),
            revisions_schema=options["revisions_schema"] or settings.revisions_schema,
            connect_wait=parse_duration(options["wait"]),
            lock_wait=parse_duration(settings.lock_wait),
        )
        with open_target(alias, url_of(options)) as (connection, engine):
            if options["dry_run"]:
                marking = preview_marking(
                    connection, engine, directory, request, self._report
                )
            else:
                marking = set_version(
                    connection,
                    engine,
                    directory,
                    request,
                    self._report,
                    confirm=lambda marking: self._confirm_marking(marking, options),
                )
        self.show(
            MarkedTarget(
                name=self.target_name,
                marking=marking,
                change=_describe_change(request),
                read_only=options["dry_run"],
            )
        )
        return 0

    def _report(self, event: Event) -> None:
        if isinstance(event, Reached):
            self.target_name = event.target.name
        self.say(describe_event(event))

    def _confirm_marking(self, marking: Marking, options: Options) -> None:
        """Show what will change; ask before deleting revisions: files that are there
        run again."""
        for line in format_marking(marking):
            self.say(line)
        if marking.forgotten and options["interactive"]:
            self._ask_to_delete(marking)
        self.is_confirmed = True

    def _ask_to_delete(self, marking: Marking) -> None:
        count = format_count(len(marking.forgotten), "revision")
        if self.format_name != "text" or sys.stdin is None or not sys.stdin.isatty():
            names = ", ".join(each.revision.file_stem for each in marking.forgotten)
            raise Declined(
                problem=f"{count} would be deleted: {names}", advice=NO_INPUT_HINT
            )
        terminal = TerminalAsker(say=self.stdout.write, unanswered_hint=NO_INPUT_HINT)
        if not terminal.confirm(f"{count} will be deleted. Continue?"):
            raise Declined(problem="Cancelled: nothing was changed.")


def _parse_move(text: str) -> tuple[str, str]:
    old, _, new = text.partition("=")
    if not (old and new):
        raise WrongUsage(
            problem=f"--move {text}: two versions are needed, OLD=NEW.",
            advice="python manage.py schemastatus prints the whole command.",
        )
    return old, new


def _describe_change(request: SetVersionRequest) -> str:
    """Return the arguments that ask for the change."""
    moves = [f"--move {old}={new}" for old, new in request.moves]
    forgotten = [f"--forget {version}" for version in request.forgotten]
    return request.version or " ".join((*moves, *forgotten))
