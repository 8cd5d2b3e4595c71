"""What the installed apps' Django migrations do besides making models.

``read`` imports them, everything else is pure.  Invariant: each app is read for
itself, so that one whose migrations are broken costs nobody else's.
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
    """App label → its migrations as they would run, without those that another one
    replaces; apps without any are left out."""
    on_disk: Mapping[str, Mapping[str, Migration]] = field(default_factory=dict)
    """App label → name → migration: the replaced ones as well."""
    read_errors: Mapping[str, str] = field(default_factory=dict)
    """App label → why its migrations cannot be read, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationOperation:
    """One operation on the database."""

    app: str
    migration: str
    """``0002_stock``."""
    operation: Operation

    def __str__(self) -> str:
        return f"{self.app}.{self.migration}: {self.operation.describe()}"


def read_django_migrations(labels: Collection[str] | None = None) -> DjangoMigrations:
    """Import the migrations of installed apps; ``labels`` limits it to some of them.

    An app without a ``migrations`` package has none.  One that ``MIGRATION_MODULES``
    turns off (``None``) is read all the same: that is how a project says that
    ``migrate`` is not to run them, and what they do is needed still.
    """
    found: dict[str, tuple[Migration, ...]] = {}
    on_disk: dict[str, Mapping[str, Migration]] = {}
    unread: dict[str, str] = {}
    for config in apps.get_app_configs():
        if labels is not None and config.label not in labels:
            continue
        try:
            migrations = _read_app(config)
            order = order_active(nodes_of(migrations))
        except Exception as error:  # whatever importing a stranger's module raises
            unread[config.label] = f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            if migrations:
                found[config.label] = tuple(migrations[name] for name in order)
                on_disk[config.label] = migrations
    return DjangoMigrations(active=found, on_disk=on_disk, read_errors=unread)


def list_operations(
    django_migrations: DjangoMigrations,
) -> Iterator[MigrationOperation]:
    """Yield what each app does to the database, in order; apps in that of the project."""
    for label, migrations in django_migrations.active.items():
        for migration in migrations:
            for operation in select_database_operations(migration.operations):
                yield MigrationOperation(
                    app=label, migration=migration.name, operation=operation
                )


def select_database_operations(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Yield the operations, of ``SeparateDatabaseAndState`` the database's part."""
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from select_database_operations(operation.database_operations)
        else:
            yield operation


def _read_app(config: AppConfig) -> dict[str, Migration]:
    # Test runners put an object there that only has ``in`` and ``[]``.
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
    """Return an app's migrations as far as their order needs it."""
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
    """Return a package; None where there is none, or nothing but a folder."""
    try:
        package = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            return None
        raise
    return package if getattr(package, "__file__", None) else None


def _import_migration(module_name: str, name: str, label: str) -> Migration:
    module = importlib.import_module(module_name)
    migration: Migration = module.Migration(name, label)
    return migration
