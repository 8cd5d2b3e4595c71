"""Whether Django's own commands could go on with a database if this app were gone.

Invariant: nothing is written, neither to the database nor to a folder of migrations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import Error
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """What Django's own commands would do; each empty: nothing."""

    unwritten_apps: tuple[str, ...] = ()
    """``makemigrations`` would write migrations of these apps."""
    unrecorded: tuple[str, ...] = ()
    """APP.MIGRATION that ``migrate`` would run: ``django_migrations`` has no row of it."""
    disabled_apps: tuple[str, ...] = ()
    """``MIGRATION_MODULES`` turns off their migrations."""
    problem: str = ""
    """Why Django's commands would fail, on one line."""

    @property
    def is_open(self) -> bool:
        """Whether ``migrate`` has nothing to do and ``makemigrations`` nothing to write."""
        return not (
            self.unwritten_apps or self.unrecorded or self.disabled_apps or self.problem
        )


def find_way_back(connection: BaseDatabaseWrapper) -> WayBack:
    """Ask Django what ``makemigrations`` and ``migrate`` would do on a database."""
    disabled = _find_disabled_apps()
    try:
        executor: Any = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
    except InconsistentMigrationHistory as error:
        return WayBack(disabled_apps=disabled, problem=_to_line(error))
    except Error:  # the server's: that says nothing of the way back
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
        unrecorded=tuple(f"{m.app_label}.{m.name}" for m, _ in plan),
        disabled_apps=disabled,
    )


def _find_disabled_apps() -> tuple[str, ...]:
    """Return the apps whose migrations ``MIGRATION_MODULES`` turns off."""
    modules = settings.MIGRATION_MODULES
    labels = (config.label for config in apps.get_app_configs())
    return tuple(label for label in labels if label in modules and not modules[label])


def _to_line(error: Exception) -> str:
    return " ".join(str(error).split())
