"""Which tables models have, their own and those of their many-to-many fields.

Invariant: no database is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps.registry import Apps
from django.db import models

from schema_migrations.schema.key import NO_KEYS, Key
from schema_migrations.workflows.states.model_names import table_key_of

if TYPE_CHECKING:
    from schema_migrations.engines.dialect import Dialect


def find_auto_created_models(model: type[models.Model]) -> Iterator[type[models.Model]]:
    """Yield the models that Django creates for a model's many-to-many fields."""
    for field_ in model._meta.local_many_to_many:
        through = field_.remote_field.through
        if through is not None and through._meta.auto_created:
            yield through


def map_model_tables(registry: Apps, dialect: Dialect) -> dict[Key, str]:
    """Return table → app label, including tables of many-to-many fields."""
    return {
        table_key_of(model, dialect): model._meta.app_label
        for model in registry.get_models(include_auto_created=True)
    }


def find_excluded_tables(
    registry: Apps, labels: tuple[str, ...] | None, dialect: Dialect
) -> frozenset[Key]:
    """Return the tables of the installed apps not in ``labels``; None leaves out no app."""
    if labels is None:
        return NO_KEYS
    return frozenset(
        table
        for table, label in map_model_tables(registry, dialect).items()
        if label not in labels
    )


def find_referenced_models(
    registry: Apps, labels: tuple[str, ...] | None
) -> tuple[type[models.Model], ...]:
    """Return the models of other apps that models of ``labels`` refer to; None: all apps
    are in it."""
    if labels is None:
        return ()
    return tuple(dict.fromkeys(_list_referenced_models(registry, labels)))


def _list_referenced_models(
    registry: Apps, labels: tuple[str, ...]
) -> Iterator[type[models.Model]]:
    for model in registry.get_models():
        if model._meta.app_label not in labels:
            continue
        for owner in (model, *find_auto_created_models(model)):
            for field in owner._meta.local_concrete_fields:
                target = field.related_model
                if isinstance(target, type) and target._meta.app_label not in labels:
                    yield target._meta.concrete_model or target


def map_unmanaged_tables(registry: Apps, dialect: Dialect) -> dict[Key, str]:
    """Return table → model, ``shop.Role``, of models that are ``managed = False``.

    The tables of their many-to-many fields are among them.
    """
    return {
        table_key_of(owner, dialect): model._meta.label
        for model in registry.get_models()
        if not (model._meta.managed or model._meta.proxy or model._meta.swapped)
        for owner in (model, *find_auto_created_models(model))
    }
