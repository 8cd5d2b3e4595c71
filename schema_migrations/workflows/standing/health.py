"""Whether a database has all files: for probes and checks, in one query.

Invariant: nothing is written, no SQL is parsed, no dev database is opened; and it works
inside a transaction, too, since a request may be in one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import Error, transaction

from schema_migrations.conf import DEFAULT_ALIAS, read_settings
from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.errors import ConfigError, SchemaMigrationsError, Unreachable
from schema_migrations.history.comparison import HistoryComparison, compare_history
from schema_migrations.revision_store import RevisionStore
from schema_migrations.workflows.targets.connection import open_target, read_directory

if TYPE_CHECKING:
    from schema_migrations.engines.engine import DriverError
    from schema_migrations.history.revision import Revision

log = logging.getLogger("schema_migrations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a probe wants to know of a database."""

    pending: tuple[str, ...] = ()
    """Names of the files that it does not have, or not all of."""
    error: str = ""
    """Why nothing is known, without a password; empty: it could be looked at."""

    @property
    def ok(self) -> bool:
        """It has all files of the directory; it may have more, of a newer release."""
        return not self.pending and not self.error


def health(alias: str = DEFAULT_ALIAS) -> Health:
    """Return whether the database of an alias has all files; raises nothing."""
    try:
        state = compare_alias(alias)
    except Exception as error:  # a probe wants an answer, whatever happened
        log.warning("The health of %r is not known", alias, exc_info=True)
        told = isinstance(error, SchemaMigrationsError)
        return Health(error=str(error) if told else type(error).__name__)
    lacking = {each.file.name for each in state.pending}
    if state.exec_order == "linear":
        lacking |= {file.name for file in state.out_of_order}
    return Health(pending=tuple(sorted(lacking)))


def compare_alias(alias: str) -> HistoryComparison:
    """Compare the directory of an alias with its database.

    Raises ``ConfigError`` and ``Unreachable``.  The directory is not verified.
    """
    settings = read_settings(alias)
    directory = read_directory(settings.directory)
    with open_target(alias, None) as (connection, engine):
        store = RevisionStore(
            connection=connection,
            engine=engine,
            namespace=settings.revisions_schema or "",
        )
        name = engine.format_masked_url(connection.settings_dict)

        def error_of(failure: DriverError) -> SchemaMigrationsError:
            kind = Unreachable if failure.retryable else ConfigError
            return kind(f"{name}: {failure.message}")

        with translate_driver_errors(engine, error_of):
            absent = engine.session.would_create_database(connection)
            revisions = () if absent else _query_revisions(store, alias)
    return compare_history(directory.files, revisions, exec_order=settings.exec_order)


def _query_revisions(store: RevisionStore, alias: str) -> tuple[Revision, ...]:
    try:
        # A failed query would end the transaction that the caller may be in.
        with transaction.atomic(using=alias):
            return store.query_rows()
    except Error as error:
        failure = store.engine.read_driver_error(error)
        if (
            failure and failure.names_missing_object
        ):  # no table: no file was ever applied
            return ()
        raise
