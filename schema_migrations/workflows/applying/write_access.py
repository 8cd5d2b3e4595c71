"""Write access to a target: the connection, the lock, the revisions table.

Invariant: every command that writes revisions holds the lock.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.errors import AutocommitOff, RevisionsNotCreated, TargetReadOnly
from schema_migrations.workflows.applying.events import LockWaiting, ReportEvent
from schema_migrations.workflows.targets.connected_target import (
    ConnectedTarget,
    connect_target,
    translate_target_errors,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.engine import Engine
    from schema_migrations.engines.executor import SessionOptions
    from schema_migrations.engines.lock_wait import RetakeLock
    from schema_migrations.revision_store import RevisionStore


def connect_for_writing(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    *,
    revisions_schema: str | None,
    wait: float,
) -> ConnectedTarget:
    """Connect to a target; raise ``ConfigError`` if it is read-only, such as a standby."""
    if not connection.settings_dict["AUTOCOMMIT"]:
        raise AutocommitOff(alias=connection.alias)
    connected = connect_target(
        connection, engine, revisions_schema=revisions_schema, wait=wait
    )
    if connected.target.read_only:
        raise TargetReadOnly(
            target=connected.target.name, reason=connected.target.read_only
        )
    return connected


@contextmanager
def hold_lock(
    connected: ConnectedTarget, report: ReportEvent, *, wait: float
) -> Iterator[RetakeLock]:
    """Hold the lock of a target; wait ``wait`` seconds for another run to end.

    What is read and run meanwhile means the same on every target.
    """
    store = connected.store
    with (
        translate_target_errors(connected),
        store.engine.executor.hold_lock(
            store.connection,
            store.namespace,
            wait=wait,
            report_holder=lambda holder: report(LockWaiting(holder=holder)),
        ) as retake,
        # After the lock, which refuses a pooler that would hand the settings to others.
        store.engine.executor.hold_fixed_settings(store.connection),
    ):
        yield retake


def choose_timeouts(store: RevisionStore, options: SessionOptions) -> SessionOptions:
    """Return the timeouts of a run: those that options give, else those that the address
    asks for, else those of the settings."""
    read_asked = store.engine.executor.read_asked_timeouts
    return options.with_asked(read_asked(store.connection)) if read_asked else options


def ensure_revisions_table(store: RevisionStore) -> None:
    """Create the revisions table if it is missing."""

    def error_of(driver_error: DriverError) -> RevisionsNotCreated | None:
        if driver_error.retryable:
            return None
        return RevisionsNotCreated(schema=store.namespace, reason=driver_error.message)

    with translate_driver_errors(store.engine, error_of):
        store.ensure_table()


@contextmanager
def prepare_session_and_table(
    store: RevisionStore, options: SessionOptions
) -> Iterator[None]:
    """Hold the timeouts of a run, and create the table of revisions before: how long a
    statement of a file may take says nothing about it."""
    prepare = store.engine.executor.prepare_session
    with prepare(store.connection, replace(options, statement_timeout=None)):
        ensure_revisions_table(store)
        if options.statement_timeout is None:
            yield
            return
        with prepare(store.connection, options):
            yield
