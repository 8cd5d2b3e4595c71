"""Applying pending files to one target: lock, run, record.

Invariant: nothing is written before everything that can be checked was checked, and
every decision is made while the lock is held.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schema_migrations.engines.executor import SessionOptions
from schema_migrations.history.batches import UNBATCHED_WARNING, find_batches_line
from schema_migrations.history.directory import Directory, verify
from schema_migrations.history.revision import create_baseline
from schema_migrations.workflows.applying.batches import warn_of_other_progress
from schema_migrations.workflows.applying.events import (
    Planned,
    Reached,
    ReportEvent,
    Warned,
)
from schema_migrations.workflows.applying.hooks import (
    send_all_files_applied,
    send_run_begins,
)
from schema_migrations.workflows.applying.messages import Messages
from schema_migrations.workflows.applying.migrate_signals import (
    send_post_migrate,
    send_pre_migrate,
)
from schema_migrations.workflows.applying.runner import (
    OPERATOR,
    Runner,
    retake_lock_after,
    run_in_one_transaction,
)
from schema_migrations.workflows.applying.selection import (
    SelectedFiles,
    Selection,
    select_files,
)
from schema_migrations.workflows.applying.stepwise import run_stepwise
from schema_migrations.workflows.applying.watch import watch_statements
from schema_migrations.workflows.applying.write_access import (
    choose_timeouts,
    connect_for_writing,
    hold_lock,
    prepare_session_and_table,
)
from schema_migrations.workflows.targets.connected_target import (
    ConnectedTarget,
    connect_for_reading,
    read_revisions_and_tables,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.conf import Settings, TxMode
    from schema_migrations.engines.engine import Engine
    from schema_migrations.engines.executor import Target
    from schema_migrations.engines.lock_wait import RetakeLock
    from schema_migrations.history.file import MigrationFile
    from schema_migrations.revision_store import RevisionStore
    from schema_migrations.workflows.applying.selection import FileRun
    from schema_migrations.workflows.applying.watch import Watch

log = logging.getLogger("schema_migrations")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRequest:
    """Options of a run; durations in seconds."""

    selection: Selection
    revisions_schema: str | None = None
    connect_wait: float = 0.0
    """Time to wait for the database to answer."""
    lock_wait: float = 60.0
    """Time to wait for another run to end."""
    lock_retries: int = 0
    session_options: SessionOptions
    batch_size: int = 5000
    """Rows of a batch, for a statement that runs in batches."""
    batch_pause: float = 0.0
    """Time between two batches."""
    tells_apps: bool = True
    """Call the receivers of ``hooks``."""
    sends_signals: bool = True
    """Of Django's own: ``pre_migrate`` and ``post_migrate``."""
    verbosity: int = 0
    """Passed to the handlers of Django's signals: how much they may print."""
    interactive: bool = False


