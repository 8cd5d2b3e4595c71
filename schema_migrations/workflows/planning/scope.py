"""The scope of a change: the tables it may touch, those of some apps."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps.registry import Apps

from schema_migrations.errors import UnknownApp
from schema_migrations.schema.model import Key, Schema, Table
from schema_migrations.workflows.planning.proposal import Scope
from schema_migrations.workflows.states.models_ddl import map_tables_to_apps


def make_scope(registry: Apps, labels: Sequence[str] | None) -> Scope | None:
    """Return the scope of the given apps; None: everything.

    A table without a model belongs to the app whose label its name begins with.
    Raises ``ConfigError`` for a label that no installed app has.
    """
    if not labels:
        return None
    known = {config.label for config in registry.get_app_configs()}
    if unknown := sorted(set(labels) - known):
        raise UnknownApp(labels=tuple(unknown), known=tuple(sorted(known)))
    apps = map_tables_to_apps(registry)

    def touches(table: Table) -> bool:
        name = table.key.name
        if name in apps:
            return apps[name] in labels
        return any(name.startswith(f"{label}_") for label in labels)

    def scope(current: Schema, desired: Schema) -> frozenset[Key]:
        tables = (*current.of(Table), *desired.of(Table))
        return frozenset(table.key for table in tables if touches(table))

    return scope
