"""The Django migrations of the installed apps, and their operations on the database.

``read_django_migrations`` imports them; everything else is pure.  Invariant: each app
is read on its own, so broken migrations of one app do not hide those of another.
"""

from __future__ import annotations

import importlib
import pkgutil
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import run_checks
from django.db.migrations import Migration, SeparateDatabaseAndState
from django.db.migrations.exceptions import BadMigrationError
from django.db.migrations.loader import MIGRATIONS_MODULE_NAME
from django.db.migrations.operations.base import Operation

from schema_migrations.errors import MigrationsNotImportable
from schema_migrations.history.django_coverage import MigrationNode, order_active
from schema_migrations.workflows.management_modules import (
    list_management_modules,
)

_IMPORTERS = ("<frozen importlib", importlib.__file__, str(Path(__file__).parents[2]))
"""Files of those that only import, this package among them: the error is not theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DjangoMigrations:
    """The Django migrations of some apps."""

    active: Mapping[str, tuple[Migration, ...]] = field(default_factory=dict)
    """App label → its migrations in the order they run, without replaced ones; apps
    without migrations are left out."""
    on_disk: Mapping[str, Mapping[str, Migration]] = field(default_factory=dict)
    """App label → name → migration, replaced ones included."""
    read_errors: Mapping[str, str] = field(default_factory=dict)
    """App label → why its migrations cannot be imported, and where, on one line."""

    def describe_errors(self, labels: Iterable[str]) -> tuple[str, ...]:
        return tuple(f"{label}: {self.read_errors[label]}" for label in labels)


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
    its migrations, and their effect is still needed.  What cannot be imported is tried
    once more after what Django's own commands import before they come to migrations.
    """
    configs = [
        config
        for config in apps.get_app_configs()
        if labels is None or config.label in labels
    ]
    found = _read_apps(configs)
    if any(isinstance(read, str) for read in found.values()):
        import_as_migrate()
        found |= _read_apps(
            config for config in configs if isinstance(found[config.label], str)
        )
    read = {
        label: migrations
        for label, migrations in found.items()
        if not isinstance(migrations, str) and migrations
    }
    return DjangoMigrations(
        active={
            label: tuple(
                migrations[name] for name in order_active(nodes_of(migrations))
            )
            for label, migrations in read.items()
        },
        on_disk=read,
        read_errors={
            label: reason for label, reason in found.items() if isinstance(reason, str)
        },
    )


def read_all_migrations(labels: Collection[str]) -> DjangoMigrations:
    """Import the migrations of some apps; raise ``MigrationsNotImportable``."""
    found = read_django_migrations(labels)
    if found.read_errors:
        raise MigrationsNotImportable(reasons=found.describe_errors(found.read_errors))
    return found


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


def is_turned_off(label: str) -> bool:
    """Return whether ``MIGRATION_MODULES`` keeps Django from an app's migrations."""
    # Test runners set an object that supports only ``in`` and ``[]``.
    modules = settings.MIGRATION_MODULES
    return label in modules and modules[label] is None


def find_migrations_package(config: AppConfig) -> ModuleType | None:
    """Import the package of an app's migrations; None if there is none.

    Raise whatever it raises.
    """
    name = None
    if config.label in settings.MIGRATION_MODULES:
        name = settings.MIGRATION_MODULES[config.label]
    return _import_package(name or f"{config.name}.{MIGRATIONS_MODULE_NAME}")


def _read_apps(configs: Iterable[AppConfig]) -> dict[str, dict[str, Migration] | str]:
    """Return label → migrations by name, or why they cannot be read."""
    found: dict[str, dict[str, Migration] | str] = {}
    for config in configs:
        try:
            migrations = dict(_import_migrations(config))
            order_active(nodes_of(migrations))
        except Exception as error:  # importing an app's module can raise anything
            found[config.label] = _describe_error(error)
        else:
            found[config.label] = migrations
    return found


def import_as_migrate() -> None:
    """Import what ``migrate`` does before it comes to migrations.

    Its checks load the URLs and so the views; then it imports ``management`` of each app.
    Modules that import one another in a circle may succeed only in this order.
    """
    with suppress(Exception):  # of others; the migrations are tried again in any case
        run_checks(databases=[])
    for name in list_management_modules():
        with suppress(Exception):
            importlib.import_module(name)


def _import_migrations(config: AppConfig) -> Iterator[tuple[str, Migration]]:
    package = find_migrations_package(config)
    if package is None:
        return
    for module in pkgutil.iter_modules(package.__path__):
        if not module.ispkg and module.name[0] not in "_~":
            module_name = f"{package.__name__}.{module.name}"
            yield (
                module.name,
                _import_migration(module_name, module.name, config.label),
            )


def _describe_error(error: Exception) -> str:
    """Return what an import raised, after its place, which a traceback has last."""
    text = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    if isinstance(error, SyntaxError) and error.filename:
        text = f"{type(error).__name__}: {error.msg}"
        return f"{error.filename}:{error.lineno}: {text}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(_IMPORTERS)
    ]
    if not frames:
        return text
    place = f"{frames[-1].filename}:{frames[-1].lineno}"
    if frames[0].filename != frames[-1].filename:
        place = f"{Path(frames[0].filename).stem}: {place}"
    return f"{place}: {text}"


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
    if not hasattr(module, "Migration"):  # Django's own words
        raise BadMigrationError(
            f"Migration {name} in app {label} has no Migration class"
        )
    migration: Migration = module.Migration(name, label)
    return migration
