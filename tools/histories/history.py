"""List the states that a project's Django migrations go through.

Invariant: a state that is yielded is never rendered and never changed afterwards;
``render_apps`` renders a copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps.registry import Apps
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

Labelled = tuple[str, Operation]
"""An app's label and one of its operations."""

_OPTIONS_WITHOUT_EFFECT = (
    *("verbose_name", "verbose_name_plural", "ordering", "permissions"),
    *("default_permissions", "get_latest_by", "base_manager_name"),
    *("default_manager_name", "default_related_name"),
)
"""Options of a model that do not change its table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Some operations of the history that follow each other, and the state after them."""

    name: str
    operations: tuple[Labelled, ...]
    state: ProjectState


def list_steps(
    loader: MigrationLoader, *, each_operation: bool = False
) -> Iterator[Step]:
    """Yield the states that ``migrate`` goes through: after each migration, or each
    of its operations."""
    state = ProjectState(real_apps=loader.unmigrated_apps)
    yield Step(name="apps without migrations", operations=(), state=state.clone())
    for migration in list_migrations(loader):
        name = f"{migration.app_label}.{migration.name}"
        done: list[Labelled] = []
        for number, operation in enumerate(migration.operations, start=1):
            operation.state_forwards(migration.app_label, state)
            state.__dict__.pop("apps", None)  # an operation may have rendered it
            done.append((migration.app_label, operation))
            if each_operation:
                yield Step(
                    name=f"{name}, operation {number}",
                    operations=tuple(done),
                    state=state.clone(),
                )
                done = []
        if not each_operation:
            yield Step(name=name, operations=tuple(done), state=state.clone())


def list_migrations(loader: MigrationLoader) -> list[Any]:
    """Return the migrations of all leaf nodes, in the order of ``migrate``."""
    names = dict.fromkeys(
        name
        for leaf in loader.graph.leaf_nodes()
        for name in loader.graph.forwards_plan(leaf)
    )
    return [loader.graph.nodes[name] for name in names]


def flatten_operations(operations: Iterable[Labelled]) -> Iterator[Labelled]:
    """Yield the operations that change the state, also those inside of others."""
    for label, operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from flatten_operations(
                (label, each) for each in operation.state_operations
            )
        else:
            yield label, operation


def find_database_only_operations(operations: Iterable[Labelled]) -> Iterator[Labelled]:
    """Yield the operations that change the database and not the state."""
    for label, operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            for each in operation.database_operations:
                yield label, each


def render_apps(state: ProjectState) -> Apps:
    """Render a state as an app registry whose tables can be created.

    ``AddIndex`` followed by ``RenameIndex(old_fields=…)`` leaves one index twice.
    """
    copy = state.clone()
    for model in copy.models.values():
        indexes = {index.name: index for index in model.options.get("indexes", ())}
        if "indexes" in model.options:
            model.options["indexes"] = list(indexes.values())
    registry: Apps = copy.apps
    return registry


def has_same_tables(before: ProjectState, after: ProjectState) -> bool:
    """Tell whether two states have the same tables; when in doubt, they have not."""
    return before.models.keys() == after.models.keys() and all(
        _is_same_model(before.models[key], model) for key, model in after.models.items()
    )


def _is_same_model(before: ModelState, after: ModelState) -> bool:
    return (
        before.name == after.name
        and before.bases == after.bases
        and _select_options(before) == _select_options(after)
        and list(before.fields) == list(after.fields)
        and all(
            field is before.fields[name]
            or _describe_field(field) == _describe_field(before.fields[name])
            for name, field in after.fields.items()
        )
    )


def _select_options(model: ModelState) -> dict[str, Any]:
    return {
        k: v for k, v in model.options.items() if k not in _OPTIONS_WITHOUT_EFFECT and v
    }


def _describe_field(field: Any) -> object:
    _, path, args, kwargs = field.deconstruct()
    return path, args, {k: v for k, v in kwargs.items() if k not in field.non_db_attrs}
