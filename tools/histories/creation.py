"""Create a state on an empty database, with Django's own schema editor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db.migrations import RunSQL

from schema_migrations.engines.engine import DatabaseSettings, Engine
from schema_migrations.history.statements import split
from schema_migrations.workflows.states.django_migrations import (
    MigrationOperation,
    select_database_operations,
)
from schema_migrations.workflows.states.models_ddl import ModelsDdl
from schema_migrations.workflows.states.prerequisites import (
    collect_prerequisites,
    load_prerequisites,
)
from schema_migrations.workflows.states.state import (
    State,
    inspect_database,
    load_models,
)
from tools.histories.history import Labelled

_CREATE_EXTENSION = re.compile(
    r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([\w-]+)"?', re.IGNORECASE
)
_CREATE_TYPE = re.compile(r'CREATE\s+(?:TYPE|DOMAIN)\s+"?(\w+)"?', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What models need in a database and do not create themselves."""

    extensions: tuple[str, ...] = ()
    steps: tuple[MigrationOperation, ...] = ()
    """Operations that may create extensions or collations."""
    types: tuple[tuple[str, str], ...] = ()
    """Name and SQL of types and domains made by hand; models may use them."""


def extend_surroundings(
    engine: Engine, before: Surroundings, operations: Iterable[Labelled]
) -> Surroundings:
    """Return the surroundings after some more operations."""
    extensions = list(before.extensions)
    steps, types = list(before.steps), list(before.types)
    for label, operation in operations:
        for each in select_database_operations([operation]):
            if isinstance(each, RunSQL):
                extensions += _CREATE_EXTENSION.findall(str(each.sql))
                types += _find_types(engine, each.sql)
            elif type(each).__module__.startswith("django.contrib.postgres."):
                steps.append(
                    MigrationOperation(app=label, migration="", operation=each)
                )
    kept = dict.fromkeys(name for name in extensions if name != "plpgsql")
    return Surroundings(extensions=tuple(kept), steps=tuple(steps), types=tuple(types))


def _find_types(engine: Engine, sql: object) -> Iterator[tuple[str, str]]:
    """Yield the types and domains that an SQL text creates.

    SQLite has none, and cannot split SQL that a history has for PostgreSQL only.
    """
    if engine.vendor == "sqlite":
        return
    if not isinstance(sql, str) or not _CREATE_TYPE.search(sql):
        return
    for statement in split(sql, engine.dialect.syntax, file="RunSQL"):
        if found := _CREATE_TYPE.match(statement.sql):
            yield found[1], statement.sql


@contextmanager
def create_state(
    engine: Engine,
    settings: DatabaseSettings,
    alias: str,
    ddl: ModelsDdl,
    surroundings: Surroundings,
) -> Iterator[State]:
    """Keep a state on a database of its own until the block ends.

    Raises ``ConfigError``.
    """
    with engine.dev_server.create_scratch_database(settings, alias) as connection:
        if engine.vendor == "postgresql":
            load_prerequisites(
                engine,
                connection,
                collect_prerequisites(surroundings.steps, surroundings.extensions),
            )
            text = " ".join(sql for part in ddl.parts for sql in part.statements)
            for name, sql in surroundings.types:
                if re.search(rf"\b{name}\b", text):
                    engine.executor.execute(connection, sql)
        load_models(engine, connection, ddl, alias=alias)
        yield State(
            schema=inspect_database(engine, connection),
            connection=connection,
            description="the models",
            models_only=True,
            facts=ddl.facts,
        )
