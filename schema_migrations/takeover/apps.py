"""The configuration of the takeover app for Django."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured

from schema_migrations.conf import list_managed_aliases
from schema_migrations.workflows.applying.hooks import all_files_applied, run_begins


class TakeoverConfig(AppConfig):
    name = "schema_migrations.takeover"
    label = "schema_migrations_takeover"
    verbose_name = "Schema migrations: migrate and makemigrations"

    def ready(self) -> None:
        if not apps.is_installed("schema_migrations"):
            raise ImproperlyConfigured(
                "schema_migrations.takeover needs schema_migrations in INSTALLED_APPS."
            )
        run_begins.connect(verify_migrations_of_files)
        all_files_applied.connect(record_django_migrations)


def _is_responsible(alias: str) -> bool:
    """Tell whether the files of an alias rule here: a receiver stays connected where
    INSTALLED_APPS is overridden."""
    return apps.is_installed(TakeoverConfig.name) and alias in list_managed_aliases()


def verify_migrations_of_files(*, connection: Any, **_: Any) -> None:
    """Stop a run before it began if it could not update ``django_migrations``."""
    # Importable only after the models are loaded.
    from schema_migrations.workflows.standing.app_ownership import (
        read_migrations_of_files,
    )

    if _is_responsible(connection.alias):
        read_migrations_of_files(connection.alias)


def record_django_migrations(*, connection: Any, **_: Any) -> tuple[str, ...]:
    """Update ``django_migrations`` after any command that applied files; return what it
    still lacks."""
    from schema_migrations.workflows.standing.app_ownership import (
        record_migrations_of_files,
    )

    if not _is_responsible(connection.alias):
        return ()
    waiting = record_migrations_of_files(connection, connection.alias)
    if not waiting:
        return ()
    return (
        f"django_migrations does not list all migrations of {', '.join(waiting)} yet:"
        " they depend on apps that are left to Django: python manage.py migrate",
    )
