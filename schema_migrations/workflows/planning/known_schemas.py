"""Keep the schemas that directories make, and find the slice that a change touches.

Invariant: what is kept was read on a dev database, in full or slice by slice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from django.db import models

from schema_migrations.cache import Cache
from schema_migrations.engines.dialect import Dialect
from schema_migrations.schema.model import Key
from schema_migrations.workflows.states.known_schema import (
    KnownModel,
    KnownSchema,
    known_schema_as_json,
    known_schema_from_json,
    make_known_schema,
)
from schema_migrations.workflows.states.model_names import table_key_of
from schema_migrations.workflows.states.model_tables import find_auto_created_models
from schema_migrations.workflows.states.slice import (
    Slice,
    choose_slice,
    find_changed_labels,
)

if TYPE_CHECKING:
    from schema_migrations.workflows.planning.known_agreement import AgreementKey
    from schema_migrations.workflows.planning.next_file import NextFile

Model = type[models.Model]


def find_slice(cache: Cache, key: AgreementKey) -> Slice | None:
    """Return the part of the schema that the models' change touches; None: all of it."""
    inputs = key.inputs
    if inputs.settings.apps is not None or inputs.extra_statements:
        return None
    if inputs.engine.probe.check_server is None:
        return None  # tables cost nothing there, and foreign keys are a part of them
    kept = cache.read(key.files_digest)
    if kept is None:
        return None
    now = _describe_models(key)
    try:
        known = known_schema_from_json(kept)
        return _choose_slice(known, now, key)
    except (KeyError, TypeError, ValueError):
        cache.warnings.append(
            f"A schema that is kept in {cache.folder} is damaged and was ignored. Delete"
            " that folder."
        )
        return None


def _choose_slice(
    known: KnownSchema, now: Mapping[str, KnownModel], key: AgreementKey
) -> Slice | None:
    inputs = key.inputs
    changed = find_changed_labels(known, now)
    references = {
        model._meta.label: frozenset(_list_targets(model, inputs.engine.dialect))
        for model in inputs.registry.get_models()
        if model._meta.label in changed
    }
    return choose_slice(known, now, key.models.others, references)


def keep_schema(cache: Cache, key: AgreementKey, planned: NextFile) -> None:
    """Keep the schema that the directory of an agreement makes, as it was read."""
    reached, within = planned.proposal.reached, planned.within
    if reached is None or reached.filled_tables is None:
        return
    now = _describe_models(key)
    if within is None:
        known = make_known_schema(
            reached.schema,
            models=now,
            other_models=key.models.others,
            filled_tables=reached.filled_tables,
        )
    else:
        known = within.read_changed(reached.schema, reached.filled_tables, now)
    if known is not None:
        cache.write(key.files_digest, known_schema_as_json(known))


def _describe_models(key: AgreementKey) -> Mapping[str, KnownModel]:
    registry, dialect = key.inputs.registry, key.inputs.engine.dialect
    tables = {
        model._meta.label: tuple(table_key_of(m, dialect) for m in _list_own(model))
        for model in registry.get_models()
    }
    return {
        label: KnownModel(digest=digest, tables=tables[label])
        for label, digest in key.models.by_label.items()
    }


def _list_own(model: Model) -> Iterator[Model]:
    yield model
    yield from find_auto_created_models(model)


def _list_targets(model: Model, dialect: Dialect) -> Iterator[Key]:
    """Yield the tables that a model and its many-to-many tables refer to."""
    for owner in _list_own(model):
        for field in owner._meta.local_concrete_fields:
            target = field.related_model
            if isinstance(target, type) and issubclass(target, models.Model):
                yield table_key_of(target._meta.concrete_model or target, dialect)
