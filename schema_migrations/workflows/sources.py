"""A source's name → its state on a dev database.

``files``, ``models``, a directory of migration files, a plain ``.sql`` file, a
database alias (``db:default``) or a database URL.  Every state stands on a scratch
database of its own, which is gone when the context ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.apps.registry import Apps
from django.db import connections
from django.db.utils import ConnectionDoesNotExist

from schema_migrations.conf import Settings
from schema_migrations.dev.server import Server
from schema_migrations.engines.engine import Connection, Engine
from schema_migrations.errors import ConfigError
from schema_migrations.history.directory import Directory, load, verify
from schema_migrations.workflows.models_ddl import collect
from schema_migrations.workflows.phases import Phases
from schema_migrations.workflows.states import (
    State,
    inspect,
    load_extensions,
    load_models,
    load_sql,
    rebuild,
    replay,
)
from schema_migrations.workflows.targets import opened

FILES, MODELS = "files", "models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """What every source of one command needs."""

    engine: Engine
    alias: str
    settings: Settings
    server: Server
    directory: Directory
    """Loaded and verified."""
    registry: Apps
    phases: Phases = field(default_factory=Phases)


@contextmanager
def open_state(source: str, workspace: Workspace) -> Iterator[State]:
    """Yield the state of a source.

    Raises ``ConfigError`` for a source that is none of the known forms, and whatever
    loading it raises.
    """
    engine, phases = workspace.engine, workspace.phases
    with phases("dev database"):
        scratch = engine.scratch(workspace.server.settings, workspace.alias)
        connection = scratch.__enter__()
    try:
        state = _load(source, workspace, connection)
        yield state
    finally:
        scratch.__exit__(None, None, None)


def _load(source: str, workspace: Workspace, connection: Connection) -> State:
    engine, phases = workspace.engine, workspace.phases
    models_only = source == MODELS
    fills = {}
    if models_only:
        fills = _load_models(workspace, connection)
        description = "the models"
    elif source == FILES:
        with phases("replay"):
            replay(engine, connection, workspace.directory.files)
        description = f"{len(workspace.directory.files)} files"
    elif source.startswith("db:") or "://" in source:
        with phases("live"), opened(source, alias=workspace.alias) as live:
            if live.vendor != engine.vendor:
                raise ConfigError(
                    f"{source} is a {live.vendor} database, the alias "
                    f"{workspace.alias!r} is {engine.vendor}.",
                    hint="Name an alias of the same kind with --database.",
                )
            rebuild(engine, connection, inspect(engine, live))
        description = source
    else:
        _load_path(Path(source), workspace, connection)
        description = source
    with phases("inspect"):
        schema = inspect(engine, connection)
    return State(
        schema=schema,
        connection=connection,
        description=description,
        models_only=models_only,
        fills=fills,
    )


def _load_models(workspace: Workspace, connection: Connection) -> dict[object, str]:
    with workspace.phases("collect DDL"):
        ddl = collect(connection, workspace.registry, labels=workspace.settings.apps)
    with workspace.phases("load models"):
        load_extensions(workspace.engine, connection, workspace.settings.extensions)
        load_models(workspace.engine, connection, ddl)
    return dict(ddl.fills)


def _load_path(path: Path, workspace: Workspace, connection: Connection) -> None:
    engine = workspace.engine
    with workspace.phases("replay"):
        if path.is_dir():
            directory = load(path)
            verify(directory)
            replay(engine, connection, directory.files)
        elif path.is_file() and path.suffix == ".sql":
            text = path.read_text(encoding="utf-8-sig")
            load_sql(engine, connection, text, file=str(path))
        else:
            raise ConfigError(
                f"{path} is not a source: there is no such folder or .sql file.",
                hint="A source is files, models, a directory, a .sql file, db:ALIAS or a database URL.",
            )


def check_alias(alias: str) -> None:
    """Raise ``ConfigError`` when there is no such alias in ``DATABASES``."""
    try:
        connections[alias]
    except ConnectionDoesNotExist:
        raise ConfigError(
            f"There is no database {alias!r} in DATABASES.",
            hint=f"Known: {', '.join(connections)}.",
        ) from None
