"""Django migrations of installed apps that the files of a directory do not cover.

Invariant: migrations that cannot be compared are warned about or listed again, never
skipped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from django.apps import AppConfig, apps
from django.db import router

from schema_migrations.history import django_coverage
from schema_migrations.workflows.planning.data_operations import (
    DataOperation,
    find_data_operations,
)
from schema_migrations.workflows.planning.run_sql import DeclaredSql
from schema_migrations.workflows.states.django_migrations import (
    DjangoMigrations,
    is_turned_off,
    nodes_of,
)

CONTRIB_PREFIX = "django.contrib."
"""Apps whose past data operations a new database does not need: they fix rows of older
versions, and ``post_migrate`` creates content types and permissions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredMigrations:
    unrecorded_leaves: tuple[tuple[str, str], ...] = ()
    """(app, last migration) pairs that no file records yet, by app."""
    operations: tuple[DataOperation, ...] = ()
    """Data operations by app, in the order in which ``migrate`` would run them."""
    shown_operations: tuple[DataOperation, ...] = ()
    """The same with ``%s`` for each parameter of SQL: values are for files only."""
    new_apps: frozenset[str] = frozenset()
    """Apps of which no file records anything."""
    warnings: tuple[str, ...] = ()

    @property
    def without_values(self) -> UncoveredMigrations:
        return replace(self, operations=self.shown_operations)


def find_uncovered_migrations(
    recorded: Mapping[str, Collection[str]],
    django_migrations: DjangoMigrations,
    alias: str,
    *,
    beside: DeclaredSql,
    labels: Collection[str] | None = None,
    own_labels: Collection[str] | None = None,
) -> UncoveredMigrations:
    """Return the migrations of the installed apps that the files do not record.

    ``beside`` is what the desired state has besides models.
    ``labels`` limits it to some apps; ``own_labels`` are those whose tables belong to the
    files, None: all.  Routers decide, as for ``migrate``.
    """
    leaves: list[tuple[str, str]] = []
    operations: list[DataOperation] = []
    shown: list[DataOperation] = []
    new_apps: set[str] = set()
    warnings: list[str] = []
    for label, migrations in sorted(django_migrations.on_disk.items()):
        config = apps.get_app_config(label)
        if (labels and label not in labels) or not is_app_allowed(config, alias):
            continue
        nodes, names = nodes_of(migrations), tuple(recorded.get(label, ()))
        if last := django_coverage.find_unknown(nodes, names):
            warnings.append(_describe_unknown(label, last))
        leaves += [
            (label, leaf)
            for leaf in django_coverage.find_leaves(nodes)
            if leaf not in names
        ]
        if not names:
            new_apps.add(label)
            if config.name.startswith(CONTRIB_PREFIX):
                continue
        for name in django_coverage.find_uncovered(nodes, names):
            for found, with_values in ((operations, True), (shown, False)):
                found += find_data_operations(
                    migrations[name],
                    alias,
                    beside=beside,
                    own_labels=own_labels,
                    with_values=with_values,
                )
    return UncoveredMigrations(
        unrecorded_leaves=tuple(leaves),
        operations=tuple(operations),
        shown_operations=tuple(shown),
        new_apps=frozenset(new_apps),
        warnings=tuple(warnings),
    )


def find_unread_apps(
    django_migrations: DjangoMigrations,
    alias: str,
    *,
    labels: Collection[str] | None = None,
) -> tuple[str, ...]:
    """Return the apps whose migrations a file must record, and which cannot be imported.

    ``labels`` limits it to some apps.  Django does not import what ``MIGRATION_MODULES``
    turns off, and runs nothing where the routers allow nothing.
    """
    return tuple(
        label
        for label in django_migrations.read_errors
        if not (labels and label not in labels)
        and not is_turned_off(label)
        and is_app_allowed(apps.get_app_config(label), alias)
    )


def is_app_allowed(config: AppConfig, alias: str) -> bool:
    """Return whether the routers let anything of an app onto the alias."""
    return router.allow_migrate(alias, config.label) or any(
        router.allow_migrate_model(alias, model) for model in config.get_models()
    )


def _describe_unknown(label: str, last: str) -> str:
    return (
        f"the files cover {label} up to {last}, which the installed {label} lacks: "
        "is it an older version?"
    )
