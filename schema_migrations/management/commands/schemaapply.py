"""``schemaapply``: run pending migration files on a target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from schema_migrations.conf import TX_MODES, Settings, read_settings
from schema_migrations.durations import parse_duration
from schema_migrations.engines.executor import SessionOptions
from schema_migrations.history.directory import verify
from schema_migrations.management.commands._base import (
    Options,
    SchemaCommand,
    list_directory_warnings,
)
from schema_migrations.management.commands._many_targets import (
    add_many_targets_options,
    has_many_targets,
    parse_positive_integer,
    run_on_targets,
)
from schema_migrations.management.commands._option_conflicts import (
    refuse_schemaapply_conflicts,
)
from schema_migrations.management.commands._target_options import (
    ALIAS_ITSELF,
    add_exec_order_option,
    add_target_options,
    parse_duration_option,
    url_of,
)
from schema_migrations.management.output import events
from schema_migrations.management.output.interruption import describe_interruption
from schema_migrations.management.output.next_command import format_command
from schema_migrations.management.output.schemaapply import (
    FAILURE_FORMATS,
    FORMATS,
    FailedRun,
    FinishedRun,
)
from schema_migrations.workflows.applying.apply import ApplyRequest, apply, preview_run
from schema_migrations.workflows.applying.events import Event, FileDone, Warned
from schema_migrations.workflows.applying.selection import Selection
from schema_migrations.workflows.targets.connection import open_target, read_directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser

    from schema_migrations.errors import SchemaMigrationsError

EXIT_DONE, EXIT_PENDING = 0, 1


class Command(SchemaCommand):
    help = "Run pending migration files on a database."
    formats = FORMATS
    stealth_options = (ALIAS_ITSELF,)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.events: list[Event] = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "count",
            nargs="?",
            type=parse_positive_integer,
            help="apply only the first COUNT pending files",
        )
        add_target_options(parser)
        add_exec_order_option(parser)
        add_many_targets_options(parser, can_stop=True)
        parser.add_argument(
            "--to", metavar="VERSION", help="up to and including this version"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="print what would run; only read"
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="apply nothing; exit 1 when files are pending",
        )
        first = parser.add_mutually_exclusive_group()
        first.add_argument(
            "--baseline",
            metavar="VERSION",
            help="first run on a database that has tables: files up to this version count"
            " as applied",
        )
        first.add_argument(
            "--allow-dirty",
            action="store_true",
            help="first run on a database that has tables: apply everything anyway",
        )
        parser.add_argument(
            "--tx-mode",
            choices=TX_MODES,
            help="file: a transaction for each file; all: one for all; none: statement"
            " by statement (default: the setting TX_MODE)",
        )
        for name, text in (
            ("--lock-wait", "how long to wait for another run to end"),
            ("--lock-timeout", "how long a statement may wait for a lock; 0: no limit"),
            ("--statement-timeout", "how long a statement may run; 0: no limit"),
        ):
            parser.add_argument(
                name,
                metavar="SECONDS",
                type=parse_duration_option,
                help=f"{text} (default: the setting {name[2:].replace('-', '_').upper()})",
            )
        parser.add_argument(
            "--no-signals",
            action="store_false",
            dest="signals",
            help="do not send pre_migrate and post_migrate",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help="exit 4 when the database is ahead of the directory (default: only warn)",
        )

    def show_failure(self, error: SchemaMigrationsError) -> None:
        self.show(FailedRun(error=error, events=self.events), FAILURE_FORMATS)

    def describe_interruption(self) -> Iterator[str]:
        if has_many_targets(self.given):
            yield "What was reported stays; each other target resumes where it is."
            return
        yield from describe_interruption(self.events)

    def choose_next_command(self) -> str:
        count = self.given.get("count")
        if count and (
            done := sum(isinstance(event, FileDone) for event in self.events)
        ):
            remaining = max(1, count - done)
            return f"{format_command('schemaapply', self.given)} {remaining}"
        return super().choose_next_command()

    def run(self, options: Options) -> int:
        self.events = []
        refuse_schemaapply_conflicts(options)
        alias = options["database"]
        settings = read_settings(alias, directory=options["dir"])
        directory = read_directory(settings.directory)
        verify(directory)
        for warning in list_directory_warnings(directory, settings.directory):
            self._report(Warned(message=warning))
        request = request_from_options(options, settings)
        read_only = options["dry_run"] or options["check"]
        if has_many_targets(options):
            from schema_migrations.workflows.applying.target_work import Work

            quiet = replace(request, verbosity=0, interactive=False)
            work = Work(
                alias=alias,
                directory=directory,
                request=quiet,
                job="preview" if read_only else "apply",
            )
            return run_on_targets(self, options, work)
        run = preview_run if read_only else apply
        with open_target(alias, url_of(options)) as (connection, engine):
            outcome = run(connection, engine, directory, request, self._report)
        self.show(
            FinishedRun(
                outcome=outcome,
                events=self.events,
                read_only=read_only,
                show_sql=options["dry_run"],
            )
        )
        return EXIT_PENDING if options["check"] and outcome.selected.runs else EXIT_DONE

    def _report(self, event: Event) -> None:
        self.events.append(event)
        self.show(event, events.FORMATS)


def request_from_options(options: Options, settings: Settings) -> ApplyRequest:
    """Return the request of a run; an option that is given overrides the setting."""

    def value_of(name: str) -> Any:
        setting = getattr(settings, name)
        return setting if options[name] is None else options[name]

    def limit(name: str) -> float | None:
        value = value_of(name)
        return None if value is None else parse_duration(value) or None

    return ApplyRequest(
        selection=Selection(
            count=options["count"],
            to=options["to"],
            baseline=options["baseline"],
            allow_dirty=options["allow_dirty"],
            exec_order=value_of("exec_order"),
            tx_mode=value_of("tx_mode"),
            strict=options["strict"],
        ),
        revisions_schema=value_of("revisions_schema"),
        connect_wait=parse_duration(options["wait"]),
        lock_wait=parse_duration(value_of("lock_wait")),
        lock_retries=settings.lock_retries,
        batch_size=settings.batch_size,
        batch_pause=settings.batch_pause,
        session_options=SessionOptions(
            lock_timeout=limit("lock_timeout"),
            statement_timeout=limit("statement_timeout"),
            idle_in_transaction_timeout=settings.idle_in_transaction_timeout,
            given_by_options=frozenset(
                name
                for name in ("lock_timeout", "statement_timeout")
                if options[name] is not None
            ),
        ),
        sends_signals=options["signals"],
        # Handlers print, but nothing else may be on standard output of a program.
        verbosity=options["verbosity"] if options["format"] == "text" else 0,
        interactive=options["interactive"],
    )
