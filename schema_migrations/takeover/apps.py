"""The configuration of the takeover app for Django."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.models.signals import post_migrate

from schema_migrations.conf import list_managed_aliases


class TakeoverConfig(AppConfig):
    name = "schema_migrations.takeover"
    label = "schema_migrations_takeover"
    verbose_name = "Schema migrations: migrate and makemigrations"

    def ready(self) -> None:
        if not apps.is_installed("schema_migrations"):
            raise ImproperlyConfigured(
                "schema_migrations.takeover needs schema_migrations in INSTALLED_APPS."
            )
        # Once for each run: the signal is sent for every app that has models.
        post_migrate.connect(
            record_django_migrations, sender=apps.get_app_config("schema_migrations")
        )


def record_django_migrations(*, using: str, **kwargs: Any) -> None:
    """Update ``django_migrations`` after any command that applied files."""
    # Importable only after the models are loaded.
    from schema_migrations.workflows.standing.app_ownership import (
        list_apps_of_django,
        list_apps_of_files,
        record_migrations_of_files,
    )
    from schema_migrations.workflows.standing.health import health

    # ``flush`` also sends the signal, without a plan: nothing was applied.
    if "plan" not in kwargs or using not in list_managed_aliases():
        return
    # Apps left to Django may be dependencies of ours: then ``migrate`` does both.
    if not list_apps_of_django(using) and health(using).ok:
        record_migrations_of_files(connections[using], list_apps_of_files(using))
