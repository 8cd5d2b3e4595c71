"""Pending files → lock → run → revisions, on one target.

Invariant: nothing is written before everything that can be known was checked, and all
that is decided is decided while the lock is held.
"""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

from django.apps import apps
from django.core.management.base import OutputWrapper
from django.core.management.sql import (
    emit_post_migrate_signal,
    emit_pre_migrate_signal,
)
from django.utils import translation
from django.utils.module_loading import module_has_submodule

from schema_migrations.engines.engine import SessionOptions
from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.history.directory import Directory, verify
from schema_migrations.history.revision import create_baseline
from schema_migrations.workflows.applying.choice import Choice, Selection, choose
from schema_migrations.workflows.applying.events import (
    Planned,
    Reached,
    Report,
    SignalSent,
    Warned,
)
from schema_migrations.workflows.applying.running import OPERATOR, Runner, run_together
from schema_migrations.workflows.applying.stepwise import run_stepwise
from schema_migrations.workflows.applying.watching import watched
from schema_migrations.workflows.applying.writing import locked, made, visited_to_write
from schema_migrations.workflows.targets.reading import Site, history, visited_to_read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.conf import Settings
    from schema_migrations.engines.engine import Engine, Target
    from schema_migrations.history.file import MigrationFile
    from schema_migrations.revision_store import RevisionStore
    from schema_migrations.workflows.applying.watching import Watch

