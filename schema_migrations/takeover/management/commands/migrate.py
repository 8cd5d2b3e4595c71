"""The command ``migrate``, with SQL files for managed databases.

Invariant: Django's own migrations never run for an app whose tables the files make; for
an alias that is not managed Django's command is unchanged.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import no_translations
from django.core.management.commands import migrate
from django.core.management.sql import (
    emit_post_migrate_signal,
    emit_pre_migrate_signal,
)
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import pre_migrate

from schema_migrations.conf import list_managed_aliases, read_settings
from schema_migrations.errors import WrongUsage
from schema_migrations.history.directory import verify
from schema_migrations.management.commands._base import (
    Options,
    colour_first_line,
)
from schema_migrations.management.commands._failures import raise_command_errors
from schema_migrations.management.commands._interruption import run_interruptible
from schema_migrations.management.commands._lasting_output import keep_output_writable
from schema_migrations.management.commands._target_options import ALIAS_ITSELF
from schema_migrations.management.output.events import describe_event
from schema_migrations.management.output.lines import format_count, wrap_labelled
from schema_migrations.management.output.next_command import (
    format_command,
    format_command_line,
)
from schema_migrations.takeover.apps import record_django_migrations
from schema_migrations.workflows.applying.apply import (
    preview_run,
    request_from_settings,
)
from schema_migrations.workflows.applying.hooks import all_files_applied
from schema_migrations.workflows.standing.app_ownership import (
    list_apps_of_django,
    list_apps_of_files,
    list_installed_apps,
    record_migrations_of_files,
)
from schema_migrations.workflows.standing.health import judge_alias
from schema_migrations.workflows.targets.connection import open_target, read_directory

if TYPE_CHECKING:
    from django.db.migrations import Migration

    from schema_migrations.workflows.applying.selection import FileRun

MigrationPlan = list[tuple["Migration", bool]]
"""Migrations, each with whether it runs backwards."""


class Command(migrate.Command):
    help = (
        "Brings a database up to date: with the SQL files for the apps that"
        " SCHEMA_MIGRATIONS manages, with Django's migrations for all others."
    )

    def run_from_argv(self, argv: list[str]) -> None:
        run = partial(super().run_from_argv, argv)
        with keep_output_writable(self):
            run_interruptible(run, self.stderr, partial(format_command_line, argv[1:]))

    def execute(self, *args: Any, **options: Any) -> Any:
        alias = options["database"]
        if alias in list_managed_aliases():
            self.stderr.style_func = partial(colour_first_line, self.style)
            with raise_command_errors(
                given=options
            ):  # before a system check reports the same
                verify(read_directory(read_settings(alias).directory))
        return super().execute(*args, **options)

    def get_check_kwargs(self, options: Options) -> Any:
        kwargs: Any = super().get_check_kwargs(options)
        if options["database"] in list_managed_aliases():
            # The checks would warn about the pending files that this command applies.
            kwargs["databases"] = []
        return kwargs

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        alias = options["database"]
        if alias not in list_managed_aliases():
            super().handle(*args, **options)
            return
        self.verbosity = options["verbosity"]
        self.interactive = options["interactive"]
        with raise_command_errors(given=options):
            self._refuse_options(options)
            if options["app_label"]:
                self._migrate_app(alias, options)
            elif options["plan"] or options["check_unapplied"]:
                self._preview(alias, options)
            else:
                self._apply_files(alias, options)

    def _refuse_options(self, options: Options) -> None:
        """Raise ``ConfigError`` for options that make no sense with SQL files."""
        alias, label = options["database"], options["app_label"]
        if label in list_apps_of_files(alias) & list_installed_apps():
            raise WrongUsage(
                problem=f"The tables of {label} are made by the SQL files in"
                f" {read_settings(alias).directory}, not by Django migrations.",
                advice="python manage.py migrate applies all pending files;"
                " python manage.py schemaapply --to VERSION applies those up to a version.",
            )
        if label is None and options["fake"]:
            raise WrongUsage(
                problem=f"--fake is for Django migrations, but SQL files make the tables of the"
                f" database {alias!r}.",
                advice="To mark files as applied without running them:"
                " python manage.py schemaset VERSION",
            )
        if label is None and options["prune"]:
            raise WrongUsage(
                problem="Migrations can be pruned only when an app is specified.",
                advice="python manage.py migrate APP --prune",
            )

    def _apply_files(self, alias: str, options: Options) -> None:
        django_apps = list_apps_of_django(alias)
        with skip_recording(if_done_here=bool(django_apps)):
            call_command(
                "schemaapply",
                database=alias,
                signals=not django_apps,  # else sent around Django's own migrations
                interactive=self.interactive,
                verbosity=self.verbosity,
                stdout=self.stdout._out,
                stderr=self.stderr._out,
                **{ALIAS_ITSELF: True},
            )
        if django_apps:
            self._migrate_left_apps(alias, django_apps, options)

    def _migrate_left_apps(
        self, alias: str, left_apps: frozenset[str], options: Options
    ) -> None:
        connection = connections[alias]
        connection.prepare_database()
        # Django's migrations may depend on those of apps whose tables the files made.
        record_migrations_of_files(connection, alias, before_django=True)
        progress: Any = self.migration_progress_callback
        executor = MigrationExecutor(connection, progress)
        plan = plan_migrations(executor, left_apps)
        # As in schemaapply: models older than the database must not write into it.
        sends_signals = not judge_alias(alias).comparison.ahead
        signal = {"apps": apps, "plan": plan, "stdout": self.stdout}
        if sends_signals:
            emit_pre_migrate_signal(self.verbosity, self.interactive, alias, **signal)
        unmigrated = left_apps & executor.loader.unmigrated_apps
        if options["run_syncdb"] and unmigrated:
            self.sync_apps(connection, unmigrated)
        self._run_migrations(
            executor, plan, left_apps, fake_initial=options["fake_initial"]
        )
        if sends_signals:
            emit_post_migrate_signal(self.verbosity, self.interactive, alias, **signal)

    def _run_migrations(
        self,
        executor: MigrationExecutor,
        plan: MigrationPlan,
        left_apps: frozenset[str],
        *,
        fake_initial: bool,
    ) -> None:
        migrated = sorted(left_apps & executor.loader.migrated_apps)
        if migrated:
            self._print_line(f"Left to Django  {', '.join(migrated)}")
        if plan:
            targets = [(migration.app_label, migration.name) for migration, _ in plan]
            executor.migrate(targets, plan=plan, fake_initial=fake_initial)
        elif migrated:
            self._print_line("  No migrations to apply.")

    def _preview(self, alias: str, options: Options) -> None:
        """Print what would run; with ``--check`` exit 1 if anything is pending."""
        runs = self._find_pending_runs(alias)
        labels = list_apps_of_django(alias)
        executor = MigrationExecutor(connections[alias]) if labels else None
        plan = plan_migrations(executor, labels) if executor else []
        if options["plan"]:
            for run in runs:
                self._print_line(f"  {run.file.name}")
            self._print_migrations(plan)
        pending = len(runs) + len(plan)
        if pending:
            self._print_line("Nothing was run.")
            self._print_line(f"Next     {format_command('migrate', options)}")
        else:
            self._print_line("Nothing to do.")
        if options["check_unapplied"] and pending:
            sys.exit(1)

    def _find_pending_runs(self, alias: str) -> tuple[FileRun, ...]:
        settings = read_settings(alias)
        directory = read_directory(settings.directory)
        with open_target(alias, None) as (connection, engine):
            outcome = preview_run(
                connection,
                engine,
                directory,
                request_from_settings(settings),
                lambda event: self._print_line(describe_event(event)),
            )
        return outcome.selected.runs

    def _print_migrations(self, plan: MigrationPlan) -> None:
        for migration, backwards in plan:
            self.stdout.write(f"  {migration}", self.style.MIGRATE_HEADING)
            for operation in migration.operations:
                message, is_error = self.describe_operation(operation, backwards)
                style = self.style.WARNING if is_error else None
                self.stdout.write(f"    {message}", style)

    def _migrate_app(self, alias: str, options: Options) -> None:
        """Run Django's ``migrate`` for an app that is left to it."""
        files = judge_alias(alias).unapplied_files
        if files:
            raise WrongUsage(
                problem=f"{format_count(len(files), 'SQL file')} pending. Django migrations may"
                " depend on them.",
                advice="Apply them first: python manage.py migrate",
            )
        file_apps = list_apps_of_files(alias)
        record_migrations_of_files(connections[alias], alias, before_django=True)
        with protect_apps(file_apps):
            super().handle(**options)

    def _print_line(self, text: str) -> None:
        if self.verbosity >= 1:
            self.stdout.write(wrap_labelled(text) if self.stdout.isatty() else text)


