"""The configuration of the app for Django."""

from __future__ import annotations

import gc
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

    holds_back_collector = False
    """The garbage collector is off until ``restore_collector``."""

    def __init__(self, app_name: str, app_module: Any) -> None:
        super().__init__(app_name, app_module)
        if sys.argv[1:2] == [COMMAND]:
            add_makemigrations()
            self.hold_back_collector()

    def hold_back_collector(self) -> None:
        """Keep the collector from looking through all models again and again.

        It would while they are imported, and once more when the process ends.
        """
        self.holds_back_collector = gc.isenabled()
        gc.disable()

    def restore_collector(self) -> None:
        """Let the collector run again, on what is made from now on."""
        if self.holds_back_collector:
            self.holds_back_collector = False
            gc.freeze()
            gc.enable()

    def ready(self) -> None:
        import_module("schema_migrations.checks")  # registers the system checks


def add_makemigrations() -> None:
    """Let ``sys.argv`` of ``schemadiff`` name ``makemigrations`` as well, and first.

    Fields of django-deprecate-fields, and models of projects, show what they are only to
    the commands that they know by name.  Django makes the configurations of all apps
    before it imports the first model, and has read the command line by then.
    https://docs.djangoproject.com/en/stable/ref/applications/#how-applications-are-loaded
    """
    sys.argv = [sys.argv[0], "makemigrations", *sys.argv[1:]]
