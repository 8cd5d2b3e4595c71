"""Connections to a target and its revisions, without writing anything.

Invariant: the schema of the revisions is resolved once, before any file can change
``search_path``.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.errors import (
    ConnectionLost,
    HistoryElsewhere,
    InsideTransaction,
    RevisionsNotReadable,
    RevisionsSchemaMissing,
    SchemaMigrationsError,
    TargetFailed,
    TargetLocked,
)
from schema_migrations.revision_store import ATLAS_NAMESPACE, RevisionStore
from schema_migrations.workflows.targets.connection import connect_and_describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.engine import Engine
    from schema_migrations.engines.executor import Target
    from schema_migrations.history.revision import Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedTarget:
    """A target that answered, and the store of its revisions."""

    target: Target
    store: RevisionStore
    is_schema_chosen: bool = False
    """Somebody named the schema of the revisions, or the one of the target."""


def connect_target(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    *,
    revisions_schema: str | None,
    wait: float,
) -> ConnectedTarget:
    """Connect, retrying for ``wait`` seconds; raise ``Unreachable`` or ``ConfigError``."""
    if connection.in_atomic_block:
        raise InsideTransaction
    target = connect_and_describe(connection, engine, wait=wait)
    store = RevisionStore(
        connection=connection,
        engine=engine,
        namespace=revisions_schema or target.schema,
    )
    return ConnectedTarget(
        target=target,
        store=store,
        is_schema_chosen=bool(revisions_schema) or target.is_schema_named,
    )


@contextmanager
def connect_for_reading(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    *,
    revisions_schema: str | None,
    wait: float,
) -> Iterator[ConnectedTarget]:
    """Hold a connection to a target on which the server refuses every write."""
    name = engine.addresses.format_masked_url(connection.settings_dict)
    missing = engine.executor.missing_database
    with missing.read_missing_as_empty(connection) if missing else nullcontext():
        connected = connect_target(
            connection, engine, revisions_schema=revisions_schema, wait=wait
        )
        connected = replace(connected, target=replace(connected.target, name=name))
        with (
            translate_target_errors(connected),
            engine.executor.forbid_writes(connection),
        ):
            yield connected


def read_revisions_and_tables(
    connected: ConnectedTarget, *, is_first_run: bool = False
) -> tuple[tuple[Revision, ...], Sequence[str]]:
    """Return the revisions, and the tables of the target schema.

    Raise ``ConfigError`` if a database in use lacks the schema of the revisions: its
    name is probably mistyped.  A first run may lack it; it creates the schema.  Raise it
    too if the history is in another schema: a second one would run its files again.
    """
    store = connected.store
    executor, schema = store.engine.executor, store.namespace
    # In this order: a run that ends in between, which no lock kept out, made both.
    tables = executor.list_tables(store.connection, None)
    revisions = store.read()
    if not revisions and not connected.is_schema_chosen:
        _refuse_second_history(connected)
    if revisions or not tables or is_first_run:
        return revisions, tables
    known = executor.list_namespaces(store.connection)
    if schema not in known:
        raise RevisionsSchemaMissing(
            target=connected.target.name, schema=schema, known=tuple(known)
        )
    return revisions, tables


def _refuse_second_history(connected: ConnectedTarget) -> None:
    """Raise if another schema holds a history: one further down ``search_path``, whose
    first schema a role or a database may have changed, or the one that Atlas makes."""
    store = connected.store
    find_tables = store.engine.executor.find_revisions_tables
    if find_tables is None:
        return
    for schema in find_tables(store.connection):
        reason = ""
        try:
            rows = replace(store, namespace=schema).read()
            if not any(row.has_effect for row in rows):
                continue
        except RevisionsNotReadable as error:
            reason = error.reason
        raise HistoryElsewhere(
            target=connected.target.name,
            schema=schema,
            is_of_atlas=schema == ATLAS_NAMESPACE,
            reason=reason,
            looked_in=store.namespace,
        )


def translate_target_errors(connected: ConnectedTarget) -> AbstractContextManager[None]:
    """Translate driver errors outside of files, such as a lost connection, into ours."""

    def error_of(driver_error: DriverError) -> SchemaMigrationsError:
        failed: type[TargetLocked | ConnectionLost | TargetFailed]
        if driver_error.gave_up_on_lock:
            failed = TargetLocked
        else:
            failed = ConnectionLost if driver_error.retryable else TargetFailed
        return failed(target=connected.target.name, reason=driver_error.message)

    return translate_driver_errors(connected.store.engine, error_of)
