"""Tables that Django's migrations go on to make, where ``APPS`` limits ours.

Models refer to them: they are made on every dev database, before files or models, and
are never part of a schema.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps.registry import Apps
from django.db import models

from schema_migrations.engines.engine import Connection, Engine
from schema_migrations.schema.model import NO_KEYS, Key
from schema_migrations.workflows.states.model_facts import find_auto_created_models
from schema_migrations.workflows.states.models_ddl import (
    ModelsDdl,
    collect_ddl,
    map_tables_to_apps,
    tables_of,
)
from schema_migrations.workflows.states.state import load_models


def find_excluded_tables(
    registry: Apps, labels: tuple[str, ...] | None
) -> frozenset[Key]:
    """Return the tables of installed apps that ``labels`` leaves out; None: no app."""
    if labels is None:
        return NO_KEYS
    return tables_of(registry, set(map_tables_to_apps(registry).values()) - set(labels))


def load_referenced_tables(
    engine: Engine,
    connection: Connection,
    registry: Apps,
    alias: str,
    labels: tuple[str, ...] | None,
) -> None:
    """Make the tables that models of ``labels`` refer to, without foreign keys of theirs.

    Raises ``ConfigError``.
    """
    if labels is None:
        return
    found = dict.fromkeys(_find_referenced_models(registry, labels))
    ddl = collect_ddl(
        connection, registry, tuple(found), computed_defaults=engine.computed_defaults
    )
    apart = ModelsDdl(
        parts=ddl.parts[:-1], dotted_names=ddl.dotted_names, facts=ddl.facts
    )
    load_models(engine, connection, apart, alias=alias)


def _find_referenced_models(
    registry: Apps, labels: tuple[str, ...]
) -> Iterator[type[models.Model]]:
    for model in registry.get_models():
        if model._meta.app_label not in labels:
            continue
        for made in (model, *find_auto_created_models(model)):
            for field in made._meta.local_concrete_fields:
                target = field.related_model
                if isinstance(target, type) and target._meta.app_label not in labels:
                    yield target._meta.concrete_model or target
