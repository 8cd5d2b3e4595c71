"""``schemaadopt``: take over another tool's files, and what it has recorded."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

from schema_migrations.conf import read_settings
from schema_migrations.durations import parse_duration
from schema_migrations.history.other_tools.tools import DJANGO, TOOLS
from schema_migrations.history.path_url import path_from_text
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.management.commands._option_conflicts import (
    refuse_schemaadopt_conflicts,
)
from schema_migrations.management.commands._rows_options import (
    add_rows_of_option,
    read_large_tables,
)
from schema_migrations.management.commands._target_options import (
    add_target_options,
    url_of,
)
from schema_migrations.management.output.events import describe_event
from schema_migrations.management.output.schemaadopt import (
    FORMATS,
    HISTORY_FORMATS,
    MIGRATIONS_FORMATS,
    AdoptedTarget,
)
from schema_migrations.workflows.applying.adopt_history import adopt_history
from schema_migrations.workflows.applying.events import Event, Reached
from schema_migrations.workflows.applying.set_version import TargetRequest
from schema_migrations.workflows.planning.adopt_folder import (
    AdoptFolderRequest,
    adopt_folder,
)
from schema_migrations.workflows.planning.adopt_migrations import (
    AdoptMigrationsRequest,
    adopt_migrations,
)
from schema_migrations.workflows.planning.rows_file import RowsRequest
from schema_migrations.workflows.targets.connection import open_target, read_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser

    from schema_migrations.conf import Settings


def parse_day_option(text: str) -> datetime:
    """Read ``2026-01-31`` as the beginning of that day."""
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - as in the headers
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a day; write 2026-01-31"
        ) from None


class Command(SchemaCommand):
    help = (
        "Take over the migrations of Flyway, dbmate, goose, golang-migrate, sqlx or"
        " Django, and what they have recorded in a database."
    )
    formats = FORMATS
    target_name = ""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "folder",
            nargs="?",
            default="",
            help="the other tool's folder; it is only read",
        )
        parser.add_argument(
            "--from",
            dest="tool",
            choices=(*TOOLS, DJANGO),
            help="the tool (default: the one that the files are of); django, without"
            " FOLDER: the project's own migrations, which run on a dev database",
        )
        parser.add_argument(
            "--since",
            metavar="DATE",
            type=parse_day_option,
            help="with --from django: a file for each migration made from this day on, as"
            " 2026-01-31; those before are one file (default: a file for each)",
        )
        parser.add_argument(
            "--rows",
            action="store_true",
            help="with --from django: a file with the rows that the migrations before that"
            " day leave, too",
        )
        add_rows_of_option(parser)
        parser.add_argument(
            "--dev",
            metavar="URL",
            help="with --from django: where temporary databases are made: auto, embedded,"
            " docker://postgres/17 (default: the setting DEV)",
        )
        parser.add_argument(
            "--extra",
            metavar="FOLDER",
            help="where repeatable migrations go, for the setting EXTRA (default: extra,"
            " beside the migration directory)",
        )
        parser.add_argument(
            "--history",
            action="store_true",
            help="instead of FOLDER: read the other tool's table in a database, and record"
            " the files that it ran as applied",
        )
        add_target_options(parser)
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="show what would be written, write nothing",
        )

    def describe_interruption(self) -> Iterator[str]:
        yield "Everything was written, or nothing."

    def run(self, options: Options) -> int:
        self.target_name = ""
        refuse_schemaadopt_conflicts(options)
        settings = read_settings(options["database"], directory=options["dir"])
        if options["history"]:
            self._adopt_history(options, settings)
        elif options["tool"] == DJANGO:
            self._adopt_migrations(options)
        else:
            self._adopt_folder(options, settings)
        return 0

    def _adopt_folder(self, options: Options, settings: Settings) -> None:
        adopted = adopt_folder(
            AdoptFolderRequest(
                folder=path_from_text(options["folder"]),
                tool=options["tool"],
                alias=options["database"],
                directory=settings.directory,
                extra_folder=path_from_text(options["extra"])
                if options["extra"]
                else None,
                writes=not options["dry_run"],
            )
        )
        self.show(adopted)

    def _adopt_migrations(self, options: Options) -> None:
        adopted = adopt_migrations(
            AdoptMigrationsRequest(
                alias=options["database"],
                directory=options["dir"],
                dev=options["dev"],
                since=options["since"],
                rows=RowsRequest(answers=read_large_tables(options["large_tables"]))
                if options["rows"]
                else None,
                writes=not options["dry_run"],
            ),
            reporter=self,
        )
        self.show(adopted, MIGRATIONS_FORMATS)

    def _adopt_history(self, options: Options, settings: Settings) -> None:
        directory = read_directory(settings.directory)
        self.warn_of_names(directory)
        request = TargetRequest(
            revisions_schema=options["revisions_schema"] or settings.revisions_schema,
            connect_wait=parse_duration(options["wait"]),
            lock_wait=parse_duration(settings.lock_wait),
        )
        with open_target(options["database"], url_of(options)) as (connection, engine):
            history = adopt_history(
                connection,
                engine,
                directory,
                request,
                self._report,
                writes=not options["dry_run"],
            )
        adopted = AdoptedTarget(
            name=self.target_name, history=history, read_only=options["dry_run"]
        )
        self.show(adopted, HISTORY_FORMATS)

    def _report(self, event: Event) -> None:
        if isinstance(event, Reached):
            self.target_name = event.target.name
        self.say(describe_event(event))
