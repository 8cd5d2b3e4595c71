"""A project's Django migrations as a walk through its states.

Invariant: a state that is handed out is never rendered and never changed afterwards;
``rendered`` makes an app registry of a copy.
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

_WORDS_ONLY = (
    *("verbose_name", "verbose_name_plural", "ordering", "permissions"),
    *("default_permissions", "get_latest_by", "base_manager_name"),
    *("default_manager_name", "default_related_name"),
)
"""Options of a model that its table does not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stretch of the history, and the state that it leads to."""

    name: str
    operations: tuple[Labelled, ...]
    state: ProjectState


def steps(loader: MigrationLoader, *, each_operation: bool = False) -> Iterator[Step]:
    """Yield the states that ``migrate`` goes through: after each migration, or each
    of its operations."""
    state = ProjectState(real_apps=loader.unmigrated_apps)
    yield Step(name="apps without migrations", operations=(), state=state.clone())
    for migration in plan(loader):
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


def plan(loader: MigrationLoader) -> list[Any]:
    """Return the migrations of all leaf nodes, in the order of ``migrate``."""
    names = dict.fromkeys(
        name
        for leaf in loader.graph.leaf_nodes()
        for name in loader.graph.forwards_plan(leaf)
    )
    return [loader.graph.nodes[name] for name in names]


def flat(operations: Iterable[Labelled]) -> Iterator[Labelled]:
    """Yield the operations that change the state, those inside others too."""
    for label, operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from flat((label, each) for each in operation.state_operations)
        else:
            yield label, operation


def on_database_only(operations: Iterable[Labelled]) -> Iterator[Labelled]:
    """Yield the operations that change the database without the state."""
    for label, operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            for each in operation.database_operations:
                yield label, each


def rendered(state: ProjectState) -> Apps:
    """Return the app registry of a state that is fit for creation.

    ``AddIndex`` followed by ``RenameIndex(old_fields=…)`` leaves one index twice.
    """
    copy = state.clone()
    for model in copy.models.values():
        indexes = {index.name: index for index in model.options.get("indexes", ())}
        if "indexes" in model.options:
            model.options["indexes"] = list(indexes.values())
    registry: Apps = copy.apps
    return registry


def same_tables(before: ProjectState, after: ProjectState) -> bool:
    """Tell whether nothing differs that a table could show; in doubt something does."""
    return before.models.keys() == after.models.keys() and all(
        _same(before.models[key], model) for key, model in after.models.items()
    )


def _same(before: ModelState, after: ModelState) -> bool:
    return (
        before.name == after.name
        and before.bases == after.bases
        and _options(before) == _options(after)
        and list(before.fields) == list(after.fields)
        and all(
            field is before.fields[name] or _shape(field) == _shape(before.fields[name])
            for name, field in after.fields.items()
        )
    )


def _options(model: ModelState) -> dict[str, Any]:
    return {k: v for k, v in model.options.items() if k not in _WORDS_ONLY and v}


def _shape(field: Any) -> object:
    _, path, args, kwargs = field.deconstruct()
    return path, args, {k: v for k, v in kwargs.items() if k not in field.non_db_attrs}
