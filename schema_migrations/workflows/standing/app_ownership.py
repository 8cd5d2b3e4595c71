"""Apps after a takeover of ``migrate``: the files create their tables, or Django does.

Invariant: ``django_migrations`` is true for the apps of the files: their rows are written
only once the database has all files.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import router
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from schema_migrations.conf import list_managed_aliases, read_settings
from schema_migrations.workflows.states.django_migrations import (
    is_turned_off,
    read_all_migrations,
)

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations import Migration


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
    """Return whether Django finds a package of migrations, not only a module or folder."""
    name, _ = MigrationLoader.migrations_module(label)
    spec = find_spec(name) if name else None
    return bool(spec and spec.has_location and spec.submodule_search_locations)


MigrationKey = tuple[str, str]
"""App label and name, as in ``django_migrations``."""


def read_migrations_of_files(alias: str) -> dict[MigrationKey, Migration]:
    """Return the Django migrations of the apps whose tables the files of an alias create.

    Raises ``MigrationsNotImportable``: a row that is missing would let Django create the
    tables again.
    """
    labels = [name for name in list_apps_of_files(alias) if not is_turned_off(name)]
    return {
        (label, name): migration
        for label, migrations in read_all_migrations(labels).on_disk.items()
        for name, migration in migrations.items()
    }


def record_migrations_of_files(
    connection: BaseDatabaseWrapper, alias: str, *, before_django: bool = False
) -> tuple[str, ...]:
    """Record the Django migrations of the apps of the files in ``django_migrations``.

    Django's own commands, and packages that read this table, then see what the files
    created as applied.  Django refuses a row without those that it depends on: where apps
    are left to Django, return the apps whose migrations wait for theirs; with
    ``before_django`` none waits, as Django is about to run those.
    Raises ``MigrationsNotImportable``.
    """
    migrations = read_migrations_of_files(alias)
    if not migrations:
        return ()
    recorder = MigrationRecorder(connection)
    _make_table(recorder)
    applied = frozenset(recorder.applied_migrations())
    waiting = (
        frozenset[MigrationKey]()
        if before_django
        else find_waiting(migrations, applied, list_apps_of_django(alias))
    )
    to_record = {
        key
        for name, migration in migrations.items()
        if name not in waiting
        for key in (name, *migration.replaces)
    }
    recorder.migration_qs.bulk_create(
        recorder.Migration(app=app, name=name)
        for app, name in sorted(to_record - applied)
    )
    return tuple(sorted({app for app, _ in waiting}))


def _make_table(recorder: MigrationRecorder) -> None:
    """Create ``django_migrations`` if it is not there.

    Not by a schema editor as a whole: on SQLite, that checks the rows of all tables, and
    those that a file left without a parent are no reason to lose the record.
    """
    if recorder.has_table():
        return
    connection = recorder.connection
    sql, parameters = connection.schema_editor().table_sql(recorder.Migration)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def find_waiting(
    migrations: Mapping[MigrationKey, Migration],
    applied: Collection[MigrationKey],
    left_apps: Collection[str],
) -> frozenset[MigrationKey]:
    """Return the migrations that depend, directly or not, on one of ``left_apps`` that is
    not applied."""
    applied_apps = {app for app, _ in applied}

    def is_missing(app: str, name: str) -> bool:
        if name == "__first__":
            return app not in applied_apps
        return (app, name) not in applied

    waiting: set[MigrationKey] = set()
    before = -1
    while len(waiting) > before:
        before = len(waiting)
        waiting |= {
            key
            for key, migration in migrations.items()
            if any(
                (app, name) in waiting or (app in left_apps and is_missing(app, name))
                for app, name in migration.dependencies
            )
        }
    return frozenset(waiting)
