"""The command ``makemigrations``, only for apps left to Django.

Invariant: no Django migration is written for an app whose tables the SQL files make.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import no_translations
from django.core.management.commands import makemigrations
from django.db.migrations.loader import MigrationLoader

from schema_migrations.conf import list_managed_aliases
from schema_migrations.errors import WrongUsage
from schema_migrations.management.commands._base import (
    Options,
    colour_first_line,
)
from schema_migrations.management.commands._failures import raise_command_errors
from schema_migrations.workflows.standing.app_ownership import (
    list_file_managed_apps,
    list_installed_apps,
)


class Command(makemigrations.Command):
    help = (
        "Creates migrations for the apps that are left to Django. For the apps that"
        " SCHEMA_MIGRATIONS manages, use schemadiff."
    )

    @no_translations
    def handle(self, *app_labels: str, **options: Any) -> None:
        self.stderr.style_func = partial(colour_first_line, self.style)
        with raise_command_errors():
            self._make_migrations(app_labels, options)

    def _make_migrations(self, app_labels: tuple[str, ...], options: Options) -> None:
        file_apps = list_file_managed_apps()
        refused = file_apps & set(app_labels)
        if refused:
            raise _make_refusal(refused)
        if app_labels or not file_apps:
            super().handle(*app_labels, **options)
            return
        django_apps = sorted(_list_apps_with_migrations() - file_apps)
        if django_apps:
            super().handle(*django_apps, **options)
        if options["check_changes"]:
            self._check_missing_files(options)
        elif not django_apps:
            raise _make_refusal(file_apps)
        elif options["verbosity"] >= 1:
            self.stderr.write(
                "Skipped, since SQL files make their tables:"
                f" {_list_apps_with_models(file_apps)}.\n"
                "Next     python manage.py schemadiff"
            )

    def _check_missing_files(self, options: Options) -> None:
        """Exit 1 if models changed without a file, as ``schemadiff --check`` does."""
        for alias in list_managed_aliases():
            call_command(
                "schemadiff",
                database=alias,
                check=True,
                interactive=False,
                verbosity=options["verbosity"],
                stdout=(self.stderr if options["scriptable"] else self.stdout)._out,
                stderr=self.stderr._out,
            )


def _list_apps_with_migrations() -> frozenset[str]:
    """Return the apps that Django checks without a label."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    return list_installed_apps() & frozenset(loader.migrated_apps)


def _list_apps_with_models(labels: Iterable[str]) -> str:
    """Return the apps that have tables; all of them if none has."""
    labels = sorted(labels)
    with_models = [
        label
        for label in labels
        if (config := apps.app_configs.get(label)) and any(config.get_models())
    ]
    return ", ".join(with_models or labels)


def _make_refusal(labels: Iterable[str]) -> WrongUsage:
    return WrongUsage(
        problem="The tables of these apps are made by SQL files, not by Django migrations:"
        f" {_list_apps_with_models(labels)}.",
        advice="To write a file for changes of their models: python manage.py schemadiff",
    )
