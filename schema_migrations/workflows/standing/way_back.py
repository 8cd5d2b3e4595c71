"""Whether Django's own commands could go on with a database if this app were gone.

Invariant: nothing is written, neither to the database nor to a folder of migrations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import Error as DatabaseError
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.errors import DjangoMigrationsUnreadable
from schema_migrations.workflows.states.django_migrations import (
    import_as_migrate,
    is_turned_off,
)
from schema_migrations.workflows.states.migrated_database import find_own_command

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.engine import Engine
    from schema_migrations.history.comparison import HistoryComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """What Django's own commands would do; each empty: nothing."""

    unwritten_apps: tuple[str, ...] = ()
    """Django's ``makemigrations`` would write migrations of these apps."""
    own_makemigrations: str = ""
    """The app with a ``makemigrations`` in its place, which may leave some of them out."""
    unrecorded: tuple[str, ...] = ()
    """APP.MIGRATION that ``migrate`` would run: ``django_migrations`` has no row of it."""
    disabled_apps: tuple[str, ...] = ()
    """``MIGRATION_MODULES`` turns off their migrations."""
    problem: str = ""
    """Why Django's commands would fail, on one line."""
    is_managed: bool = True
    """Whether files made the tables that are there; else none did anything yet."""
    is_empty: bool = False
    """Whether there is no table of anybody."""
    waiting_files: int = 0
    """Files that the database lacks, where others made it: what Django's commands would
    do is known only after them."""

    @property
    def is_open(self) -> bool:
        """Whether ``migrate`` has nothing to do and ``makemigrations`` nothing to write."""
        return not (
            self.unwritten_apps
            or self.unrecorded
            or self.disabled_apps
            or self.problem
            or self.waiting_files
        )


def find_way_back(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    comparison: HistoryComparison,
    *,
    target: str,
    has_tables: bool,
) -> WayBack:
    """Ask Django what ``makemigrations`` and ``migrate`` would do on a database.

    ``comparison`` is of the files with the database, ``target`` its name, and
    ``has_tables``: whether it has any besides its history.  Raises
    ``DjangoMigrationsUnreadable``.
    """

    def error_of(driver_error: DriverError) -> DjangoMigrationsUnreadable | None:
        if driver_error.cause != "rights":
            return None
        return DjangoMigrationsUnreadable(target=target, reason=driver_error.message)

    is_managed = comparison.has_history
    waiting = len(comparison.pending) + len(comparison.out_of_order)
    with translate_driver_errors(engine, error_of):
        return replace(
            _ask_django(connection),
            is_managed=is_managed,
            is_empty=not (is_managed or has_tables),
            waiting_files=waiting if is_managed else 0,
        )


def _ask_django(connection: BaseDatabaseWrapper) -> WayBack:
    disabled = _find_disabled_apps()
    try:
        executor = _make_executor(connection)
        executor.loader.check_consistent_history(connection)
    except InconsistentMigrationHistory as error:
        return WayBack(disabled_apps=disabled, problem=_to_line(error))
    except DatabaseError:  # the server's: that says nothing of the way back
        raise
    except Exception as error:  # importing an app's migrations can raise anything
        problem = f"{type(error).__name__}: {_to_line(error)}"
        return WayBack(disabled_apps=disabled, problem=problem)
    loader = executor.loader
    if conflicts := loader.detect_conflicts():
        names = ", ".join(f"{app} ({', '.join(n)})" for app, n in conflicts.items())
        problem = f"several last migrations of {names}"
        return WayBack(disabled_apps=disabled, problem=problem)
    plan = executor.migration_plan(loader.graph.leaf_nodes())
    questioner = MigrationQuestioner(dry_run=True)  # asks nobody
    detector = MigrationAutodetector(
        loader.project_state(), ProjectState.from_apps(apps), questioner
    )
    return WayBack(
        unwritten_apps=tuple(sorted(detector.changes(graph=loader.graph))),
        own_makemigrations=find_own_command("makemigrations"),
        unrecorded=tuple(f"{m.app_label}.{m.name}" for m, _ in plan),
        disabled_apps=disabled,
    )


def _make_executor(connection: BaseDatabaseWrapper) -> Any:
    """Import all migrations, as ``migrate`` does: after its checks if it must be."""
    try:
        return MigrationExecutor(connection)
    except DatabaseError:
        raise
    except Exception:  # importing an app's migrations can raise anything
        import_as_migrate()
        return MigrationExecutor(connection)


def _find_disabled_apps() -> tuple[str, ...]:
    """Return the apps whose migrations ``MIGRATION_MODULES`` turns off."""
    labels = (config.label for config in apps.get_app_configs())
    return tuple(filter(is_turned_off, labels))


def _to_line(error: Exception) -> str:
    return " ".join(str(error).split())
