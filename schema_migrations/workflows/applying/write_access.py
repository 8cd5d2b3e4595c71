"""Write on a target: that it can be, the lock, the table of revisions.

Invariant: whoever writes revisions holds the lock, whichever command it is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.errors import ConfigError
from schema_migrations.workflows.applying.events import LockWaiting, ReportEvent
from schema_migrations.workflows.targets.connected_target import (
    ConnectedTarget,
    connect_target,
    translate_target_errors,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import DriverError, Engine
    from schema_migrations.revision_store import RevisionStore


def connect_for_writing(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    *,
    revisions_schema: str | None,
    wait: float,
) -> ConnectedTarget:
    """Return what ``visit`` returns; raises ``ConfigError`` for a standby and such."""
    if not connection.settings_dict["AUTOCOMMIT"]:
        raise ConfigError(
            f"AUTOCOMMIT is off for the database {connection.alias!r}, and files begin"
            " and end their transactions themselves.",
            hint="Name the database by its URL: --url, or SCHEMA_MIGRATIONS_URL.",
        )
    site = connect_target(
        connection, engine, revisions_schema=revisions_schema, wait=wait
    )
    if site.target.read_only:
        raise ConfigError(
            f"{site.target.name} cannot be written: {site.target.read_only}.",
            hint="Give the URL of the primary server, or of a writable file.",
        )
    return site


@contextmanager
def hold_lock(
    connected: ConnectedTarget, report: ReportEvent, *, wait: float
) -> Iterator[None]:
    """Hold the lock of a target, waiting ``wait`` seconds for another run to end."""
    store = connected.store
    with (
        translate_target_errors(connected),
        store.engine.session.hold_lock(
            store.connection,
            f"{connected.target.schema}/{store.namespace}",
            wait=wait,
            report_holder=lambda holder: report(LockWaiting(holder=holder)),
        ),
    ):
        yield


def ensure_revisions_table(store: RevisionStore) -> None:
    """Make the table of revisions where it is missing."""

    def not_made(failure: DriverError) -> ConfigError | None:
        if failure.retryable:
            return None
        return ConfigError(
            f"The table of revisions cannot be made in schema {store.namespace!r}:"
            f" {failure.message}",
            hint="Grant the right to create tables there, or name another schema:"
            " --revisions-schema.",
        )

    with translate_driver_errors(store.engine, not_made):
        store.ensure_table()
