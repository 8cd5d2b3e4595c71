"""Django's own signals around a run, sent as ``migrate`` sends them."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from django.apps import apps
from django.core.management.base import OutputWrapper
from django.core.management.sql import (
    emit_post_migrate_signal,
    emit_pre_migrate_signal,
)
from django.utils import translation

from schema_migrations.errors import SessionLostToHandler, SignalHandlerFailed
from schema_migrations.workflows.applying.events import ReportEvent, SignalSent
from schema_migrations.workflows.management_modules import (
    list_management_modules,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.revision_store import RevisionStore

log = logging.getLogger("schema_migrations")


class SignalOptions(Protocol):
    """What handlers are told of the command."""

    @property
    def verbosity(self) -> int: ...
    @property
    def interactive(self) -> bool: ...


def send_pre_migrate(
    store: RevisionStore, options: SignalOptions, report: ReportEvent
) -> None:
    report(SignalSent(name="pre_migrate"))
    connection = store.connection
    session = connection.connection
    with _translate_handler_errors("pre_migrate", "Nothing was applied."):
        for name in list_management_modules():
            import_module(name)
        emit_pre_migrate_signal(
            options.verbosity,
            options.interactive,
            connection.alias,
            apps=apps,
            plan=[],
            stdout=_make_signal_output(),
        )
    _refuse_lost_session(store, session)


def _refuse_lost_session(store: RevisionStore, driver_connection: object) -> None:
    """Raise if Django silently opened another session: it would not hold the lock."""
    connection, in_transaction = store.connection, store.engine.executor.in_transaction
    if connection.connection is not driver_connection or in_transaction(connection):
        raise SessionLostToHandler


def send_post_migrate(alias: str, options: SignalOptions, report: ReportEvent) -> None:
    report(SignalSent(name="post_migrate"))
    with _translate_handler_errors("post_migrate", "The files are applied."):
        emit_post_migrate_signal(
            options.verbosity,
            options.interactive,
            alias,
            apps=apps,
            plan=[],
            stdout=_make_signal_output(),
        )


def _make_signal_output() -> OutputWrapper:
    """Return standard output as ``migrate`` passes it to signals: it adds line ends."""
    return OutputWrapper(sys.stdout)


@contextmanager
def _translate_handler_errors(signal: str, outcome: str) -> Iterator[None]:
    """Translate whatever a handler raises into our error."""
    try:
        # As in migrate: names of permissions are stored untranslated.
        with translation.override(None):
            yield
    except Exception as error:  # foreign code can raise anything
        log.debug("A handler of %s failed", signal, exc_info=True)
        raise SignalHandlerFailed(
            signal=signal, reason=f"{type(error).__name__}: {error}", outcome=outcome
        ) from error
