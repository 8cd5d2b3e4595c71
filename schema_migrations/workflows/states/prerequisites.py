"""Extensions and collations that must exist before the models' tables.

They come from ``EXTENSIONS`` and from the operations ``CreateExtension`` and
``CreateCollation`` in the Django migrations of installed apps.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import router

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.engine import Engine
from schema_migrations.errors import PrerequisiteRefused
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import EMPTY, Definition, Key, Schema
from schema_migrations.workflows.states.collecting import collect_statements
from schema_migrations.workflows.states.django_migrations import (
    DjangoMigrations,
    MigrationOperation,
    list_operations,
)

EXTENSIONS_SETTING = "EXTENSIONS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prerequisites:
    """Extensions and collations by name, each with the source that asks for it."""

    extensions: tuple[tuple[str, str], ...] = ()
    """(name, ``EXTENSIONS`` or the description of an operation)."""
    collations: tuple[tuple[str, MigrationOperation], ...] = ()

    @property
    def is_needed(self) -> bool:
        return bool(self.extensions or self.collations)

    @property
    def extension_names(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.extensions)


def find_prerequisites(
    vendor: str,
    alias: str,
    extensions: Iterable[str],
    django_migrations: DjangoMigrations,
) -> Prerequisites:
    """Return the extensions and collations that an alias needs.

    Operations count only on PostgreSQL, and only where the routers allow them.
    """

    def allowed(step: MigrationOperation) -> bool:
        hints = getattr(step.operation, "hints", None) or {}  # new in Django 6.0
        return router.allow_migrate(alias, step.app, **hints)

    if vendor != "postgresql":
        return Prerequisites(
            extensions=tuple((name, EXTENSIONS_SETTING) for name in extensions)
        )
    return collect_prerequisites(
        filter(allowed, list_operations(django_migrations)), extensions
    )


def collect_prerequisites(
    operations: Iterable[MigrationOperation], extensions: Iterable[str] = ()
) -> Prerequisites:
    """Return the given extensions and all that exists after the operations."""
    # Not at the top: it needs libpq, which a project on SQLite may not have.
    from django.contrib.postgres.operations import (
        CreateCollation,
        CreateExtension,
        RemoveCollation,
    )

    sources = dict.fromkeys(extensions, EXTENSIONS_SETTING)
    collations: dict[str, MigrationOperation] = {}
    for step in operations:
        match step.operation:
            case CreateExtension() as operation:
                sources.setdefault(operation.name, str(step))
            case CreateCollation() as operation:
                collations[operation.name] = step
            case RemoveCollation() as operation:
                collations.pop(operation.name, None)
            case _:
                pass
    return Prerequisites(
        extensions=tuple(sources.items()), collations=tuple(collations.items())
    )


def load_prerequisites(
    engine: Engine,
    connection: Connection,
    prerequisites: Prerequisites,
    *,
    beside: Schema = EMPTY,
    here: Schema = EMPTY,
) -> None:
    """Create the prerequisites on a scratch database.  Raises ``ConfigError``.

    Models say only the names of extensions: each goes to the schema that it has in
    ``beside``, and stays in the one that it has ``here``, where ``EXTRA`` made it.
    """
    there = _map_homes(beside, prerequisites.extension_names)
    homes = there | _map_homes(here, {obj.key.name for obj in here})
    if homes:
        _open_homes(engine, connection, homes, here)
    for name, source in prerequisites.extensions:
        key = Key(kind="extension", name=name)
        home = homes.get(name)
        create = ddl.Create(
            object=Definition(key=key, definition=home.definition if home else "")
        )
        with translate_driver_errors(
            engine, partial(_make_extension_error, engine, name, source)
        ):
            for statement in engine.planner.render(create):
                engine.executor.execute(connection, statement.sql)
    for name, step in prerequisites.collations:
        operation: Any = step.operation
        (part,) = collect_statements(
            connection, [(str(step), operation.create_collation)]
        )
        with translate_driver_errors(
            engine, partial(_make_collation_error, name, step)
        ):
            for sql in part.statements:
                engine.executor.execute(connection, sql)


def _map_homes(schema: Schema, wanted: Container[str]) -> dict[str, Definition]:
    """Return name → extension of those asked for that have a schema of their own."""
    return {
        obj.key.name: obj
        for obj in schema.of(Definition)
        if obj.key.kind == "extension" and obj.definition and obj.key.name in wanted
    }


def _list_home_namespaces(homes: Mapping[str, Definition]) -> Iterator[Definition]:
    """Yield the schemas that extensions are in."""
    keys = {key for home in homes.values() for key in home.needs}
    for key in sorted(key for key in keys if key.kind == "namespace"):
        yield Definition(key=key, definition="")


def list_extension_namespaces(
    beside: Schema, prerequisites: Prerequisites
) -> tuple[Key, ...]:
    """Return the namespaces that the extensions have in ``beside``."""
    homes = _map_homes(beside, prerequisites.extension_names)
    return tuple(namespace.key for namespace in _list_home_namespaces(homes))


def _open_homes(
    engine: Engine,
    connection: Connection,
    homes: Mapping[str, Definition],
    here: Schema,
) -> None:
    """Create the schemas of extensions; let models name what is in them without these."""
    path = ["public"]
    for namespace in _list_home_namespaces(homes):
        path.append(namespace.key.name)
        if namespace.key in here.by_key:
            continue
        for statement in engine.planner.render(ddl.Create(object=namespace)):
            engine.executor.execute(connection, statement.sql)
    names = ", ".join(map(engine.dialect.quote, path))
    engine.executor.execute(connection, f"SET search_path = {names}")


def _make_extension_error(
    engine: Engine, name: str, source: str, driver_error: DriverError
) -> PrerequisiteRefused:
    return PrerequisiteRefused(
        source=source,
        name=name,
        reason=driver_error.message,
        advice=format_dev_server_hint(engine, name),
    )


def format_dev_server_hint(engine: Engine, extension: str) -> str:
    """Return a hint on how to get a dev server that has the extension."""
    server = (
        engine.dev_server.suggest_dev_server(extension)
        if engine.dev_server.suggest_dev_server
        else ""
    )
    example = f", for example {server}" if server else ""
    return (
        f"Use a dev database that has it with DEV{example}, or install it on "
        "this server."
    )


def _make_collation_error(
    name: str, operation: MigrationOperation, driver_error: DriverError
) -> PrerequisiteRefused:
    return PrerequisiteRefused(
        source=str(operation),
        name=name,
        reason=driver_error.message,
        advice="Use a dev database on a system that has this locale with DEV, "
        "for example docker://postgres/17.",
    )
