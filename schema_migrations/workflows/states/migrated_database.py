"""Run a project's own Django migrations on a scratch database, as ``migrate`` would.

They hold Python, which may do anything its process may; so they run only on a server of
our own, and every alias leads to the scratch database meanwhile.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import (
    AbstractContextManager,
    contextmanager,
    nullcontext,
    redirect_stdout,
)
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import find_commands
from django.core.management.commands import migrate
from django.core.management.sql import emit_pre_migrate_signal
from django.db import DatabaseError
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation

from schema_migrations.dev.server import DevServer
from schema_migrations.engines.connection import Connection
from schema_migrations.errors import (
    MigrationFailed,
    MigrationsLeaveDevDatabase,
    SchemaMigrationsError,
)
from schema_migrations.errors.interruption import find_interruption
from schema_migrations.workflows.management_modules import (
    list_management_modules,
)
from schema_migrations.workflows.states.held_aliases import hold_aliases_on

MigrationKey = tuple[str, str]
"""App label and name."""


def refuse_shared_server(server: DevServer) -> None:
    """Raise ``MigrationsLeaveDevDatabase`` where others use the dev server, too."""
    if server.is_shared:
        raise MigrationsLeaveDevDatabase(
            problem="Django's migrations run Python of this project and its packages, which"
            " could change more than the dev database on a server that is shared."
        )


def find_own_command(name: str) -> str:
    """Return the app that replaces a command of Django; empty: none does.

    A ``migrate`` may make types, functions or rows before or after the migrations, a
    ``makemigrations`` leave out what it finds unimportant.
    """
    package = __name__.partition(".")[0]
    for config in apps.get_app_configs():
        if config.name.partition(".")[0] != package and name in find_commands(
            str(Path(config.path, "management"))
        ):
            return config.name
    return ""


def warn_of_own_migrate(warn: Callable[[str], None]) -> None:
    """Say that only the migrations run, where the project's ``migrate`` may do more."""
    if app := find_own_command("migrate"):
        warn(
            f"{app} has a command `migrate` of its own. Here only the migrations run, not"
            " what that command does before or after them."
        )


@dataclass(kw_only=True)
class MigrationRun:
    """The migrations of a project, which run one by one on a scratch database."""

    connection: Any
    alias: str
    executor: Any
    plan: tuple[Migration, ...]
    """In the order in which ``migrate`` runs them; replaced ones are left out."""
    parents: Mapping[MigrationKey, tuple[MigrationKey, ...]]
    """What each comes after."""
    state: Any
    """Of the models, after those that ran."""


def run_django_migrations(
    connection: Connection,
    alias: str,
    *,
    report_progress: Callable[[str], None] = lambda text: None,
) -> None:
    """Run all migrations on the scratch database, and create the tables of apps without.

    ``pre_migrate`` is sent, since renames of content types are planned there, and
    ``post_migrate`` is not: its receivers add rows to every database themselves.  What
    migrations print goes to standard error.  Raises ``MigrationFailed``.
    """
    run = prepare_migration_run(connection, alias)
    run_migrations(run, run.plan, report_progress=report_progress)


def prepare_migration_run(connection: Connection, alias: str) -> MigrationRun:
    """Read the migrations, and create the tables of apps without; raise
    ``MigrationFailed``."""
    with _as_migrate(connection, alias, []):
        return _prepare(connection, alias)


def run_migrations(
    run: MigrationRun,
    migrations: Iterable[Migration],
    *,
    watch: Callable[[Migration], AbstractContextManager[Any]] = nullcontext,
    report_progress: Callable[[str], None] = lambda text: None,
) -> None:
    """Run some migrations of the plan, each within ``watch``; raise ``MigrationFailed``.

    What they come after must have run.
    """
    running: list[Migration] = []
    with _as_migrate(run.connection, run.alias, running):
        run.executor.recorder.ensure_schema()
        _ = run.state.apps  # rendered once, and then kept up
        for migration in migrations:
            running[:] = [migration]
            report_progress(f"migrate: {migration}")
            with watch(migration):
                run.state = run.executor.apply_migration(run.state, migration)
        running.clear()
        run.executor.check_replacements()
        run.connection.check_constraints()


