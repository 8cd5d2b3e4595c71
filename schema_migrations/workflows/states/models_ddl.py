"""DDL of the models, collected from Django's schema editor.

Invariant: nothing is executed here and no database is read; the statements that the
editor would send are collected, model by model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.apps.registry import Apps
from django.db import models, router
from django.db.backends.base.base import BaseDatabaseWrapper

from schema_migrations.engines.engine import Connection
from schema_migrations.errors import InvalidModels, UnknownApp
from schema_migrations.plan.fills import ComputedDefault
from schema_migrations.schema.model import Key, table_key
from schema_migrations.workflows.states.model_facts import (
    ModelFacts,
    ModelOrigin,
    fills_of,
    find_auto_created_models,
    origins_of,
    unquote_table_name,
)

AppLabels = tuple[str, ...] | None
"""Labels of apps; None: all apps."""

PERCENT_HINT = "Django reads a % in a comment as a placeholder here: write %% instead."


@dataclass(frozen=True, slots=True, kw_only=True)
class DdlPart:
    """The statements that create one model's tables."""

    label: str
    """``shop.Order``; ``foreign keys and indexes`` for the last part."""
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsDdl:
    parts: tuple[DdlPart, ...]
    dotted_names: Mapping[Key, str]
    """Table or column → the model or field behind it: ``shop.Order.total``."""
    facts: ModelFacts


def collect_alias_ddl(
    connection: Connection,
    registry: Apps,
    alias: str,
    *,
    labels: AppLabels,
    computed_defaults: Mapping[ComputedDefault, str],
) -> ModelsDdl:
    """Return the DDL and the facts of every model that belongs on ``alias``.

    ``labels`` limits them to some apps.  Routers decide as usual; proxy, unmanaged and
    swapped models are left out, as in Django.  Raises ``ConfigError``.
    """
    chosen = select_managed_models(connection, registry, alias, labels=labels)
    return collect_ddl(
        connection, registry, chosen, computed_defaults=computed_defaults
    )


def collect_ddl(
    connection: Connection,
    registry: Apps,
    chosen: Iterable[type[models.Model]],
    *,
    computed_defaults: Mapping[ComputedDefault, str],
) -> ModelsDdl:
    """Return the DDL and the facts of the ``chosen`` models.

    ``computed_defaults`` has the engine's SQL for defaults that the server can compute.
    Raises ``ConfigError``.
    """
    parts: list[DdlPart] = []
    fills: dict[Key, str] = {}
    origins: dict[Key, ModelOrigin] = {}
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        done = 0
        for model in chosen:
            _create_model(editor, model)
            statements = tuple(editor.collected_sql[done:])
            done = len(editor.collected_sql)
            parts.append(DdlPart(label=model._meta.label, statements=statements))
            for owner in (model, *find_auto_created_models(model)):
                origins |= origins_of(owner)
                fills |= fills_of(editor, owner, computed_defaults)
    rest = tuple(editor.collected_sql[done:])
    parts.append(DdlPart(label="foreign keys and indexes", statements=rest))
    return ModelsDdl(
        parts=tuple(parts),
        dotted_names=dict(_list_dotted_names(registry)),
        facts=ModelFacts(
            fills=fills,
            origins=origins,
            unmanaged_tables=_find_unmanaged_tables(registry),
        ),
    )


def _find_unmanaged_tables(registry: Apps) -> frozenset[Key]:
    return frozenset(
        table_key(unquote_table_name(owner._meta.db_table))
        for model in registry.get_models()
        if not (model._meta.managed or model._meta.proxy or model._meta.swapped)
        for owner in (model, *find_auto_created_models(model))
    )


def select_managed_models(
    connection: Connection, registry: Apps, alias: str, *, labels: AppLabels
) -> tuple[type[models.Model], ...]:
    """Return the models whose tables belong on the alias, in the registry's order.

    Raises ``ConfigError`` for a label that no installed app has.
    """
    known = {config.label for config in registry.get_app_configs()}
    if unknown := sorted(set(labels or ()) - known):
        raise UnknownApp(labels=tuple(unknown), known=tuple(sorted(known)))
    return tuple(
        model
        for model in registry.get_models()
        if (labels is None or model._meta.app_label in labels)
        and model._meta.can_migrate(cast(BaseDatabaseWrapper, connection))
        and router.allow_migrate_model(alias, model)
    )


def map_tables_to_apps(registry: Apps) -> dict[str, str]:
    """Return table → app label, including tables of many-to-many fields."""
    return {
        unquote_table_name(model._meta.db_table): model._meta.app_label
        for model in registry.get_models(include_auto_created=True)
    }


def _list_dotted_names(registry: Apps) -> Iterator[tuple[Key, str]]:
    for model in registry.get_models(include_auto_created=True):
        table = table_key(unquote_table_name(model._meta.db_table))
        yield table, model._meta.label
        for field in model._meta.local_concrete_fields:
            if field.column:
                dotted_name = f"{model._meta.label}.{field.name}"
                yield table.column(field.column), dotted_name


def _create_model(editor: Any, model: type[models.Model]) -> None:
    try:
        editor.create_model(model)
    except Exception as error:
        raise InvalidModels(
            problem=f"{model._meta.label}: Django cannot create its table: {error}",
            advice=PERCENT_HINT
            if "placeholder" in str(error)
            else "Run `manage.py check`; if it passes, check the model's fields.",
        ) from error


def tables_of(registry: Apps, labels: Iterable[str]) -> frozenset[Key]:
    """Return the keys of all tables that belong to the given apps."""
    chosen = set(labels)
    return frozenset(
        table_key(table)
        for table, label in map_tables_to_apps(registry).items()
        if label in chosen
    )
