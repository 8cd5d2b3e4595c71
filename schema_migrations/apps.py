"""The configuration of the app for Django."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class SchemaMigrationsConfig(AppConfig):
    name = "schema_migrations"
    verbose_name = "Schema migrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("schema_migrations.checks")  # registers the system checks
