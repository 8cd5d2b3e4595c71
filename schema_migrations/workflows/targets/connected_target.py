"""Reach a target and find its revisions, without writing anything.

Invariant: where the revisions are is settled once, before any file could change
``search_path``.
"""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.statement_error import RESUME_HINT
from schema_migrations.errors import (
    ConfigError,
    SchemaMigrationsError,
    Unreachable,
)
from schema_migrations.revision_store import RevisionStore
from schema_migrations.workflows.targets.connection import connect_and_describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import DriverError, Engine, Target
    from schema_migrations.history.revision import Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedTarget:
    """A target, and where its revisions are."""

    target: Target
    store: RevisionStore


def connect_target(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    *,
    revisions_schema: str | None,
    wait: float,
) -> ConnectedTarget:
    """Connect, trying for ``wait`` seconds; raises ``Unreachable`` or ``ConfigError``."""
    if connection.in_atomic_block:
        raise ConfigError(
            "Migration files cannot run inside transaction.atomic().",
            hint="Call the command outside of it; in tests, from a TransactionTestCase.",
        )
    target = connect_and_describe(connection, engine, wait=wait)
    store = RevisionStore(
        connection=connection,
        engine=engine,
        namespace=revisions_schema or target.schema,
    )
    return ConnectedTarget(target=target, store=store)


@contextmanager
def connect_for_reading(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    *,
    revisions_schema: str | None,
    wait: float,
) -> Iterator[ConnectedTarget]:
    """Yield what ``visit`` returns, while the server refuses every write."""
    name = engine.format_masked_url(connection.settings_dict)
    with engine.session.read_missing_as_empty(connection):
        site = connect_target(
            connection, engine, revisions_schema=revisions_schema, wait=wait
        )
        site = replace(site, target=replace(site.target, name=name))
        with translate_target_errors(site), engine.session.forbid_writes(connection):
            yield site


def read_revisions_and_tables(
    connected: ConnectedTarget, *, is_first_run: bool = False
) -> tuple[tuple[Revision, ...], Sequence[str]]:
    """Return the revisions, and the tables of the target schema.

    A first run makes the schema of the revisions.  One that is missing from a database
    in use is more likely mistyped: ``ConfigError``, unless this is said to be the start.
    """
    store = connected.store
    session, schema = store.engine.session, store.namespace
    revisions = store.read()
    tables = session.list_tables(store.connection, None)
    if revisions or not tables or is_first_run:
        return revisions, tables
    known = session.list_namespaces(store.connection)
    if schema not in known:
        close = difflib.get_close_matches(schema, known, n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        raise ConfigError(
            f"{connected.target.name} has tables, and no schema {schema!r} for the"
            " revisions.",
            hint=f"{meant}Name the schema that holds atlas_schema_revisions:"
            " --revisions-schema, or REVISIONS_SCHEMA. When there is none yet:"
            " schemaapply --baseline VERSION, or --allow-dirty, makes it.",
        )
    return revisions, tables


def translate_target_errors(connected: ConnectedTarget) -> AbstractContextManager[None]:
    """Turn the driver's exceptions outside of files into ours: a lost connection."""

    def error_of(failure: DriverError) -> SchemaMigrationsError:
        said = f"{connected.target.name}: {failure.message}"
        if failure.retryable:
            return Unreachable(said, hint=RESUME_HINT)
        return SchemaMigrationsError(said, hint="--traceback shows where it failed.")

    return translate_driver_errors(connected.store.engine, error_of)
