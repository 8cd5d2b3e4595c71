"""``schemadiff``: the next migration file, planned from the models and proved."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from django.apps import apps
from django.core.checks import Tags
from django.core.management.base import CommandParser, SystemCheckError

from schema_migrations.conf import read_settings
from schema_migrations.errors import ConfigError
from schema_migrations.history.directory import (
    Directory,
    load,
    next_name,
    save,
    verify,
)
from schema_migrations.history.django_coverage import read_coverage
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.history.sums import SUM_FILE
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.management.commands._diff_output import (
    colour_sql,
    find_major_versions,
    format_change_tree,
    proposal_as_json,
)
from schema_migrations.management.commands._terminal_asker import TerminalAsker
from schema_migrations.plan.answers import read_answers
from schema_migrations.plan.plan import Plan
from schema_migrations.plan.summary import suggest_name
from schema_migrations.workflows.planning.acknowledge import (
    acknowledge,
    check_names,
    choose_file_name,
    make_notes,
)
from schema_migrations.workflows.planning.proposal import Proposal, propose
from schema_migrations.workflows.planning.questions import Asker
from schema_migrations.workflows.planning.scope import make_scope
from schema_migrations.workflows.planning.uncovered_migrations import (
    UncoveredMigrations,
    find_uncovered_migrations,
)
from schema_migrations.workflows.states.live_database import probe_server
from schema_migrations.workflows.states.models_ddl import map_tables_to_apps
from schema_migrations.workflows.states.sources import (
    FILES,
    MODELS,
    Workspace,
    open_workspace,
)

EXIT_DONE, EXIT_CHANGES = 0, 1


class Command(SchemaCommand):
    help = "Write the next SQL migration file from the difference between files and models."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", nargs="?", default="", help="of the new file")
        parser.add_argument(
            "--check",
            action="store_true",
            help="write nothing; exit 1 and show the changes when there are any",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print the SQL, write nothing"
        )
        parser.add_argument(
            "--empty", action="store_true", help="a new empty file for SQL by hand"
        )
        parser.add_argument(
            "--dev",
            metavar="URL",
            help="auto, embedded, docker://postgres/17, postgres://… (default: DEV)",
        )
        parser.add_argument(
            "--app",
            action="append",
            metavar="LABEL",
            dest="apps",
            help="limit the change to this app; repeatable",
        )
        parser.add_argument(
            "--rename",
            action="append",
            default=[],
            metavar="OLD=NEW",
            dest="renames",
            help="table=table or table.column=column; repeatable",
        )
        parser.add_argument(
            "--default",
            action="append",
            default=[],
            metavar="TABLE.COLUMN=SQL",
            dest="defaults",
            help="value for existing rows; NULL: leave them without one; repeatable",
        )
        parser.add_argument(
            "--allow-data-loss",
            action="store_true",
            help="plan it although rows or values are lost; the file says which",
        )
        parser.add_argument(
            "--acknowledge",
            action="append",
            default=[],
            metavar="APP.MIGRATION",
            help="what this Django migration does besides the schema is seen to; also "
            "APP or all; repeatable",
        )
        parser.add_argument(
            "--from",
            metavar="SOURCE",
            dest="source",
            help="files, models, a directory, a .sql file, db:ALIAS or a URL",
        )
        parser.add_argument("--to", metavar="SOURCE", dest="target", help="as --from")
        parser.add_argument(
            "--write",
            action="store_true",
            help="with --from or --to: write the file as well",
        )

    def run(self, options: Options) -> int:
        started = perf_counter()
        if options["empty"]:
            return self._write_empty_file(options)
        answers = read_answers(
            options["renames"],
            options["defaults"],
            allow_data_loss=options["allow_data_loss"],
        )
        self._check_models()
        with open_workspace(
            options["database"],
            directory=options["dir"],
            dev=options["dev"],
            report=self.say,
        ) as workspace:
            self._report_workspace(workspace)
            found = self._acknowledge_operations(workspace, options)
            proposal = propose(
                workspace,
                source=options["source"] or FILES,
                target=options["target"] or MODELS,
                answers=answers,
                asker=self._choose_asker(options),
                strict=_wants_file(options),
                scope=make_scope(apps, options["apps"]),
                prove=not options["check"],
                notes=make_notes(found),
            )
        self._say_phases(workspace)
        return self._conclude(proposal, found, workspace, options, started)

    def _choose_asker(self, options: Options) -> Asker | None:
        """Return who answers: nobody without a terminal, or where nothing is written."""
        there = sys.stdin is not None and sys.stdin.isatty()
        if self.wants_json or not (
            options["interactive"] and there and _wants_file(options)
        ):
            return None
        return TerminalAsker(say=self.stdout.write)

    def _acknowledge_operations(
        self, workspace: Workspace, options: Options
    ) -> UncoveredMigrations:
        """Return what the next file is to record; nothing between other sources.

        It comes before the slow work.  Raises ``AnswerNeeded`` and ``ConfigError``.
        """
        given = options["acknowledge"]
        check_names(given, workspace.django_migrations)
        if not _has_default_sources(options):
            return UncoveredMigrations()
        found = find_uncovered_migrations(
            read_coverage(workspace.directory.files),
            workspace.django_migrations,
            workspace.alias,
            labels=options["apps"],
        )
        for warning in found.warnings:
            self.warn(warning)
        lines = acknowledge(
            found,
            given,
            asker=self._choose_asker(options),
            strict=_wants_file(options),
            in_full=self.verbosity > 1,
        )
        for line in lines:
            self.say(line)
        return found

    def _check_models(self) -> None:
        """Refuse models that Django itself would refuse; raises ``ConfigError``."""
        try:
            # No databases: Django 6.1 takes None as all, and connects to each of them.
            self.check(tags=[Tags.models], databases=[])
        except SystemCheckError as error:
            raise ConfigError(
                str(error), hint="Correct the models; manage.py check says the same."
            ) from error

    def _report_workspace(self, workspace: Workspace) -> None:
        server, engine = workspace.server, workspace.engine
        reason = f" ({server.choice_reason})" if server.choice_reason else ""
        self.say(f"Dev database  {server.description}{reason}")
        target = probe_server(workspace.alias, engine)
        if target is not None and str(target.major) not in find_major_versions(
            server.description
        ):
            self.warn(
                f"the target runs {target.version}, the dev database "
                f"{server.description}: take the same major version with DEV or --dev"
            )
        for label, reason in workspace.django_migrations.read_errors.items():
            self.warn(
                f"the Django migrations of {label} cannot be read; what they make "
                f"besides models (extensions, collations, rows) is not known: {reason}"
            )
        for file in workspace.directory.files:
            for line, message in file.check_directives(engine.syntax):
                self.warn(f"{file.name}:{line}: {message}")

    def _say_phases(self, workspace: Workspace) -> None:
        for name, seconds in workspace.phases.items():
            self.say(f"  {name:<14}{seconds:8.3f}s", level=2)

    def _conclude(
        self,
        proposal: Proposal,
        found: UncoveredMigrations,
        workspace: Workspace,
        options: Options,
        started: float,
    ) -> int:
        files: list[str] = []
        between = options["source"] is not None or options["target"] is not None
        if proposal.plan is None:
            self.say(_describe_no_changes(options, workspace, found))
        else:
            self._show(proposal, proposal.plan, workspace)
        if proposal.file_text:
            printed = options["dry_run"] or (between and not options["write"])
            if printed:
                self.say()
                self.say(colour_sql(proposal.file_text, self.style))
            elif not options["check"]:
                files = self._write_proposal(
                    proposal, found, workspace.directory, options
                )
            self._say_next_step(proposal, options, printed=printed)
        self.write_json(
            proposal_as_json(
                proposal,
                found.operations,
                files=files,
                dev=workspace.server.description,
                seconds=perf_counter() - started,
            )
        )
        return EXIT_CHANGES if options["check"] and proposal.file_text else EXIT_DONE

    def _show(self, proposal: Proposal, plan: Plan, workspace: Workspace) -> None:
        for line in format_change_tree(
            proposal.summary, map_tables_to_apps(workspace.registry), self.style
        ):
            self.say(line)
        for loss in plan.losses:
            self.warn(f"DATA LOSS: {loss}")
        for obstacle in plan.restrictions:
            self.warn(obstacle)

    def _write_proposal(
        self,
        proposal: Proposal,
        found: UncoveredMigrations,
        directory: Directory,
        options: Options,
    ) -> list[str]:
        suggestion = (
            "initial"
            if not directory.files
            else suggest_name(proposal.summary) or choose_file_name(found.operations)
        )
        name = next_name(directory, options["name"] or suggestion, datetime.now(UTC))
        file = MigrationFile(name=name, content=proposal.file_text.encode())
        return self._save_file(directory, file)

    def _save_file(self, directory: Directory, file: MigrationFile) -> list[str]:
        folder = Path(directory.path)
        save(folder, directory, [file])
        written = [str(folder / name) for name in (file.name, SUM_FILE)]
        self.say(self.style.MIGRATE_HEADING("Wrote"))
        for path in written:
            self.say(f"  {path}")
        return written

    def _write_empty_file(self, options: Options) -> int:
        settings = read_settings(options["database"], directory=options["dir"])
        directory = load(settings.directory)
        verify(directory)
        now = datetime.now(UTC)
        name = next_name(directory, options["name"], now)
        text = format_file(header=("Write SQL below this line.",), statements=())
        files = self._save_file(
            directory, MigrationFile(name=name, content=text.encode())
        )
        self.say(
            f"Next  write your SQL into {files[0]}, then: python manage.py schemahash"
        )
        self.write_json(proposal_as_json(Proposal(), files=files, dev="", seconds=0.0))
        return EXIT_DONE

    def _say_next_step(
        self, proposal: Proposal, options: Options, *, printed: bool
    ) -> None:
        if options["check"]:
            self.say("Next  python manage.py schemadiff NAME")
        elif printed:
            self.say("Nothing was written.")
        else:
            if proposal.plan is not None:
                self.say(
                    f"Proved  {len(proposal.plan.statements)} statements were run after the "
                    "files before them: no difference remains."
                )
            self.say(
                "Next  review the SQL and commit it, then: python manage.py schemaapply"
            )


def _wants_file(options: Options) -> bool:
    """Tell whether this run is to end in a file, or to show what that would be."""
    sources = options["source"] is not None or options["target"] is not None
    return not options["check"] and (options["write"] or not sources)


def _sources_of(options: Options) -> tuple[str, str]:
    return options["source"] or FILES, options["target"] or MODELS


def _has_default_sources(options: Options) -> bool:
    return _sources_of(options) == (FILES, MODELS)


def _describe_no_changes(
    options: Options, workspace: Workspace, found: UncoveredMigrations
) -> str:
    if not _has_default_sources(options):
        return "No changes between {} and {}.".format(*_sources_of(options))
    if found.operations:
        return "No changes of the schema."
    return "No changes: the directory is in step with the models."
