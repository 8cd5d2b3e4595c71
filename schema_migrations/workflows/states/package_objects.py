"""What packages make of models besides tables, or instead of one.

Django's own ``create_model`` does not tell: django-postgres-extra makes partitioned
tables and views by operations of its migrations, django-pgtrigger the triggers of proxy
models, django-pghistory a function.  Each is asked in the package's own way, over a schema
editor; a package that is not imported has made nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db import models

from schema_migrations.errors import InvalidModels
from schema_migrations.workflows.states.model_tables import find_auto_created_models

Model = type[models.Model]

DESIRED_STATE_OPERATIONS = frozenset(
    [
        # Both of AddTrigger and RemoveTrigger.
        "pgtrigger.migrations.TriggerOperationMixin",
        *(
            f"psqlextra.backend.migrations.operations.{module}.{name}"
            for module, name in (
                ("add_default_partition", "PostgresAddDefaultPartition"),
                ("apply_state", "ApplyState"),
                (
                    "create_materialized_view_model",
                    "PostgresCreateMaterializedViewModel",
                ),
                ("create_partitioned_model", "PostgresCreatePartitionedModel"),
                ("create_view_model", "PostgresCreateViewModel"),
                (
                    "delete_materialized_view_model",
                    "PostgresDeleteMaterializedViewModel",
                ),
                ("delete_partitioned_model", "PostgresDeletePartitionedModel"),
                ("delete_view_model", "PostgresDeleteViewModel"),
            )
        ),
    ]
)
"""Operations of Django migrations for what is created here, by their dotted names."""

DESIRED_STATE_FUNCTIONS = re.compile(
    r"pghistory\.migrations\.\w+\.install_pgh_attach_context_func"
)
"""Functions of ``RunPython`` for what is created here, by their dotted names."""


def is_view(model: Model) -> bool:
    """Return whether a model is a view of django-postgres-extra."""
    return hasattr(model, "_view_meta") and "psqlextra" in sys.modules


def _is_partitioned(model: Model) -> bool:
    return hasattr(model, "_partitioning_meta") and "psqlextra" in sys.modules


def create_relation(editor: Any, model: Model) -> None:
    """Create a model's table, and those of its many-to-many fields, or its view.

    Raises ``ConfigError`` for a hypertable of django-timescaledb.
    """
    if "timescale" in sys.modules:
        _refuse_hypertable(model)
    if is_view(model) or _is_partitioned(model):
        _create_extra_relation(editor, model)
    else:
        editor.create_model(model)


def _create_extra_relation(editor: Any, model: Any) -> None:
    """Create what ``pgmakemigrations`` would: a table has a default partition."""
    from psqlextra.models import PostgresMaterializedViewModel
    from psqlextra.types import PostgresPartitioningMethod

    if _is_partitioned(model):
        editor.create_partitioned_model(model)
        if model._partitioning_meta.method != PostgresPartitioningMethod.HASH:
            editor.add_default_partition(model, "default")
    elif issubclass(model, PostgresMaterializedViewModel):
        editor.create_materialized_view_model(model)
    else:
        editor.create_view_model(model)


def _refuse_hypertable(model: Model) -> None:
    from timescale.db.models.fields import TimescaleDateTimeField

    for field in model._meta.local_fields:
        if isinstance(field, TimescaleDateTimeField):
            raise InvalidModels(
                problem=f"{model._meta.label}.{field.name}: a hypertable is made by calling"
                " a function of TimescaleDB, and no schema shows that call.",
                advice="Set managed = False on the model and write its table and the call"
                " into a file by hand, or leave the app to Django with APPS.",
            )


def create_package_objects(editor: Any, chosen: Iterable[Model]) -> None:
    """Create what packages add to the tables of the ``chosen`` models."""
    tables = [
        owner for model in chosen for owner in (model, *find_auto_created_models(model))
    ]
    for statement in _list_triggers(tables):
        if not any(statement in collected for collected in editor.collected_sql):
            editor.execute(statement, params=None)
    if apps.is_installed("pghistory"):
        context: Any = apps.get_model("pghistory", "Context")
        # A registry of a past state has a model of its own, without methods.
        if context._meta.label in {table._meta.label for table in tables}:
            context.install_pgh_attach_context_func(using=editor.connection.alias)


def _list_triggers(tables: Iterable[Model]) -> Iterator[str]:
    """Yield the SQL of each trigger on one of these tables.

    The editor makes those of a model's ``Meta``.  Those that settings keep from the editor
    are only registered, as a proxy's are; in a past state, a proxy has its own.
    """
    if "pgtrigger" not in sys.modules:
        return
    import pgtrigger

    concrete = set(tables)
    for model, trigger in pgtrigger.registered():
        if model._meta.concrete_model in concrete:
            yield trigger.compile(model).install_sql
    for registry in {table._meta.apps for table in concrete} - {apps}:
        for proxy in registry.get_models():
            if proxy._meta.proxy and proxy._meta.concrete_model in concrete:
                for trigger in getattr(proxy._meta, "triggers", ()):
                    is_compiled = isinstance(trigger, pgtrigger.compiler.Trigger)
                    each = trigger if is_compiled else trigger.compile(proxy)
                    yield each.install_sql
