"""Apps after a takeover of ``migrate``: the files create their tables, or Django does.

Invariant: ``django_migrations`` is true for the apps of the files: their rows are written
only once the database has all files.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import router
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from schema_migrations.conf import list_managed_aliases, read_settings
from schema_migrations.workflows.states.django_migrations import read_django_migrations

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def list_apps_of_files(alias: str) -> frozenset[str]:
    """Return the labels of the apps whose tables the files of an alias create."""
    labels = read_settings(alias).apps
    return list_installed_apps() if labels is None else frozenset(labels)


def list_apps_of_django(alias: str) -> frozenset[str]:
    """Return the labels of the apps left to Django on an alias, if they have migrations
    or tables."""
    return frozenset(
        label
        for label in list_installed_apps() - list_apps_of_files(alias)
        if _has_migrations(label) or _may_have_tables(label, alias)
    )


def list_file_managed_apps() -> frozenset[str]:
    """Return the labels of the apps whose tables files create on some alias, and of apps
    without models; not of apps whose tables routers send only to other databases."""
    return frozenset(
        label
        for alias in list_managed_aliases()
        for label in list_apps_of_files(alias) & list_installed_apps()
        if _may_have_tables(label, alias)
        or not any(apps.get_app_config(label).get_models())
    )


def list_installed_apps() -> frozenset[str]:
    return frozenset(config.label for config in apps.get_app_configs())


def _may_have_tables(label: str, alias: str) -> bool:
    return any(
        model._meta.can_migrate(alias) and router.allow_migrate_model(alias, model)
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    )


def _has_migrations(label: str) -> bool:
    module, _ = MigrationLoader.migrations_module(label)
    return module is not None and find_spec(module) is not None


def record_migrations_of_files(
    connection: BaseDatabaseWrapper, labels: Iterable[str]
) -> None:
    """Record all Django migrations of some apps in ``django_migrations``.

    Django's own commands, and packages that read this table, then see what the files
    created as applied.  Django refuses a row without those that it depends on.
    """
    migrated = [name for name in labels if MigrationLoader.migrations_module(name)[0]]
    to_record = set()
    for label, migrations in read_django_migrations(migrated).on_disk.items():
        for name, migration in migrations.items():
            to_record |= {(label, name), *migration.replaces}
    if not to_record:
        return
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    missing = sorted(to_record - set(recorder.applied_migrations()))
    recorder.migration_qs.bulk_create(
        recorder.Migration(app=app, name=name) for app, name in missing
    )
