"""``schemastatus``: which files of the directory a target has."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from schema_migrations.conf import parse_duration, read_settings
from schema_migrations.errors import StatementFailed, WrongUsage
from schema_migrations.management.commands._apply_output import (
    describe_event,
    format_count,
    shorten_to_line,
)
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.management.commands._target_options import (
    add_exec_order_option,
    add_target_options,
    url_of,
)
from schema_migrations.workflows.applying.events import Reached
from schema_migrations.workflows.standing.status import Status, read_status
from schema_migrations.workflows.targets.connection import open_target, read_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.core.management.base import CommandParser

    from schema_migrations.history.revision import Revision
    from schema_migrations.plan.differences import Difference

CHECK_EXIT_CODES = {
    "ok": 0,
    "pending": 1,
    "drift": 1,
    "failed": 1,
    "out-of-order": 4,
    "edited": 4,
}
"""Exit codes with ``--check``."""


class Command(SchemaCommand):
    help = "Show which migration files a database has, and whether it matches them."
    formats = ("text", "json", "sql")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_target_options(parser)
        add_exec_order_option(parser)
        parser.add_argument(
            "--check",
            action="store_true",
            help="exit 1 when files are pending or --drift finds something, 4 when the"
            " history does not match",
        )
        parser.add_argument(
            "--drift",
            action="store_true",
            help="compare the database with what its applied files create",
        )
        parser.add_argument(
            "--dev",
            metavar="URL",
            help="with --drift: where temporary databases are made: auto, embedded,"
            " docker://postgres/17, postgres://… (default: the setting DEV)",
        )
        parser.add_argument(
            "--allow-data-loss",
            action="store_true",
            help="with --drift --format sql: also drop what only the database has, and"
            " change columns to types that may not hold every value",
        )

    def run(self, options: Options) -> int:
        as_sql = options["format"] == "sql"
        if not options["drift"] and (
            as_sql or options["allow_data_loss"] or options["dev"]
        ):
            raise WrongUsage(
                problem="--format sql, --allow-data-loss and --dev work with --drift only.",
                advice="python manage.py schemastatus --drift --format sql",
            )
        if as_sql:
            self.verbosity = 0
        status = self._read_status(options)
        self.say(describe_event(Reached(target=status.target)))
        drift_lines: Iterable[str] = ()
        if options["drift"]:
            # Not imported above: a probe in a slim image needs no planner.
            from schema_migrations.management.commands import _drift

            status = _drift.add_drift(status, options, self)
            drift_lines = _drift.format_drift(status, self)
        for line in (*format_status(status), *drift_lines):
            self.say(line)
        self.say(f"Next     {_suggest_next_step(status)}")
        if as_sql:
            self.stdout.write(_drift.format_mending_script(status))
        self.write_json(status_as_json(status))
        return _choose_exit_code(status) if options["check"] else 0

    def _read_status(self, options: Options) -> Status:
        alias = options["database"]
        settings = read_settings(alias, directory=options["dir"])
        directory = read_directory(settings.directory)
        with open_target(alias, url_of(options)) as (connection, engine):
            return read_status(
                connection,
                engine,
                directory,
                exec_order=options["exec_order"] or settings.exec_order,
                revisions_schema=options["revisions_schema"]
                or settings.revisions_schema,
                wait=parse_duration(options["wait"]),
                include_schema=options["drift"],
            )


def _choose_exit_code(status: Status) -> int:
    """Return the exit code with ``--check``: 4 if drift could not be determined."""
    not_compared = status.drift is not None and status.drift.unknown_reason
    return (
        CHECK_EXIT_CODES["edited"] if not_compared else CHECK_EXIT_CODES[status.verdict]
    )


def format_status(status: Status) -> Iterator[str]:
    """Yield a line for each applied and each pending file."""
    comparison = status.comparison
    applied, pending = len(status.applied_revisions), len(comparison.pending)
    yield f"Status   {status.verdict}: {format_count(applied, 'file')} applied, {pending} pending"
    marks = {file.version: "edited since" for file in comparison.edited}
    marks |= {
        row.version: "file is gone"
        for row in (*comparison.missing, *comparison.abandoned)
    }
    marks |= {row.version: "newer than the directory" for row in comparison.ahead}
    for row in status.applied_revisions:
        mark = f"  {marks[row.version].upper()}" if row.version in marks else ""
        yield f"  [x] {row.file_stem}  {row.executed_at:%Y-%m-%d %H:%M}{mark}"
    for file in comparison.out_of_order:
        yield f"  [!] {file.name}  out of order"
    late = {file.version for file in comparison.out_of_order}
    for each in comparison.pending:
        if each.file.version not in late:
            done = (
                f"  {format_count(each.done_count, 'statement')} done"
                if each.done_count
                else ""
            )
            yield f"  [ ] {each.file.name}{done}"
    if status.failed_revision is not None:
        word = "Stopped" if status.failed_revision.interrupted else "Failed "
        yield f"{word}  {status.failed_revision.file_stem}: {status.failed_revision.error}"
        if status.failed_revision.error_stmt:
            yield f"         {shorten_to_line(status.failed_revision.error_stmt)}"


def _suggest_next_step(status: Status) -> str:
    match status.verdict:
        case "drift" if _has_only_surplus(status):
            return (
                "decide on what only the database has: keep it with a file, EXTRA or"
                " IGNORE, or drop it there"
            )
        case "drift":
            return (
                "python manage.py schemastatus --drift --format sql > mend.sql; review it"
                " and run it on this database"
            )
        case "edited":
            return "restore these files from version control, then python manage.py schemahash"
        case "out-of-order":
            return "give these files newer versions, or use schemaapply --exec-order"
        case "failed" if status.failed_revision and status.failed_revision.interrupted:
            return "python manage.py schemaapply: it checks the database and resumes"
        case "failed":
            return "correct the file, then python manage.py schemahash and schemaapply"
        case "pending" if status.unknown_table_count:
            return (
                f"the database has {format_count(status.unknown_table_count, 'table')} but no"
                " history: python manage.py schemaapply --baseline VERSION"
            )
        case "pending":
            return "python manage.py schemaapply"
        case "ok":
            return "nothing: every file of the directory is applied"


def _has_only_surplus(status: Status) -> bool:
    kinds = (
        {each.kind for each in status.drift.real_differences} if status.drift else set()
    )
    return kinds == {"surplus"}


def status_as_json(status: Status) -> dict[str, Any]:
    """Return the contract's JSON object."""
    comparison, drift = status.comparison, status.drift
    mend = drift.mending_proposal.plan if drift and drift.mending_proposal else None
    return {
        "target": status.target.name,
        "status": status.verdict,
        "current": comparison.current_version or None,
        "applied": [row.version for row in status.applied_revisions],
        "pending": [each.file.version for each in comparison.pending],
        "out_of_order": [file.version for file in comparison.out_of_order],
        "edited": [file.version for file in comparison.edited],
        "missing": [row.version for row in comparison.missing],
        "ahead": [row.version for row in comparison.ahead],
        "drift": [_difference_as_json(each) for each in drift.differences]
        if drift
        else [],
        "drift_checked": drift is not None and not drift.unknown_reason,
        "mend": [asdict(statement) for statement in mend.statements] if mend else [],
        "error": _revision_error_as_json(status.failed_revision)
        if status.failed_revision
        else None,
    }


def _revision_error_as_json(revision: Revision) -> dict[str, Any]:
    """Return the error of a revision, in the shape of a command's error."""
    return {
        "code": StatementFailed.code,
        "version": revision.version,
        "statement": revision.error_stmt or None,
        "line": None,
        "message": revision.error,
        "sqlstate": None,
    }


def _difference_as_json(difference: Difference) -> dict[str, str]:
    line = difference.line
    return {
        "kind": difference.kind,
        "object": line.kind,
        "table": line.table,
        "name": line.name,
        "detail": line.detail,
    }
