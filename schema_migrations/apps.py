"""The configuration of the app for Django."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from django.apps import AppConfig

COMMAND = "schemadiff"
"""The command that reads models as ``makemigrations`` does."""


class SchemaMigrationsConfig(AppConfig):
    name = "schema_migrations"
    verbose_name = "Schema migrations"
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        add_makemigrations()

    def ready(self) -> None:
        import_module("schema_migrations.checks")  # registers the system checks


def add_makemigrations() -> None:
    """Let ``sys.argv`` of ``schemadiff`` name ``makemigrations`` as well, and first.

    Fields of django-deprecate-fields, and models of projects, show what they are only to
    the commands that they know by name.  Django makes the configurations of all apps
    before it imports the first model, and has read the command line by then.
    https://docs.djangoproject.com/en/stable/ref/applications/#how-applications-are-loaded
    """
    if sys.argv[1:2] == [COMMAND]:
        sys.argv = [sys.argv[0], "makemigrations", *sys.argv[1:]]
