"""The Django migrations of the installed apps, and their operations on the database.

``read_django_migrations`` imports them; everything else is pure.  Invariant: each app
is read on its own, so broken migrations of one app do not hide those of another.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.migrations import Migration, SeparateDatabaseAndState
from django.db.migrations.loader import MIGRATIONS_MODULE_NAME
from django.db.migrations.operations.base import Operation

from schema_migrations.history.django_coverage import MigrationNode, order_active


@dataclass(frozen=True, slots=True, kw_only=True)
class DjangoMigrations:
    """The Django migrations of some apps."""

    active: Mapping[str, tuple[Migration, ...]] = field(default_factory=dict)
    """App label → its migrations in the order they run, without replaced ones; apps
    without migrations are left out."""
    on_disk: Mapping[str, Mapping[str, Migration]] = field(default_factory=dict)
    """App label → name → migration, replaced ones included."""
    read_errors: Mapping[str, str] = field(default_factory=dict)
    """App label → why its migrations cannot be read, on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationOperation:
    """An operation of a migration that touches the database."""

    app: str
    migration: str
    """``0002_stock``."""
    operation: Operation

    def __str__(self) -> str:
        return f"{self.app}.{self.migration}: {self.operation.describe()}"


def read_django_migrations(labels: Collection[str] | None = None) -> DjangoMigrations:
    """Import the migrations of the installed apps, or only of those in ``labels``.

    An app without a ``migrations`` package has none.  An app that ``MIGRATION_MODULES``
    turns off (``None``) is read too: the project only keeps ``migrate`` from running
    its migrations, and their effect is still needed.
    """
    active: dict[str, tuple[Migration, ...]] = {}
    on_disk: dict[str, Mapping[str, Migration]] = {}
    errors: dict[str, str] = {}
    for config in apps.get_app_configs():
        if labels is not None and config.label not in labels:
            continue
        try:
            migrations = _read_app(config)
            order = order_active(nodes_of(migrations))
        except Exception as error:  # importing an app's module can raise anything
            errors[config.label] = f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            if migrations:
                active[config.label] = tuple(migrations[name] for name in order)
                on_disk[config.label] = migrations
    return DjangoMigrations(active=active, on_disk=on_disk, read_errors=errors)


def list_operations(
    django_migrations: DjangoMigrations,
) -> Iterator[MigrationOperation]:
    """Yield each app's database operations in order; apps in ``INSTALLED_APPS`` order."""
    for label, migrations in django_migrations.active.items():
        for migration in migrations:
            for operation in select_database_operations(migration.operations):
                yield MigrationOperation(
                    app=label, migration=migration.name, operation=operation
                )


def select_database_operations(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Yield the operations; of ``SeparateDatabaseAndState``, only the database part."""
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from select_database_operations(operation.database_operations)
        else:
            yield operation


def _read_app(config: AppConfig) -> dict[str, Migration]:
    # Test runners set an object that supports only ``in`` and ``[]``.
    modules, name = settings.MIGRATION_MODULES, None
    if config.label in modules:
        name = modules[config.label]
    name = name or f"{config.name}.{MIGRATIONS_MODULE_NAME}"
    package = _import_package(name)
    if package is None:
        return {}
    return {
        module.name: _import_migration(
            f"{name}.{module.name}", module.name, config.label
        )
        for module in pkgutil.iter_modules(package.__path__)
        if not module.ispkg and module.name[0] not in "_~"
    }


def nodes_of(migrations: Mapping[str, Migration]) -> dict[str, MigrationNode]:
    """Return the parents and replacements of an app's migrations, which give their order."""
    return {
        name: MigrationNode(
            parents=_select_same_app(migration, migration.dependencies),
            replaces=_select_same_app(migration, migration.replaces),
        )
        for name, migration in migrations.items()
    }


def _select_same_app(
    migration: Migration, others: Iterable[tuple[str, str]]
) -> tuple[str, ...]:
    return tuple(name for app, name in others if app == migration.app_label)


def _import_package(name: str) -> ModuleType | None:
    """Return the package; None if it does not exist, or is only a folder or a module."""
    try:
        package = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            return None
        raise
    is_package = hasattr(package, "__path__") and getattr(package, "__file__", None)
    return package if is_package else None


def _import_migration(module_name: str, name: str, label: str) -> Migration:
    module = importlib.import_module(module_name)
    migration: Migration = module.Migration(name, label)
    return migration
