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
from schema_migrations.workflows.states.building import load_models
from schema_migrations.workflows.states.model_facts import automatic
from schema_migrations.workflows.states.models_ddl import (
    ModelsDdl,
    app_of_tables,
    collect_models,
    tables_of,
)


def tables_beside(registry: Apps, labels: tuple[str, ...] | None) -> frozenset[Key]:
    """Return the tables of installed apps that ``labels`` leaves out; None: no app."""
    if labels is None:
        return NO_KEYS
    return tables_of(registry, set(app_of_tables(registry).values()) - set(labels))


def load_beside(
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
    found = dict.fromkeys(_referred(registry, labels))
    ddl = collect_models(connection, registry, tuple(found), values=engine.values)
    apart = ModelsDdl(parts=ddl.parts[:-1], named=ddl.named, facts=ddl.facts)
    load_models(engine, connection, apart, alias=alias)


def _referred(registry: Apps, labels: tuple[str, ...]) -> Iterator[type[models.Model]]:
    for model in registry.get_models():
        if model._meta.app_label not in labels:
            continue
        for made in (model, *automatic(model)):
            for field in made._meta.local_concrete_fields:
                target = field.related_model
                if isinstance(target, type) and target._meta.app_label not in labels:
                    yield target._meta.concrete_model or target