def request_from_settings(settings: Settings) -> ApplyRequest:
    """Return the request of a run by the settings alone, of which no app is told."""
    return ApplyRequest(
        selection=Selection(exec_order=settings.exec_order, tx_mode=settings.tx_mode),
        revisions_schema=settings.revisions_schema,
        lock_wait=settings.lock_wait,
        lock_retries=settings.lock_retries,
        session_options=SessionOptions(
            lock_timeout=settings.lock_timeout,
            statement_timeout=settings.statement_timeout,
            idle_in_transaction_timeout=settings.idle_in_transaction_timeout,
        ),
        batch_size=settings.batch_size,
        batch_pause=settings.batch_pause,
        tells_apps=False,
        sends_signals=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    target: Target
    selected: SelectedFiles
    current_version: str
    """The version that the database is at now; empty: none."""


def apply(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    request: ApplyRequest,
    report: ReportEvent,
) -> Outcome:
    """Run the selected pending files; raise ``SchemaMigrationsError``."""
    verify(directory)
    if request.tells_apps:
        send_run_begins(connection)
    missing = engine.executor.missing_database
    if missing and missing.would_create_database(connection):
        _check_before_creating(connection, engine, directory, request)
    connected = connect_for_writing(
        connection,
        engine,
        revisions_schema=request.revisions_schema,
        wait=request.connect_wait,
    )
    report(Reached(target=connected.target))
    with hold_lock(connected, report, wait=request.lock_wait) as retake_lock:
        selected = select_for_target(connected, directory, request.selection)
        _report_selection(connected.store.engine, selected, report)
        signals = request.sends_signals and not selected.comparison.ahead
        if signals:
            send_pre_migrate(connected.store, request, report)
        _run_selected(connected, selected, request, report, retake_lock)
        has_all = bool(directory.files) and not selected.remaining_count
        if request.tells_apps and has_all and not selected.comparison.ahead:
            for warning in send_all_files_applied(connection):
                report(Warned(message=warning))
        if signals and not selected.remaining_count:
            send_post_migrate(connection.alias, request, report)
        elif request.sends_signals:
            report(Warned(message=_describe_unsent_signal(selected)))
    return Outcome(
        target=connected.target,
        selected=selected,
        current_version=_find_current_version(selected, has_run=True),
    )


def _check_before_creating(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    request: ApplyRequest,
) -> None:
    """Raise what would stop the run, before connecting creates the database."""
    with connect_for_reading(
        connection,
        engine,
        revisions_schema=request.revisions_schema,
        wait=request.connect_wait,
    ) as connected:
        select_for_target(connected, directory, request.selection)


def preview_run(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    request: ApplyRequest,
    report: ReportEvent,
) -> Outcome:
    """Report what ``apply`` would run; the server refuses every write."""
    verify(directory)
    with connect_for_reading(
        connection,
        engine,
        revisions_schema=request.revisions_schema,
        wait=request.connect_wait,
    ) as connected:
        report(Reached(target=connected.target))
        selected = select_for_target(connected, directory, request.selection)
    _report_selection(connected.store.engine, selected, report)
    return Outcome(
        target=connected.target,
        selected=selected,
        current_version=_find_current_version(selected, has_run=False),
    )


def select_for_target(
    connected: ConnectedTarget, directory: Directory, selection: Selection
) -> SelectedFiles:
    """Read the history of a target and select the files to run."""
    first_run = selection.allow_dirty or selection.baseline is not None
    revisions, tables = read_revisions_and_tables(connected, is_first_run=first_run)
    return select_files(
        directory,
        revisions,
        tables,
        selection,
        connected.store.engine.dialect,
        target=connected.target.name,
    )


def _report_selection(
    engine: Engine, selected: SelectedFiles, report: ReportEvent
) -> None:
    report(
        Planned(
            current=selected.comparison.current_version,
            versions=tuple(each.file.version for each in selected.comparison.pending),
            chosen=len(selected.runs),
            baseline=selected.baseline.version if selected.baseline else "",
        )
    )
    _report_warnings(engine, selected, report)


def _report_warnings(
    engine: Engine, selected: SelectedFiles, report: ReportEvent
) -> None:
    """Report what does not stop a run but deserves attention."""
    comparison = selected.comparison
    if comparison.ahead:
        names = ", ".join(row.version for row in comparison.ahead)
        report(
            Warned(
                message=f"the database is ahead of the directory: {names} came from a"
                " newer release or another branch"
            )
        )
    if comparison.out_of_order and comparison.exec_order == "linear-skip":
        names = ", ".join(file.name for file in comparison.out_of_order)
        report(Warned(message=f"skipped, out of order: {names}"))
    if comparison.abandoned:
        names = ", ".join(row.version for row in comparison.abandoned)
        report(
            Warned(
                message=f"failed once, and their files are gone: {names}; schemastatus"
                " prints the command that forgets them"
            )
        )
    for message in selected.warnings:
        report(Warned(message=message))
    if engine.executor.batches is not None:
        _report_unbatched(selected.runs, report)
    if selected.baseline_is_unused:
        report(Warned(message="the baseline has no effect: the database has a history"))


def _report_unbatched(runs: Sequence[FileRun], report: ReportEvent) -> None:
    """Report what asks for batches, or had them in an earlier run, in a transaction."""
    for run in runs:
        if run.mode == "none":
            continue
        for line in filter(None, map(find_batches_line, run.statements)):
            report(Warned(message=f"{run.file.name}:{line}: {UNBATCHED_WARNING}"))
        if run.partial_revision:
            warn_of_other_progress(report, run, run.partial_revision)


def _run_selected(
    connected: ConnectedTarget,
    selected: SelectedFiles,
    request: ApplyRequest,
    report: ReportEvent,
    retake_lock: RetakeLock,
) -> None:
    if not selected.runs and selected.baseline is None:
        return
    store, messages = connected.store, Messages(report)
    options = choose_timeouts(store, request.session_options)
    with (
        prepare_session_and_table(store, options),
        _open_watch(store, options.lock_timeout, messages) as watch,
    ):
        runner = Runner(
            store=store,
            lock_retries=request.lock_retries,
            newest_version=selected.comparison.current_version,
            report=messages.show_event,
            watch=watch,
            may_change_session=store.engine.executor.prepare_session_check(
                store.connection
            ),
            retake_lock=retake_lock,
            batch_size=request.batch_size,
            batch_pause=request.batch_pause,
            is_timeout_of_url="statement_timeout" in options.given_by_address,
        )
        if selected.baseline is not None:
            _record_baseline(store, selected, selected.baseline)
        with messages.note_messages(store, watch):
            _run_files(runner, selected.runs, request.selection.tx_mode)


def _run_files(runner: Runner, runs: Sequence[FileRun], tx_mode: TxMode) -> None:
    if tx_mode == "all" and runs:
        run_in_one_transaction(runner, runs, is_first=True)
        return
    for run in runs:
        if run.mode == "none":
            run_stepwise(runner, run)
            retake_lock_after(runner, run.file.name)
        else:
            run_in_one_transaction(runner, (run,), is_first=run is runs[0])


def _open_watch(
    store: RevisionStore, lock_timeout: float | None, messages: Messages
) -> AbstractContextManager[Watch]:
    prepare = store.engine.executor.prepare_session_lookup
    return watch_statements(
        prepare(store.connection) if prepare else None,
        messages.show_event,
        show_notes=messages.show_notes,
        lock_timeout=lock_timeout,
    )


def _record_baseline(
    store: RevisionStore, selected: SelectedFiles, file: MigrationFile
) -> None:
    with store.engine.executor.open_transaction(store.connection):
        row = create_baseline(
            file,
            file_hash=selected.baseline_hash,
            now=datetime.now(UTC),
            operator=OPERATOR,
        )
        if selected.baseline_over is not None:
            store.delete(selected.baseline_over)
        store.write(row, over=None)
        store.clear_note()


def _describe_unsent_signal(selected: SelectedFiles) -> str:
    if selected.comparison.ahead:
        return "post_migrate was not sent: these models are older than the database"
    return (
        f"post_migrate is not sent while files are pending ({selected.remaining_count})"
    )


def _find_current_version(selected: SelectedFiles, *, has_run: bool) -> str:
    versions = [run.file.version for run in selected.runs] if has_run else []
    return max([selected.comparison.current_version, *versions])
