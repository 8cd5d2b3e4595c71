"""Write on a target: that it can be, the lock, the table of revisions.

Invariant: whoever writes revisions holds the lock, whichever command it is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema_migrations.engines.driver_errors import failures_as
from schema_migrations.errors import ConfigError
from schema_migrations.workflows.applying.events import LockWaiting, Report
from schema_migrations.workflows.targets.reading import Site, told, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import Engine, Failure
    from schema_migrations.revision_store import RevisionStore


def visited_to_write(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    *,
    revisions_schema: str | None,
    wait: float,
) -> Site:
    """Return what ``visit`` returns; raises ``ConfigError`` for a standby and such."""
    if not connection.settings_dict["AUTOCOMMIT"]:
        raise ConfigError(
            f"AUTOCOMMIT is off for the database {connection.alias!r}, and files begin"
            " and end their transactions themselves.",
            hint="Name the database by its URL: --url, or SCHEMA_MIGRATIONS_URL.",
        )
    site = visit(connection, engine, revisions_schema=revisions_schema, wait=wait)
    if site.target.read_only:
        raise ConfigError(
            f"{site.target.name} cannot be written: {site.target.read_only}.",
            hint="Give the URL of the primary server, or of a writable file.",
        )
    return site


@contextmanager
def locked(site: Site, report: Report, *, wait: float) -> Iterator[None]:
    """Hold the lock of a target, waiting ``wait`` seconds for another run to end."""
    store = site.store
    with (
        told(site),
        store.engine.session.lock(
            store.connection,
            f"{site.target.schema}/{store.namespace}",
            wait=wait,
            waiting=lambda holder: report(LockWaiting(holder=holder)),
        ),
    ):
        yield


def made(store: RevisionStore) -> None:
    """Make the table of revisions where it is missing."""

    def not_made(failure: Failure) -> ConfigError | None:
        if failure.retryable:
            return None
        return ConfigError(
            f"The table of revisions cannot be made in schema {store.namespace!r}:"
            f" {failure.message}",
            hint="Grant the right to create tables there, or name another schema:"
            " --revisions-schema.",
        )

    with failures_as(store.engine, not_made):
        store.ensure_table()
