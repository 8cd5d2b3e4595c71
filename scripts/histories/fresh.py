"""A state made anew on an empty database, by Django's own schema editor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.operations import (
    CollationOperation,
    CreateExtension,
)
from django.db import migrations
from django.db.migrations.state import ProjectState

from histories.history import Labelled
from schema_migrations.engines.engine import Connection, DatabaseSettings, Engine
from schema_migrations.workflows.models_ddl import ModelsDdl
from schema_migrations.workflows.states import (
    State,
    inspect,
    load_extensions,
    load_models,
)

_CREATE_EXTENSION = re.compile(
    r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([\w-]+)"?', re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What models stand on and no model shows."""

    extensions: tuple[str, ...] = ()
    collations: tuple[Labelled, ...] = ()


def ground(before: Ground, operations: Iterable[Labelled]) -> Ground:
    """Return the ground after some more operations."""
    extensions, collations = list(before.extensions), list(before.collations)
    for label, operation in _all(operations):
        match operation:
            case CreateExtension():
                extensions.append(operation.name)
            case CollationOperation():
                collations.append((label, operation))
            case migrations.RunSQL():
                extensions += _CREATE_EXTENSION.findall(str(operation.sql))
            case _:
                pass
    kept = dict.fromkeys(name for name in extensions if name != "plpgsql")
    return Ground(extensions=tuple(kept), collations=tuple(collations))


def _all(operations: Iterable[Labelled]) -> Iterator[tuple[str, Any]]:
    for label, operation in operations:
        yield label, operation
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _all((label, each) for each in operation.database_operations)


@contextmanager
def fresh(
    engine: Engine,
    settings: DatabaseSettings,
    alias: str,
    ddl: ModelsDdl,
    on: Ground,
) -> Iterator[State]:
    """Yield a state on a database of its own.  Raises ``ConfigError``."""
    with engine.scratch(settings, alias) as connection:
        if engine.vendor == "postgresql":
            load_extensions(engine, connection, on.extensions)
            _load_collations(connection, on.collations)
        load_models(engine, connection, ddl)
        yield State(
            schema=inspect(engine, connection),
            connection=connection,
            description="the models",
            models_only=True,
            fills=dict(ddl.fills),
        )


def _load_collations(connection: Connection, operations: Iterable[Labelled]) -> None:
    state = ProjectState()  # which these operations do not look at
    for label, operation in operations:
        with connection.schema_editor() as editor:
            operation.database_forwards(label, editor, state, state)
