"""Reach a target and find its revisions, without writing anything.

Invariant: where the revisions are is settled once, before any file could change
``search_path``.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_migrations.engines.failures import failures_as
from schema_migrations.errors import (
    ConfigError,
    SchemaMigrationsError,
    Unreachable,
)
from schema_migrations.revisions import RevisionStore
from schema_migrations.workflows.refusal import GOES_ON
from schema_migrations.workflows.targets import reached

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import Engine, Failure, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A target, and where its revisions are."""

    target: Target
    store: RevisionStore


def visit(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    *,
    revisions_schema: str | None,
    wait: float,
) -> Site:
    """Connect, trying for ``wait`` seconds; raises ``Unreachable`` or ``ConfigError``."""
    if connection.in_atomic_block:
        raise ConfigError(
            "Migration files cannot run inside transaction.atomic().",
            hint="Call the command outside of it; in tests, from a TransactionTestCase.",
        )
    target = reached(connection, engine, wait=wait)
    store = RevisionStore(
        connection=connection,
        engine=engine,
        schema=revisions_schema or target.schema,
    )
    return Site(target=target, store=store)


@contextmanager
def visited_to_read(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    *,
    revisions_schema: str | None,
    wait: float,
) -> Iterator[Site]:
    """Yield what ``visit`` returns, while the server refuses every write."""
    name = engine.masked(connection.settings_dict)
    with engine.session.absent_as_empty(connection):
        site = visit(connection, engine, revisions_schema=revisions_schema, wait=wait)
        site = replace(site, target=replace(site.target, name=name))
        with told(site), engine.session.reading(connection):
            yield site


def told(site: Site) -> AbstractContextManager[None]:
    """Turn the driver's exceptions outside of files into ours: a lost connection."""

    def error_of(failure: Failure) -> SchemaMigrationsError:
        said = f"{site.target.name}: {failure.message}"
        if failure.retryable:
            return Unreachable(said, hint=GOES_ON)
        return SchemaMigrationsError(said, hint="--traceback shows where it failed.")

    return failures_as(site.store.engine, error_of)
