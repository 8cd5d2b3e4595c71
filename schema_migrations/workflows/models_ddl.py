"""Models → DDL, by Django's own schema editor.

Invariant: nothing is executed here and no database is read; what the editor would
send is collected, model by model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.apps.registry import Apps
from django.db import models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import NOT_PROVIDED
from django.db.models.fields.proxy import OrderWrt

from schema_migrations.engines.engine import Connection
from schema_migrations.errors import ConfigError
from schema_migrations.schema.model import Key, column_key, table_key

Labels = tuple[str, ...] | None
"""Of apps; None: all."""

PLAIN_CALLABLES = (dict, list, tuple, set, str, int, float, bool)
"""Defaults that are the same for every row, though they are called."""

PERCENT = "Django takes a % in a comment for a placeholder here: write %% instead."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ddl:
    """What one model's tables are made of."""

    label: str
    """``shop.Order``; ``foreign keys and indexes`` for what comes at the end."""
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsDdl:
    parts: tuple[Ddl, ...]
    apps: Mapping[str, str]
    """Table → app label."""
    named: Mapping[Key, str]
    """Table or column → the model or field behind it: ``shop.Order.total``."""
    fills: Mapping[Key, str]
    """Column → SQL literal of the field's default, for rows that exist already."""


def collect(
    connection: Connection, registry: Apps, alias: str, *, labels: Labels
) -> ModelsDdl:
    """Return the DDL of every model that belongs on ``alias``.

    ``labels`` limits it to some apps.  Routers are asked; proxy, unmanaged and swapped
    models are left out as Django leaves them out.  Raises ``ConfigError``.
    """
    chosen = managed_models(connection, registry, alias, labels=labels)
    parts: list[Ddl] = []
    fills: dict[Key, str] = {}
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        done = 0
        for model in chosen:
            _create(editor, model)
            statements = tuple(editor.collected_sql[done:])
            done = len(editor.collected_sql)
            parts.append(Ddl(label=model._meta.label, statements=statements))
            fills |= _fills(editor, model)
    rest = tuple(editor.collected_sql[done:])
    parts.append(Ddl(label="foreign keys and indexes", statements=rest))
    return ModelsDdl(
        parts=tuple(parts),
        apps=app_of_tables(registry),
        named=dict(_named(registry)),
        fills=fills,
    )


def managed_models(
    connection: Connection, registry: Apps, alias: str, *, labels: Labels
) -> tuple[type[models.Model], ...]:
    """Return the models whose tables are ours to make, in the registry's order."""
    known = {config.label for config in registry.get_app_configs()}
    if unknown := sorted(set(labels or ()) - known):
        raise ConfigError(
            f"No installed app has the label {', '.join(map(repr, unknown))}.",
            hint=f"Known: {', '.join(sorted(known))}.",
        )
    return tuple(
        model
        for model in registry.get_models()
        if (labels is None or model._meta.app_label in labels)
        and model._meta.can_migrate(cast(BaseDatabaseWrapper, connection))
        and router.allow_migrate_model(alias, model)
    )


def app_of_tables(registry: Apps) -> dict[str, str]:
    """Return table → app label, tables of automatic M2M models included."""
    return {
        _bare(model._meta.db_table): model._meta.app_label
        for model in registry.get_models(include_auto_created=True)
    }


def _named(registry: Apps) -> Iterator[tuple[Key, str]]:
    for model in registry.get_models(include_auto_created=True):
        table = table_key(_bare(model._meta.db_table))
        yield table, model._meta.label
        for field in model._meta.local_concrete_fields:
            if field.column:
                named = f"{model._meta.label}.{field.name}"
                yield column_key(table, field.column), named


def _create(editor: Any, model: type[models.Model]) -> None:
    try:
        editor.create_model(model)
    except Exception as error:
        raise ConfigError(
            f"{model._meta.label}: Django cannot make its table: {error}",
            hint=PERCENT
            if "placeholder" in str(error)
            else "See that `manage.py check` passes; then look at the model's fields.",
        ) from error


def _bare(name: str) -> str:
    return name.strip('"')


def _fills(editor: Any, model: type[models.Model]) -> dict[Key, str]:
    table = table_key(_bare(model._meta.db_table))
    fills = {}
    for field in model._meta.local_concrete_fields:
        literal = _fill(editor, field)
        if literal is not None and field.column:
            fills[column_key(table, field.column)] = literal
    return fills


def _fill(editor: Any, field: Any) -> str | None:
    """Return the field's value for existing rows, as Django would give it to all.

    None where there is none, or where it differs from row to row (``uuid4``, ``now``).
    """
    if isinstance(field, OrderWrt):
        return "0"  # as makemigrations does
    default = field.default
    if field.primary_key or getattr(field, "generated", False):
        return None
    varies = callable(default) and default not in (NOT_PROVIDED, *PLAIN_CALLABLES)
    if varies:
        return None
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return None
    value = editor.effective_default(field)
    if value is None:
        return None
    try:
        return str(editor.quote_value(value))
    except (ValueError, TypeError):
        return None


def tables_of(registry: Apps, labels: Iterable[str]) -> frozenset[Key]:
    """Return the keys of all tables that belong to some apps."""
    wanted = set(labels)
    return frozenset(
        table_key(table)
        for table, label in app_of_tables(registry).items()
        if label in wanted
    )
