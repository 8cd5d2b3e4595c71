"""Health of a database for probes and checks: its pending files, in one query.

Invariant: nothing is written, no dev database is opened, and of the files only one that
is applied in part is split; it also works inside a transaction, since a request may be
in one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import Error, transaction

from schema_migrations.conf import DEFAULT_ALIAS, read_settings
from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.errors import (
    ConnectionRefused,
    SchemaMigrationsError,
    TargetLocked,
    TargetUnreachable,
)
from schema_migrations.history.comparison import compare_history
from schema_migrations.history.origin import Destination
from schema_migrations.history.standing import Standing, judge_history
from schema_migrations.revision_store import RevisionStore
from schema_migrations.workflows.targets.connection import open_target, read_directory

if TYPE_CHECKING:
    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.history.revision import Revision

log = logging.getLogger("schema_migrations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The answer to a probe of a database."""

    pending: tuple[str, ...] = ()
    """Names of the files that are not applied, or only partly."""
    error: str = ""
    """Why nothing is known, without a password; empty: the database was read."""

    @property
    def ok(self) -> bool:
        """True if all files of the directory are applied.

        Whether they are still the same files is another question, which ``schemastatus``
        answers: a release that still runs stays healthy when the next one adds a file, or
        accepts an edited one.  It also does when the next one renames a file and moves its
        row, unless a file that is new comes before the new name: the hash of the row then
        covers what this release does not have, and the file counts as pending.
        """
        return not self.pending and not self.error


def health(alias: str = DEFAULT_ALIAS) -> Health:
    """Return whether the database of an alias has all files; never raise."""
    try:
        standing = judge_alias(alias)
    except Exception as error:  # a probe needs an answer, whatever happened
        log.warning("The health of %r is unknown", alias, exc_info=True)
        is_ours = isinstance(error, SchemaMigrationsError)
        return Health(error=str(error) if is_ours else type(error).__name__)
    return Health(pending=tuple(file.name for file in standing.unapplied_files))


def judge_alias(alias: str) -> Standing:
    """Judge where the database of an alias stands by its directory, which is not verified.

    Raise ``ConfigError`` and ``Unreachable``.
    """
    settings = read_settings(alias)
    directory = read_directory(settings.directory)
    with open_target(alias, None) as (connection, engine):
        store = RevisionStore(
            connection=connection,
            engine=engine,
            namespace=settings.revisions_schema or "",
        )
        name = engine.addresses.format_masked_url(connection.settings_dict)

        def error_of(driver_error: DriverError) -> SchemaMigrationsError:
            reason = driver_error.message
            if driver_error.gave_up_on_lock:
                return TargetLocked(target=name, reason=reason)
            if driver_error.retryable:
                return TargetUnreachable(target=name, reason=reason)
            return ConnectionRefused(problem=f"{name}: {reason}")

        with translate_driver_errors(engine, error_of):
            missing = engine.executor.missing_database
            absent = missing and missing.would_create_database(connection)
            revisions = () if absent else _query_revisions(store, alias)
    comparison = compare_history(
        directory.files, revisions, exec_order=settings.exec_order
    )
    destination = Destination(name=name, engine=engine.dialect.name)
    return judge_history(comparison, engine.dialect.syntax, destination)


def _query_revisions(store: RevisionStore, alias: str) -> tuple[Revision, ...]:
    try:
        # A failed query would end the transaction that the caller may be in.
        with transaction.atomic(using=alias):
            return store.query_rows()
    except Error as error:
        driver_error = store.engine.executor.read_driver_error(error)
        if driver_error and driver_error.names_missing_object:
            return ()  # no table: no file was ever applied
        raise
