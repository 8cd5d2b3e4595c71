"""Create a state on an empty database, with Django's own schema editor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps.registry import Apps
from django.db import connections, router
from django.db.migrations import RunSQL

from schema_migrations.engines.connection import Connection, DatabaseSettings
from schema_migrations.engines.engine import Engine
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.managed_objects import format_managed_lines
from schema_migrations.history.statements import split
from schema_migrations.schema.model import Schema
from schema_migrations.workflows.states.django_migrations import (
    MigrationOperation,
    select_database_operations,
)
from schema_migrations.workflows.states.loaded_models import (
    load_models,
)
from schema_migrations.workflows.states.models_ddl import ModelsDdl
from schema_migrations.workflows.states.package_objects import (
    create_relation,
    is_view,
)
from schema_migrations.workflows.states.prerequisites import (
    collect_prerequisites,
    load_prerequisites,
)
from schema_migrations.workflows.states.state import (
    State,
    inspect_database,
)
from tools.histories.history import Labelled

_CREATE_EXTENSION = re.compile(
    r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([\w-]+)"?', re.IGNORECASE
)
_CREATE_TYPE = re.compile(
    r"CREATE\s+(?:TYPE|DOMAIN|COLLATION)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r'(?:"(?P<quoted>[^"]+)"|(?P<plain>\w+))',
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What models need in a database and do not create themselves."""

    extensions: tuple[str, ...] = ()
    steps: tuple[MigrationOperation, ...] = ()
    """Operations that may create extensions or collations."""
    types: tuple[tuple[str, str], ...] = ()
    """Name and SQL of types, domains and collations made by hand; models may use them."""


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
    """Yield the types, domains and collations that a ``RunSQL`` creates.

    SQLite has none, and cannot split SQL that a history has for PostgreSQL only.
    """
    if engine.vendor == "sqlite":
        return
    for text in _list_texts(sql):
        if not _CREATE_TYPE.search(text):
            continue
        for statement in split(text, engine.dialect.syntax, file="RunSQL"):
            if found := _CREATE_TYPE.match(statement.sql):
                yield found["quoted"] or found["plain"].lower(), statement.sql


def _list_texts(sql: object) -> Iterator[str]:
    """Yield the texts of a ``RunSQL``: one, or several, some of them with parameters."""
    for each in [sql] if isinstance(sql, str) else sql:  # type: ignore[attr-defined]
        text = each if isinstance(each, str) else each[0]
        if isinstance(text, str):
            yield text


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
        text = " ".join(sql for part in ddl.parts for sql in part.statements)
        _create_surroundings(engine, connection, surroundings, used_in=text)
        load_models(engine, connection, ddl, alias=alias)
        yield State(
            schema=inspect_database(engine, connection),
            connection=connection,
            description="the models",
            models_only=True,
            facts=ddl.facts,
        )


def find_django_error(
    engine: Engine,
    settings: DatabaseSettings,
    alias: str,
    apps: Apps,
    surroundings: Surroundings,
) -> str:
    """Return why Django itself cannot create a state's tables; empty: it can.

    Its editor is asked, or a package's own in the package's way.  Our own code takes no
    part in it but for the surroundings, whose failure is raised.
    """
    with engine.dev_server.create_scratch_database(settings, alias) as scratch:
        connection: Any = scratch
        connection.alias = alias
        connections[alias] = connection  # an editor asks for it by its name
        models = [
            model
            for model in apps.get_models()
            if model._meta.can_migrate(connection)
            and router.allow_migrate_model(alias, model)
        ]
        columns = [
            str(field.db_parameters(connection))
            for model in models
            for field in model._meta.local_fields
        ]
        used_in = " ".join(columns)
        _create_surroundings(engine, connection, surroundings, used_in=used_in)
        try:
            with connection.schema_editor() as editor:
                for model in sorted(models, key=is_view):
                    create_relation(editor, model)
        except Exception as error:  # whatever Django and the driver may raise
            return f"{type(error).__name__}: {error}".strip()
        finally:
            del connections[alias]
    return ""


def make_first_file(schema: Schema) -> MigrationFile:
    """Return the file of a database that models made; only its header is needed."""
    lines = format_managed_lines(schema, schema, frozenset())
    text = "".join(f"-- {line}\n" for line in lines)
    return MigrationFile(name="0_first.sql", content=text.encode())


def _create_surroundings(
    engine: Engine, connection: Connection, surroundings: Surroundings, *, used_in: str
) -> None:
    if engine.vendor != "postgresql":
        return
    load_prerequisites(
        engine,
        connection,
        collect_prerequisites(surroundings.steps, surroundings.extensions),
    )
    for name, sql in surroundings.types:
        if re.search(rf"\b{re.escape(name)}\b", used_in):
            engine.executor.execute(connection, sql)
