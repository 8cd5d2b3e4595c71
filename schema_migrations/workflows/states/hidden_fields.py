"""Fields that only Django's migrations see.

A field of django-deprecated-field has no column for queries and for a schema editor; the
state of migrations holds its ``clone()``, which is the field that it hides.
"""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import models
from django.db.migrations.state import ProjectState

Model = type[models.Model]


def with_hidden_fields(chosen: tuple[Model, ...], registry: Apps) -> tuple[Model, ...]:
    """Return the models, those that hide a field as the state of migrations has them."""
    hiding = [model for model in chosen if _hides_field(model)]
    if not hiding:
        return chosen
    state = ProjectState.from_apps(registry).apps
    return tuple(
        state.get_model(model._meta.label) if model in hiding else model
        for model in chosen
    )


def _hides_field(model: Model) -> bool:
    return any(
        type(field.clone()) is not type(field)
        for field in model._meta.local_fields
        if type(field).clone is not models.Field.clone
    )
