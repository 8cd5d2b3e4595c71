"""Load a case's models as classes in an app registry of their own.

Names in capitals are settings: ``DEFAULT_AUTO_FIELD = ...``, ``EXTENSIONS = [...]``;
``OPERATIONS = [...]`` are those of the app's Django migrations.  What a project would
import need not be imported.
"""

from __future__ import annotations

import ast
import datetime
import decimal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.postgres import constraints, fields, indexes, operations, search
from django.contrib.postgres.indexes import OpClass
from django.core import validators
from django.db import models
from django.db.migrations.state import AppConfigStub
from django.db.models import F, Q, Value, functions
from django.db.models.expressions import OrderBy
from django.db.models.functions import Collate
from django.db.models.indexes import IndexExpression
from django.test.utils import isolate_apps, override_settings
from django.utils import timezone

from schema_migrations.workflows.states.django_migrations import MigrationOperation
from schema_migrations.workflows.states.prerequisites import (
    Prerequisites,
    collect_prerequisites,
)

LABELS = ("shop", "stock")
"""The apps; a model belongs to the first one unless it names another."""

# As ``django.contrib.postgres`` does once it is installed.
IndexExpression.register_wrappers(OrderBy, OpClass, Collate)

_IMPORTED: dict[str, Any] = {
    "OpClass": OpClass,
    **{name: getattr(functions, name) for name in functions.__all__},
    **{
        name: getattr(module, name)
        for module in (constraints, fields, indexes, operations, search)
        for name in getattr(module, "__all__", dir(module))
        if not name.startswith("_")
    },
    **{"F": F, "Q": Q, "Value": Value, "models": models, "settings": settings},
    **{"datetime": datetime, "decimal": decimal, "uuid": uuid, "timezone": timezone},
    "validators": validators,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModels:
    """The models in a registry, and what their tables need in a database."""

    registry: Apps
    prerequisites: Prerequisites


@contextmanager
def load_case_models(source: str) -> Iterator[LoadedModels]:
    """Load a piece of ``models.py``; keep its settings in force until the block ends."""
    tree = ast.parse(source)
    named = {"OPERATIONS": [], "EXTENSIONS": [], **_evaluate_settings(tree)}
    body = [node for node in tree.body if not _find_setting_name(node)]
    code = compile(ast.Module(body=body, type_ignores=[]), "models.py", "exec")
    # A model belongs to the app whose package its module is in.
    stub: Any = AppConfigStub(LABELS[0])
    apps.set_installed_apps([*settings.INSTALLED_APPS, stub])
    try:
        with (
            override_settings(**named),
            isolate_apps(*map(AppConfigStub, LABELS)) as registry,
        ):
            assert registry is not None
            exec(code, {**_IMPORTED, "__name__": f"{LABELS[0]}.models"})
            steps = [
                MigrationOperation(
                    app=LABELS[0], migration="0001_initial", operation=operation
                )
                for operation in named["OPERATIONS"]
            ]
            yield LoadedModels(
                registry=registry,
                prerequisites=collect_prerequisites(steps, named["EXTENSIONS"]),
            )
    finally:
        apps.unset_installed_apps()


def _evaluate_settings(tree: ast.Module) -> dict[str, Any]:
    return {
        name: eval(ast.unparse(node.value), dict(_IMPORTED))
        for node in tree.body
        if (name := _find_setting_name(node)) and isinstance(node, ast.Assign)
    }


def _find_setting_name(node: ast.stmt) -> str:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) if name.isupper():
            return name
        case _:
            return ""
