"""DDL of the models, collected from Django's schema editor.

Invariant: nothing is changed here; the statements that the editor would send are
collected, model by model.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.apps.registry import Apps
from django.db import models, router
from django.db.backends.base.base import BaseDatabaseWrapper

from schema_migrations.engines.registry import engine_for
from schema_migrations.workflows.states.addresses import (
    describe_addresses,
    remove_addresses,
)
from schema_migrations.workflows.states.app_labels import check_labels
from schema_migrations.workflows.states.collecting import (
    CollectingStep,
    DdlPart,
    collect_statements,
)
from schema_migrations.workflows.states.fixed_order import hold_fixed_order
from schema_migrations.workflows.states.held_aliases import hold_aliases_on
from schema_migrations.workflows.states.hidden_fields import with_hidden_fields
from schema_migrations.workflows.states.model_names import (
    column_key_of,
    table_key_of,
)
from schema_migrations.workflows.states.model_tables import (
    find_auto_created_models,
    map_unmanaged_tables,
)
from schema_migrations.workflows.states.package_objects import (
    create_package_objects,
    create_relation,
    is_view,
)

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.dialect import Dialect
    from schema_migrations.plan.fills import ComputedDefault
    from schema_migrations.schema.key import Key
    from schema_migrations.workflows.states.model_facts import ModelFacts, ModelOrigin

AppLabels = tuple[str, ...] | None
"""Labels of apps; None: all apps."""


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
    only: Collection[str] | None = None,
    computed_defaults: Mapping[ComputedDefault, str],
) -> ModelsDdl:
    """Return the DDL and the facts of every model that belongs on ``alias``.

    ``labels`` limits them to some apps, ``only`` to some models, without foreign keys to
    others.  Routers decide as usual; proxy, unmanaged and
    swapped models are left out, as in Django.  Raises ``ConfigError``.
    """
    chosen = select_managed_models(connection, registry, alias, labels=labels)
    is_slice = only is not None
    if only is not None:
        chosen = tuple(model for model in chosen if model._meta.label in only)
    return collect_ddl(
        connection,
        registry,
        chosen,
        is_slice=is_slice,
        computed_defaults=computed_defaults,
    )


def collect_ddl(
    connection: Connection,
    registry: Apps,
    chosen: Iterable[type[models.Model]],
    *,
    is_slice: bool = False,
    computed_defaults: Mapping[ComputedDefault, str],
) -> ModelsDdl:
    """Return the DDL and the facts of the ``chosen`` models.

    ``is_slice``: without foreign keys to other models.
    ``computed_defaults`` has the engine's SQL for defaults that the server can compute.
    Raises ``ConfigError``.
    """
    # Not at the top: who only asks for statements needs no facts.
    from schema_migrations.workflows.states.model_facts import (
        FieldValues,
        ModelFacts,
        model_origin_of,
        origins_of,
    )

    dialect = engine_for(connection.vendor).dialect
    tables_first = sorted(chosen, key=is_view)
    collected = collect_model_statements(connection, tables_first, is_slice=is_slice)
    values = FieldValues()
    origins: dict[Key, ModelOrigin] = {}
    with hold_aliases_on(connection):  # defaults are asked for, by code of others
        editor = connection.schema_editor(collect_sql=True, atomic=False)
        for model in tables_first:
            for owner in (model, *find_auto_created_models(model)):
                origins |= origins_of(owner, dialect)
                values.add_model(editor, owner, dialect, computed_defaults)
    return ModelsDdl(
        parts=remove_addresses(collected),
        dotted_names=dict(_list_dotted_names(registry, dialect)),
        facts=ModelFacts(
            fills=values.fills,
            varying_defaults=values.varying_defaults,
            unreadable_defaults=values.unreadable_defaults,
            server_values=values.server_values,
            origins=origins,
            models={
                m._meta.label_lower: model_origin_of(m) for m in registry.get_models()
            },
            unmanaged_tables=frozenset(map_unmanaged_tables(registry, dialect)),
            warnings=tuple(describe_addresses(collected)),
        ),
    )


def collect_model_statements(
    connection: Connection,
    chosen: Iterable[type[models.Model]],
    *,
    is_slice: bool = False,
) -> tuple[DdlPart, ...]:
    """Return the statements that create the ``chosen`` models, views last.

    Raises ``ConfigError``.
    """
    tables_first = sorted(chosen, key=is_view)

    def rest(editor: Any) -> None:
        create_package_objects(editor, tables_first)
        if is_slice:
            _leave_out_foreign_keys(editor, tables_first)

    steps: list[CollectingStep] = [
        *((m._meta.label, partial(create_relation, model=m)) for m in tables_first),
        ("foreign keys and indexes", rest),
    ]
    with hold_fixed_order(tables_first), hold_back_garbage_collection():
        return collect_statements(connection, steps)


def _leave_out_foreign_keys(editor: Any, chosen: Iterable[type[models.Model]]) -> None:
    """Leave out foreign keys to the tables of other models, which wait for the end."""
    tables = {
        owner._meta.db_table
        for model in chosen
        for owner in (model, *find_auto_created_models(model))
    }
    editor.deferred_sql[:] = [
        statement
        for statement in editor.deferred_sql
        if (target := getattr(statement, "parts", {}).get("to_table")) is None
        or target.table in tables
    ]


@contextmanager
def hold_back_garbage_collection() -> Iterator[None]:
    """Let the collector not run: it would look through all models again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def select_managed_models(
    connection: Connection, registry: Apps, alias: str, *, labels: AppLabels
) -> tuple[type[models.Model], ...]:
    """Return the models whose tables belong on the alias, in the registry's order.

    Raises ``ConfigError`` for a label that no installed app has.
    """
    check_labels(labels or (), registry)
    chosen = tuple(
        model
        for model in registry.get_models()
        if (labels is None or model._meta.app_label in labels)
        and model._meta.can_migrate(cast(BaseDatabaseWrapper, connection))
        and router.allow_migrate_model(alias, model)
    )
    return with_hidden_fields(chosen, registry)


def _list_dotted_names(registry: Apps, dialect: Dialect) -> Iterator[tuple[Key, str]]:
    for model in registry.get_models(include_auto_created=True):
        table = table_key_of(model, dialect)
        yield table, model._meta.label
        for field in model._meta.local_concrete_fields:
            if field.column:
                dotted_name = f"{model._meta.label}.{field.name}"
                yield column_key_of(field, table, dialect), dotted_name