def plan_migrations(
    executor: MigrationExecutor, labels: frozenset[str]
) -> MigrationPlan:
    """Return the migrations of some apps that have not run yet."""
    leaves = [key for key in executor.loader.graph.leaf_nodes() if key[0] in labels]
    plan: MigrationPlan = executor.migration_plan(leaves)
    return [step for step in plan if step[0].app_label in labels]


@contextmanager
def skip_recording(*, if_done_here: bool) -> Iterator[None]:
    """Keep a run from writing ``django_migrations``: this command does it, then goes on."""
    is_skipped = if_done_here and all_files_applied.disconnect(record_django_migrations)
    try:
        yield
    finally:
        if is_skipped:
            all_files_applied.connect(record_django_migrations)


@contextmanager
def protect_apps(labels: frozenset[str]) -> Iterator[None]:
    """Raise ``ConfigError`` when Django is about to migrate one of the apps."""

    def refuse(*, plan: MigrationPlan, **_: Any) -> None:
        touched = sorted({migration.app_label for migration, _ in plan} & labels)
        if touched:
            raise WrongUsage(
                problem=f"This would run Django migrations of {', '.join(touched)}, whose"
                " tables are made by SQL files.",
                advice="Write the change as SQL: python manage.py schemadiff --empty NAME",
            )

    pre_migrate.connect(refuse)
    try:
        yield
    finally:
        pre_migrate.disconnect(refuse)