@contextmanager
def _as_migrate(
    connection: Connection, alias: str, running: list[Migration]
) -> Iterator[None]:
    """Let every alias lead to the scratch database until the end, as ``migrate`` runs."""
    with (
        _named(connection, alias),
        hold_aliases_on(connection),
        _forget_what_was_read(),
        translation.override(None),  # as in ``migrate``
        redirect_stdout(sys.stderr),
    ):
        try:
            yield
        except SchemaMigrationsError:
            raise
        except Exception as error:  # the code of the project and its packages
            if find_interruption(error) is not None:
                raise
            raise _make_error(running[0] if running else None, error) from error


def _prepare(connection: Any, alias: str) -> MigrationRun:
    for name in list_management_modules():
        import_module(name)
    connection.prepare_database()
    executor: Any = MigrationExecutor(connection)
    if conflicts := executor.loader.detect_conflicts():
        app, names = next(iter(conflicts.items()))
        raise MigrationFailed(
            migration="",
            reason=f"several last migrations of {app}: {', '.join(sorted(names))}",
            place="",
        )
    graph = executor.loader.graph
    plan = executor.migration_plan(graph.leaf_nodes())
    state = executor._create_project_state(with_applied_migrations=True)
    emit_pre_migrate_signal(
        verbosity=0,
        interactive=False,
        db=connection.alias,
        stdout=StringIO(),
        apps=state.apps,
        plan=plan,
    )
    command = migrate.Command(stdout=StringIO())
    command.verbosity = 0
    command.sync_apps(connection, executor.loader.unmigrated_apps)
    return MigrationRun(
        connection=connection,
        alias=alias,
        executor=executor,
        plan=tuple(migration for migration, _ in plan),
        parents={
            key: tuple(parent.key for parent in node.parents)
            for key, node in graph.node_map.items()
        },
        state=state.clone(),
    )


@contextmanager
def _named(connection: Connection, alias: str) -> Iterator[None]:
    """Give the connection the name of an alias, which routers decide by."""
    before = connection.alias
    connection.alias = alias
    try:
        yield
    finally:
        connection.alias = before


@contextmanager
def _forget_what_was_read() -> Iterator[None]:
    """Empty Django's caches of content types and type numbers, before and after."""
    _clear_caches()
    try:
        yield
    finally:
        _clear_caches()


def _clear_caches() -> None:
    if apps.is_installed("django.contrib.contenttypes"):
        from django.contrib.contenttypes.models import ContentType

        ContentType.objects.clear_cache()
    if apps.is_installed("django.contrib.sites"):
        from django.contrib.sites.models import Site

        Site.objects.clear_cache()
    signals: Any = sys.modules.get("django.contrib.postgres.signals")
    if signals is not None:
        signals.get_hstore_oids.cache_clear()
        signals.get_citext_oids.cache_clear()


def _make_error(migration: Migration | None, error: Exception) -> MigrationFailed:
    """Return the error with the last line of the traceback, and where the migration is."""
    module = sys.modules.get(type(migration).__module__) if migration else None
    path = getattr(module, "__file__", None) or ""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if each.filename == path]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else path
    last = frames[-1]
    cause = {}
    if app := find_own_command("migrate"):
        cause["cause"] = (
            f"The command `migrate` of {app} may do something before the migrations: let"
            " a receiver of pre_migrate do that, which is sent here, too."
        )
    return MigrationFailed(
        migration=str(migration or ""),
        reason=_describe_reason(error),
        place=place or f"{last.filename}:{last.lineno}",
        **cause,
    )


def _describe_reason(error: Exception) -> str:
    """Return what the traceback ends with; of a server's words, those without values."""
    text = traceback.format_exception_only(error)[-1].strip()
    if not isinstance(error, DatabaseError):
        return text
    sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
    name, _, message = text.partition(": ")
    return f"{name}: {strip_values(message, sqlstate)}"


def strip_values(message: str, sqlstate: str) -> str:
    """Return a server's message without the values of rows that it quotes.

    They stand in its details, and, in the class of data exceptions, in its first line.
    https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    if sqlstate.startswith("22"):
        return "a value does not fit"
    return message.partition("\n")[0]
