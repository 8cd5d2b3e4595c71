"""Create what models need first: extensions, collations, and the statements of ``EXTRA``.

A schema or an extension that ``EXTRA`` creates comes first, so that it is where that says;
with it come earlier drops of the same and settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.engine import Engine
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.managed_objects import read_managed_names
from schema_migrations.schema.model import EMPTY, Schema
from schema_migrations.workflows.states.django_migrations import DjangoMigrations
from schema_migrations.workflows.states.extra import (
    DeferredStatement,
    extension_of,
    is_setting,
    list_foundations,
    schemas_of,
    try_repeatedly,
)
from schema_migrations.workflows.states.extra_files import ExtraStatement
from schema_migrations.workflows.states.prerequisites import (
    Prerequisites,
    list_extension_namespaces,
    load_prerequisites,
)
from schema_migrations.workflows.states.state import inspect_database


def load_prerequisites_and_extra(
    engine: Engine,
    connection: Connection,
    prerequisites: Prerequisites,
    extra_statements: Sequence[ExtraStatement],
    *,
    beside: Schema = EMPTY,
) -> tuple[DeferredStatement, ...]:
    """Create the prerequisites and what ``EXTRA`` says; return what must wait for models.

    Raises what ``load_prerequisites`` and ``try_repeatedly`` raise.
    """
    first = list_foundations(extra_statements)
    early = try_repeatedly(engine, connection, first)
    here = EMPTY
    if first:
        shown = inspect_database(engine, connection)
        here = shown.replace_objects((), shown.ignored)
    load_prerequisites(engine, connection, prerequisites, beside=beside, here=here)
    done = {extra for extra in first if not is_setting(extra)}
    done -= {deferred.extra for deferred in early}
    return try_repeatedly(
        engine, connection, [extra for extra in extra_statements if extra not in done]
    )


def list_extensions(
    prerequisites: Prerequisites, extra_statements: Iterable[ExtraStatement]
) -> list[str]:
    """Return the names of the extensions that a dev server must have."""
    created = filter(None, map(extension_of, extra_statements))
    return [*(name for name, _ in prerequisites.extensions), *created]


def hide_homes_of_extensions(
    schema: Schema,
    beside: Schema,
    prerequisites: Prerequisites,
    extra_statements: Sequence[ExtraStatement],
) -> Schema:
    """Return the schema without the namespaces that only extensions brought along.

    They are not desired for themselves, unless ``EXTRA`` creates them: a later file would
    drop them.
    """
    kept = schemas_of(extra_statements)
    homes = list_extension_namespaces(beside, prerequisites)
    return schema.replace_objects([key for key in homes if key.name not in kept], ())


def read_requested_names(
    files: Iterable[MigrationFile], django_migrations: DjangoMigrations
) -> frozenset[str]:
    """Return the names of managed objects that models and ``EXTRA`` may still ask for."""
    names = read_managed_names(files)
    if django_migrations.read_errors:
        # A migration that cannot be read may still ask for a collation.
        names = frozenset(n for n in names if not n.endswith("(collation)"))
    return names
