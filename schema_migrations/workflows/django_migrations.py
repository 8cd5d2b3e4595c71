"""What the installed apps' Django migrations do besides making models.

``read`` imports them, everything else is pure.  Invariant: each app is read for
itself, so that one whose migrations are broken costs nobody else's.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from types import ModuleType

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.migrations import Migration, SeparateDatabaseAndState
from django.db.migrations.loader import MIGRATIONS_MODULE_NAME
from django.db.migrations.operations.base import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class DjangoMigrations:
    """The Django migrations of some apps."""

    apps: Mapping[str, tuple[Migration, ...]] = field(default_factory=dict)
    """App label → its migrations as they would run, without those that another one
    replaces; apps without any are left out."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """App label → why its migrations cannot be read, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation on the database."""

    app: str
    migration: str
    """``0002_stock``."""
    operation: Operation

    def __str__(self) -> str:
        return f"{self.app}.{self.migration}: {self.operation.describe()}"


def read(labels: Collection[str] | None = None) -> DjangoMigrations:
    """Import the migrations of installed apps; ``labels`` limits it to some of them.

    An app without a ``migrations`` package has none.  One that ``MIGRATION_MODULES``
    turns off (``None``) is read all the same: that is how a project says that
    ``migrate`` is not to run them, and what they do is needed still.
    """
    found: dict[str, tuple[Migration, ...]] = {}
    unread: dict[str, str] = {}
    for config in apps.get_app_configs():
        if labels is not None and config.label not in labels:
            continue
        try:
            migrations = _of_app(config)
        except Exception as error:  # whatever importing a stranger's module raises
            unread[config.label] = f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            if migrations:
                found[config.label] = migrations
    return DjangoMigrations(apps=found, unread=unread)


def steps(found: DjangoMigrations) -> Iterator[Step]:
    """Yield what each app does to the database, in order; apps in that of the project.

    Of ``SeparateDatabaseAndState`` that is the database's part.
    """
    for label, migrations in found.apps.items():
        for migration in migrations:
            for operation in _on_database(migration.operations):
                yield Step(app=label, migration=migration.name, operation=operation)


def _on_database(operations: Collection[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _on_database(operation.database_operations)
        else:
            yield operation


def _of_app(config: AppConfig) -> tuple[Migration, ...]:
    name = settings.MIGRATION_MODULES.get(config.label)
    name = name or f"{config.name}.{MIGRATIONS_MODULE_NAME}"
    package = _package(name)
    if package is None:
        return ()
    return _in_order(
        {
            module.name: _migration(f"{name}.{module.name}", module.name, config.label)
            for module in pkgutil.iter_modules(package.__path__)
            if not module.ispkg and module.name[0] not in "_~"
        }
    )


def _package(name: str) -> ModuleType | None:
    """Return a package; None where there is none, or nothing but a folder."""
    try:
        package = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            return None
        raise
    return package if getattr(package, "__file__", None) else None


def _migration(module_name: str, name: str, label: str) -> Migration:
    module = importlib.import_module(module_name)
    migration: Migration = module.Migration(name, label)
    return migration


def _in_order(found: Mapping[str, Migration]) -> tuple[Migration, ...]:
    """Sort the migrations of one app by what they depend on, then by name."""
    squashed = {
        replaced: name
        for name, migration in found.items()
        for app, replaced in migration.replaces
        if app == migration.app_label and replaced in found.keys() - {name}
    }
    graph: dict[str, set[str]] = {}
    for name in sorted(found.keys() - squashed.keys()):
        label = found[name].app_label
        before = {n for app, n in found[name].dependencies if app == label}
        graph[name] = {_standing(n, squashed) for n in before} & found.keys() - {name}
    try:
        return tuple(found[name] for name in TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = ", ".join(error.args[1])
        raise ValueError(f"they wait for one another in a circle: {circle}") from error


def _standing(name: str, squashed: Mapping[str, str]) -> str:
    """Return the migration that stands for another one."""
    passed = set[str]()
    while name in squashed and name not in passed:
        passed.add(name)
        name = squashed[name]
    return name
