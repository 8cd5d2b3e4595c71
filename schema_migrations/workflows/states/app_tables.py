"""Which app a table belongs to: one rule, for the limits of a change and for what is shown.

Invariant: no database is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.apps.registry import Apps
from django.db import connection as default_connection
from django.db.backends.utils import strip_quotes, truncate_name
from django.db.migrations.state import ModelState, ProjectState

from schema_migrations.schema.model import ForeignKey, Key, Schema, Table
from schema_migrations.workflows.states.model_names import key_of_table_name
from schema_migrations.workflows.states.model_tables import map_model_tables

if TYPE_CHECKING:
    from schema_migrations.engines.dialect import Dialect
    from schema_migrations.workflows.states.django_migrations import DjangoMigrations


@dataclass(frozen=True, kw_only=True)
class AppTables:
    """What the installed apps say of their tables."""

    dialect: Dialect
    labels: frozenset[str]
    """Of the installed apps."""
    of_models: Mapping[Key, str]
    """Table of a model or of a many-to-many field → label of its app."""
    django_migrations: DjangoMigrations

    @cached_property
    def of_migrations(self) -> Mapping[Key, str]:
        """Table that a model once had, as Django migrations tell → label of its app."""
        return dict(_list_past_tables(self.django_migrations, self.dialect))

    def find_app(self, table: Key, *schemas: Schema) -> str:
        """Return the label of the app that a table belongs to; empty: it is not known.

        Models decide, of today or in Django migrations.  Any other table belongs to an
        installed app if its name is what Django gives to a model of that app, or to a
        many-to-many field of such a model, whose table in ``schemas`` it refers to.
        """
        return (
            self.of_models.get(table)
            or self.of_migrations.get(table)
            or self._find_app_by_name(table, schemas)
        )

    def _find_app_by_name(self, table: Key, schemas: tuple[Schema, ...]) -> str:
        if table.namespace:
            return ""
        for label in sorted(self.labels, key=len, reverse=True):
            rest = table.name.removeprefix(f"{label}_")
            if rest == table.name:
                continue
            if "_" not in rest:
                return label
            owners = _find_owners(table, schemas)
            if any(self.find_app(owner, *schemas) == label for owner in owners):
                return label
        return ""

    def map_tables(self, *schemas: Schema) -> dict[Key, str]:
        """Return table → label for the tables of the schemas that belong to an app."""
        tables = {table.key for schema in schemas for table in schema.of(Table)}
        found = {table: self.find_app(table, *schemas) for table in tables}
        return {table: label for table, label in found.items() if label}


def _find_owners(table: Key, schemas: Iterable[Schema]) -> Iterator[Key]:
    """Yield the tables that a table refers to and that its name begins with."""
    for schema in schemas:
        for obj in schema.by_table.get(table, ()):
            if isinstance(obj, ForeignKey):
                owner = obj.referenced_table
                if owner.namespace == table.namespace and table.name.startswith(
                    f"{owner.name}_"
                ):
                    yield owner


def read_app_tables(
    registry: Apps, dialect: Dialect, django_migrations: DjangoMigrations
) -> AppTables:
    """Return the tables of the installed apps' models, and of those they once had."""
    return AppTables(
        dialect=dialect,
        labels=frozenset(config.label for config in registry.get_app_configs()),
        of_models=map_model_tables(registry, dialect),
        django_migrations=django_migrations,
    )


def _list_past_tables(
    django_migrations: DjangoMigrations, dialect: Dialect
) -> Iterator[tuple[Key, str]]:
    """Yield (table, app label) for each table that a model has after some migration.

    Only the state is followed, app by app; an operation that needs more is left out.
    """
    for label, migrations in django_migrations.active.items():
        state = ProjectState()
        for migration in migrations:
            for operation in migration.operations:
                with suppress(Exception):  # of others, and may need other apps' models
                    operation.state_forwards(label, state)
            for (app, _), model in state.models.items():
                if app == label:
                    for name in _list_table_names(model):
                        yield key_of_table_name(name, dialect), label


def _list_table_names(model: ModelState) -> Iterator[str]:
    """Yield the table of a model and those of its many-to-many fields, as Django names them."""
    options: dict[str, Any] = model.options
    if options.get("proxy") or not options.get("managed", True):
        return
    table = options.get("db_table") or _truncate(
        f"{model.app_label}_{model.name_lower}"
    )
    yield table
    for name, field_ in model.fields.items():
        if field_.many_to_many and not getattr(field_.remote_field, "through", None):
            yield (
                getattr(field_, "db_table", None)
                or _truncate(f"{strip_quotes(table)}_{name}")
            )


def _truncate(name: str) -> str:
    """Shorten a derived name as Django does, which asks the default database for it."""
    return truncate_name(name, default_connection.ops.max_name_length())
