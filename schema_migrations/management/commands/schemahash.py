"""``schemahash``: rewrite or verify ``atlas.sum``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.db import connections

from schema_migrations.conf import read_settings
from schema_migrations.engines.registry import engine_for
from schema_migrations.history.directory import rehash, verify
from schema_migrations.history.other_readings import find_other_readings
from schema_migrations.history.sums import SUM_FILE
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.management.commands._option_conflicts import (
    refuse_schemahash_conflicts,
)
from schema_migrations.management.output.schemahash import (
    FORMATS,
    NEXT_STEP,
    Rehash,
    format_rehash,
    format_replay,
)
from schema_migrations.workflows.targets.connection import read_directory

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from schema_migrations.history.directory import Directory
    from schema_migrations.workflows.states.replayed_files import ReplayedFiles


class Command(SchemaCommand):
    help = "Write atlas.sum for the migration files as they are now."
    formats = FORMATS

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; exit 4 when atlas.sum and the files differ; needs no"
            " database",
        )
        parser.add_argument(
            "--replay",
            action="store_true",
            help="with --check: also run all files on a dev database; exit 2 for one that"
            " fails",
        )
        parser.add_argument(
            "--dev",
            metavar="URL",
            help="with --replay: where the temporary database is made: auto, embedded,"
            " docker://postgres/17, postgres://… (default: the setting DEV)",
        )

    def run(self, options: Options) -> int:
        refuse_schemahash_conflicts(options)
        settings = read_settings(options["database"], directory=options["dir"])
        path = settings.directory
        before = read_directory(path)
        self.warn_of_names(before)
        if settings.warns_of_atlas:
            self._warn_of_atlas(before, options["database"])
        if options["check"]:
            verify(before)
            self._conclude(
                before, changed=False, replayed=self._replay(options, before)
            )
            return 0
        # A sum file says that the files can be run: checks then read no file (glance).
        verify(before.with_files(()))
        after = rehash(path)
        self._conclude(after, changed=after.sum_file_text != before.sum_file_text)
        return 0

    def _warn_of_atlas(self, directory: Directory, alias: str) -> None:
        """Warn of what Atlas reads in another way than the server."""
        syntax = engine_for(connections[alias].vendor).dialect.syntax
        for file in directory.files:
            for reading in find_other_readings(file, syntax):
                self.warn(f"{file.name}:{reading.line}: {reading.message}")

    def _replay(self, options: Options, directory: Directory) -> ReplayedFiles | None:
        """Run the files on a dev database, if asked to."""
        if not options["replay"]:
            return None
        # Imported here: else the command needs neither models nor a database.
        from schema_migrations.workflows.states.replayed_files import replay_directory

        replayed = replay_directory(
            options["database"],
            directory=options["dir"],
            dev=options["dev"],
            report=self.say,
            report_progress=self.show_progress,
        )
        for warning in replayed.warnings:
            self.warn(warning)
        for line in format_replay(replayed, len(directory.files)):
            self.say(line)
        return replayed

    def _conclude(
        self,
        directory: Directory,
        *,
        changed: bool,
        replayed: ReplayedFiles | None = None,
    ) -> None:
        """Show what was done; raise if the files changed meanwhile."""
        result = Rehash(
            file=str(Path(directory.path) / SUM_FILE),
            files=len(directory.files),
            changed=changed,
            replayed=len(replayed.names) if replayed else None,
            dev=replayed.dev_server if replayed else "",
        )
        for line in format_rehash(result):
            self.say(line)
        verify(directory)
        if changed:
            self.say(NEXT_STEP)
        self.show(result)
