"""``schemastatus``: which files of the directory a target has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from schema_migrations.conf import Settings, read_settings
from schema_migrations.durations import parse_duration
from schema_migrations.history.directory import Directory, verify
from schema_migrations.management.commands._base import (
    FORMAT_MEANINGS,
    Options,
    SchemaCommand,
    list_directory_warnings,
)
from schema_migrations.management.commands._many_targets import (
    add_many_targets_options,
    has_many_targets,
)
from schema_migrations.management.commands._option_conflicts import (
    refuse_schemastatus_conflicts,
)
from schema_migrations.management.commands._target_options import (
    add_exec_order_option,
    add_target_options,
    url_of,
)
from schema_migrations.management.output.events import describe_event
from schema_migrations.management.output.lines import Formats
from schema_migrations.management.output.schemastatus import (
    FORMATS,
    LAST_APPLIED,
    MOST_APPLIED,
)
from schema_migrations.management.output.target_statuses import (
    FORMATS as TARGETS_FORMATS,
)
from schema_migrations.management.output.target_statuses import VERDICTS
from schema_migrations.workflows.applying.events import Reached
from schema_migrations.workflows.standing.status import (
    Status,
    StatusVerdict,
    read_status,
)
from schema_migrations.workflows.targets.connection import open_target, read_directory

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


CHECK_EXIT_CODES: Mapping[StatusVerdict | Literal["not compared"], int] = {
    "ok": 0,
    "pending": 1,
    "failed": 1,
    "out-of-order": 4,
    "edited": 4,
    "missing": 4,
    "excluded": 4,
    "other-engine": 2,
    "drift": 1,
    "not compared": 4,
}
"""Exit codes with ``--check``."""


class Command(SchemaCommand):
    help = "Show which migration files a database has, and whether it matches them."
    formats: ClassVar[Formats] = {**FORMATS, "names": TARGETS_FORMATS["names"]}
    format_meanings: ClassVar = {
        **FORMAT_MEANINGS,
        "sql": "with --drift, only the SQL that makes the database match its files, or"
        " with --keep the other way round",
        "names": "of many targets, the names of those that are not ok, one a line: a list"
        " for --targets",
    }

    output_help = (
        "write the JSON, the SQL or the names into this file; - for standard output"
        " (default)"
    )
    document_advice = (
        "Add --format json or names, or --drift --format sql; or leave out --output."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_target_options(parser)
        add_exec_order_option(parser)
        add_many_targets_options(parser, can_stop=False)
        parser.add_argument(
            "--merge",
            nargs="+",
            metavar="REPORT",
            help="show several reports of many targets (--format json) as one, without"
            " asking a database",
        )
        parser.add_argument(
            "--only",
            action="append",
            choices=VERDICTS,
            help="with --format names: only the targets with this status; may be repeated",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="exit 1 when files are pending or --drift or --way-back finds something, 4 when the"
            " history does not match, 2 when the files are for another engine",
        )
        parser.add_argument(
            "--all",
            action="store_true",
            help="list every applied file; otherwise, of more than"
            f" {MOST_APPLIED}, the last {LAST_APPLIED} and those that need a look",
        )
        parser.add_argument(
            "--drift",
            action="store_true",
            help="compare the database with what its applied files create",
        )
        parser.add_argument(
            "--way-back",
            action="store_true",
            help="tell what Django's own migrate and makemigrations would do with this"
            " database if this app were gone",
        )
        parser.add_argument(
            "--dev",
            metavar="URL",
            help="with --drift: where temporary databases are made: auto, embedded,"
            " docker://postgres/17, postgres://… (default: the setting DEV)",
        )
        parser.add_argument(
            "--keep",
            action="store_true",
            help="with --drift: instead of the SQL that mends the database, the SQL for"
            " EXTRA that makes the models' state as the database is",
        )
        parser.add_argument(
            "--allow-data-loss",
            action="store_true",
            help="with --drift and --format sql or -v 2: also drop what only the database has, and"
            " change columns to types that may not hold every value",
        )

    def describe_interruption(self) -> Iterator[str]:
        yield "Nothing was changed."

    def run(self, options: Options) -> int:
        as_sql = options["format"] in ("sql", "names")
        refuse_schemastatus_conflicts(options)
        if as_sql:
            self.verbosity = 0
        if options["merge"] or has_many_targets(options):
            return self._show_many(options)
        status = self._read_status(options)
        self.say(describe_event(Reached(target=status.target)))
        if options["drift"]:
            # Not imported above: a probe in a slim image needs no planner.
            from schema_migrations.management.commands._drift import add_drift

            status = add_drift(status, options, self)
        self.show(status)
        return _choose_exit_code(status) if options["check"] else 0

    def _show_many(self, options: Options) -> int:
        # Not imported above: of one target nothing of many is needed.
        from schema_migrations.management.commands._target_statuses import (
            show_merged_statuses,
            show_statuses,
        )
        from schema_migrations.workflows.applying.apply import request_from_settings
        from schema_migrations.workflows.applying.target_work import Work

        if options["merge"]:
            return show_merged_statuses(self, options)
        alias = options["database"]
        settings = read_settings(alias, directory=options["dir"])
        directory = self._read_directory(settings)
        verify(directory)
        request = request_from_settings(settings)
        exec_order = options["exec_order"] or settings.exec_order
        schema = options["revisions_schema"]
        request = replace(
            request,
            selection=replace(request.selection, exec_order=exec_order),
            revisions_schema=settings.revisions_schema if schema is None else schema,
            connect_wait=parse_duration(options["wait"]),
        )
        work = Work(alias=alias, directory=directory, request=request, job="status")
        return show_statuses(self, options, work, CHECK_EXIT_CODES.__getitem__)

    def _read_directory(self, settings: Settings) -> Directory:
        directory = read_directory(settings.directory)
        for warning in list_directory_warnings(directory, settings.directory):
            self.warn(warning)
        return directory

    def _read_status(self, options: Options) -> Status:
        alias = options["database"]
        settings = read_settings(alias, directory=options["dir"])
        directory = self._read_directory(settings)
        with open_target(alias, url_of(options)) as (connection, engine):
            status = read_status(
                connection,
                engine,
                directory,
                exec_order=options["exec_order"] or settings.exec_order,
                revisions_schema=options["revisions_schema"]
                or settings.revisions_schema,
                wait=parse_duration(options["wait"]),
                include_schema=options["drift"],
            )
            if not options["way_back"]:
                return status
            from schema_migrations.workflows.standing.way_back import find_way_back

            way_back = find_way_back(
                connection,
                engine,
                status.comparison,
                target=status.target.name,
                has_tables=bool(status.unknown_table_count),
            )
            return replace(status, way_back=way_back)


def _choose_exit_code(status: Status) -> int:
    """Return the exit code with ``--check``; drift that cannot be known comes first."""
    not_compared = status.drift is not None and status.drift.unknown_reason
    code = CHECK_EXIT_CODES["not compared" if not_compared else status.verdict]
    is_closed = status.way_back is not None and not status.way_back.is_open
    return code or int(is_closed)