log = logging.getLogger("schema_migrations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a run is asked to do, and how; durations in seconds."""

    selection: Selection
    revisions_schema: str | None = None
    wait: float = 0.0
    """For the database to answer."""
    lock_wait: float = 60.0
    """For another run to end."""
    lock_retries: int = 0
    options: SessionOptions
    signals: bool = True
    verbosity: int = 0
    """What the handlers of Django's signals may print."""
    interactive: bool = False


def request_by(settings: Settings) -> Request:
    """Return the request of a run that the settings alone decide; no signals."""
    return Request(
        selection=Selection(exec_order=settings.exec_order, tx_mode=settings.tx_mode),
        revisions_schema=settings.revisions_schema,
        lock_wait=settings.lock_wait,
        lock_retries=settings.lock_retries,
        options=SessionOptions(
            lock_timeout=settings.lock_timeout,
            statement_timeout=settings.statement_timeout,
            idle_in_transaction_timeout=settings.idle_in_transaction_timeout,
        ),
        signals=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    target: Target
    choice: Choice
    current: str
    """The version that the database is at now; empty: none."""


def apply(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    request: Request,
    report: Report,
) -> Outcome:
    """Run the pending files that are asked for; raises ``SchemaMigrationsError``."""
    verify(directory)
    site = visited_to_write(
        connection,
        engine,
        revisions_schema=request.revisions_schema,
        wait=request.wait,
    )
    report(Reached(target=site.target))
    with locked(site, report, wait=request.lock_wait):
        choice = survey(site, directory, request.selection)
        _tell(choice, report)
        signals = request.signals and not choice.state.ahead
        if signals:
            _send_before(site.store, request, report)
        _run(site, choice, request, report)
        if signals and not choice.left:
            _send_after(connection.alias, request, report)
        elif request.signals:
            report(Warned(message=_without_signal(choice)))
    return Outcome(
        target=site.target, choice=choice, current=_current(choice, ran=True)
    )


def preview(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    request: Request,
    report: Report,
) -> Outcome:
    """Say what ``apply`` would run; reads only, and the server itself sees to that."""
    verify(directory)
    with visited_to_read(
        connection,
        engine,
        revisions_schema=request.revisions_schema,
        wait=request.wait,
    ) as site:
        report(Reached(target=site.target))
        choice = survey(site, directory, request.selection)
    _tell(choice, report)
    return Outcome(
        target=site.target, choice=choice, current=_current(choice, ran=False)
    )


def survey(site: Site, directory: Directory, selection: Selection) -> Choice:
    """Read the database and choose what to run."""
    starting = selection.allow_dirty or selection.baseline is not None
    revisions, tables = history(site, starting=starting)
    return choose(directory, revisions, tables, selection, site.store.engine.syntax)


def _tell(choice: Choice, report: Report) -> None:
    report(
        Planned(
            current=choice.state.current_version,
            versions=tuple(each.file.version for each in choice.state.pending),
            chosen=len(choice.runs),
            baseline=choice.baseline.version if choice.baseline else "",
        )
    )
    _warn_of(choice, report)


def _warn_of(choice: Choice, report: Report) -> None:
    """Report what does not stop a run and somebody should know."""
    state = choice.state
    if state.ahead:
        names = ", ".join(row.version for row in state.ahead)
        report(
            Warned(
                message=f"the database is ahead of the directory: {names} came from a"
                " newer release"
            )
        )
    if state.out_of_order and state.exec_order == "linear-skip":
        names = ", ".join(file.name for file in state.out_of_order)
        report(Warned(message=f"left out, being out of order: {names}"))
    if state.abandoned:
        names = ", ".join(row.version for row in state.abandoned)
        report(Warned(message=f"failed once, and their files are gone: {names}"))
    if choice.baseline_idle:
        report(Warned(message="--baseline has no effect: the database has a history"))


def _run(site: Site, choice: Choice, request: Request, report: Report) -> None:
    if not choice.runs and choice.baseline is None:
        return
    store = site.store
    with (
        store.engine.session.prepared(store.connection, request.options),
        _watched(store, request, report) as watch,
    ):
        runner = Runner(
            store=store,
            retries=request.lock_retries,
            newest=choice.newest,
            report=report,
            watch=watch,
        )
        made(store)
        if choice.baseline is not None:
            _record_baseline(store, choice.baseline)
        if request.selection.tx_mode == "all" and choice.runs:
            run_together(runner, choice.runs)
            return
        for run in choice.runs:
            if run.mode == "none":
                run_stepwise(runner, run)
            else:
                run_together(runner, (run,))


def _watched(
    store: RevisionStore, request: Request, report: Report
) -> AbstractContextManager[Watch]:
    observer = store.engine.session.observer
    return watched(
        observer(store.connection) if observer else None,
        report,
        lock_timeout=request.options.lock_timeout,
    )


def _record_baseline(store: RevisionStore, file: MigrationFile) -> None:
    with store.engine.session.transaction(store.connection):
        store.write(create_baseline(file, now=datetime.now(UTC), operator=OPERATOR))


def _send_before(store: RevisionStore, request: Request, report: Report) -> None:
    report(SignalSent(name="pre_migrate"))
    connection = store.connection
    session = connection.connection
    with _handlers("pre_migrate", "Nothing was applied."):
        for config in apps.get_app_configs():  # a place where apps register handlers
            if config.module and module_has_submodule(config.module, "management"):
                import_module(f"{config.name}.management")
        emit_pre_migrate_signal(
            request.verbosity,
            request.interactive,
            connection.alias,
            apps=apps,
            plan=[],
            stdout=_lines(),
        )
    _refuse_lost_session(store, session)


def _refuse_lost_session(store: RevisionStore, session: object) -> None:
    """Django opens another session silently; nobody would hold the lock in it."""
    connection, in_transaction = store.connection, store.engine.session.in_transaction
    if connection.connection is not session or in_transaction(connection):
        raise SchemaMigrationsError(
            "A handler of the signal pre_migrate closed the connection, which holds the"
            " lock of this run, or left a transaction open.",
            hint="Nothing was applied. Let the handler use a connection of its own, or"
            " run without it: --no-signals.",
        )


def _send_after(alias: str, request: Request, report: Report) -> None:
    report(SignalSent(name="post_migrate"))
    with _handlers("post_migrate", "The files are applied."):
        emit_post_migrate_signal(
            request.verbosity,
            request.interactive,
            alias,
            apps=apps,
            plan=[],
            stdout=_lines(),
        )


def _lines() -> OutputWrapper:
    """Return standard output as Django's own ``migrate`` hands it to the signals: what
    is written there has no line end.
    """
    return OutputWrapper(sys.stdout)


@contextmanager
def _handlers(signal: str, state: str) -> Iterator[None]:
    """Handlers are anybody's code, so anything may come out of them."""
    try:
        # Names of permissions are written in the language of the code, as by migrate.
        with translation.override(None):
            yield
    except Exception as error:
        log.debug("A handler of %s failed", signal, exc_info=True)
        raise SchemaMigrationsError(
            f"A handler of the signal {signal} failed: {type(error).__name__}: {error}",
            hint=f"{state} Run the command again to send it again, or without it:"
            " --no-signals. --traceback shows where it failed.",
        ) from error


def _without_signal(choice: Choice) -> str:
    if choice.state.ahead:
        return "post_migrate was not sent: these models are older than the database"
    return f"post_migrate is not sent while files are pending ({choice.left})"


def _current(choice: Choice, *, ran: bool) -> str:
    versions = [run.file.version for run in choice.runs] if ran else []
    return max([choice.state.current_version, *versions])
