"""Correcting the revisions of a target: rows change, and no file runs.

Invariant: what was confirmed is what is written: one lock is held from reading to
writing, and the rows change in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from schema_migrations.engines.executor import SessionOptions
from schema_migrations.history.comparison import compare_history
from schema_migrations.history.directory import Directory, verify
from schema_migrations.history.marking import (
    Marking,
    plan_correction,
    plan_marking,
)
from schema_migrations.workflows.applying.events import (
    Reached,
    ReportEvent,
    Warned,
)
from schema_migrations.workflows.applying.hooks import send_all_files_applied
from schema_migrations.workflows.applying.runner import OPERATOR
from schema_migrations.workflows.applying.selection import find_file
from schema_migrations.workflows.applying.write_access import (
    connect_for_writing,
    ensure_revisions_table,
    hold_lock,
)
from schema_migrations.workflows.targets.connected_target import (
    ConnectedTarget,
    connect_for_reading,
    read_revisions_and_tables,
)

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import Engine
    from schema_migrations.history.file import MigrationFile
    from schema_migrations.history.revision import Revision
    from schema_migrations.revision_store import RevisionStore

ZERO_VERSION = "zero"
"""The version before the first file, as in Django's ``migrate APP zero``."""

TABLE_LOCK_TIMEOUT = 5.0
"""Seconds to wait for another program's lock on the revisions table."""

ConfirmMarking = Callable[[Marking], None]
"""Receives what is about to be written; raises to prevent it."""


PlanMarking = Callable[[ConnectedTarget, Sequence["Revision"]], Marking]
"""Returns what is to be written, once the rows of a target are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRequest:
    """How to reach the database; durations in seconds."""

    revisions_schema: str | None = None
    connect_wait: float = 0.0
    lock_wait: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVersionRequest(TargetRequest):
    """How the revisions are to change, and how to reach the database."""

    version: str = ""
    """The version or the name of the file that the database is at from now on, or
    ``zero``; empty: only the rows below change."""
    moves: tuple[tuple[str, str], ...] = ()
    """Versions whose files have another version now, with that one."""
    forgotten: tuple[str, ...] = ()
    """Versions whose files are gone."""


def set_version(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    request: SetVersionRequest,
    report: ReportEvent,
    *,
    confirm: ConfirmMarking,
) -> Marking:
    """Write the rows and return what was written; raise ``SchemaMigrationsError``."""
    verify(directory)
    plan = _prepare_marking(directory, request)
    return write_planned_marking(
        connection,
        engine,
        directory,
        request,
        report,
        lambda connected, revisions: plan(revisions),
        confirm=confirm,
    )


def write_planned_marking(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    request: TargetRequest,
    report: ReportEvent,
    plan: PlanMarking,
    *,
    confirm: ConfirmMarking | None = None,
) -> Marking:
    """Plan and write rows while the target is locked; return what was written."""
    verify(directory)
    connected = connect_for_writing(
        connection,
        engine,
        revisions_schema=request.revisions_schema,
        wait=request.connect_wait,
    )
    report(Reached(target=connected.target))
    with hold_lock(connected, report, wait=request.lock_wait):
        revisions = _read_revisions(connected)
        marking = plan(connected, revisions)
        if confirm:
            confirm(marking)
        if marking:
            _write_marking(connected, marking, revisions)
            _tell_apps(connection, connected, directory, report)
    return marking


def _tell_apps(
    connection: BaseDatabaseWrapper,
    connected: ConnectedTarget,
    directory: Directory,
    report: ReportEvent,
) -> None:
    """Let other apps know if the target counts as one that has every file."""
    found = compare_history(directory.files, connected.store.read())
    if found.has_common_file and not (
        found.pending or found.out_of_order or found.ahead
    ):
        for warning in send_all_files_applied(connection):
            report(Warned(message=warning))


def preview_marking(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    request: SetVersionRequest,
    report: ReportEvent,
) -> Marking:
    """Return what ``set_version`` would write; the server refuses every write."""
    verify(directory)
    plan = _prepare_marking(directory, request)
    return preview_planned_marking(
        connection,
        engine,
        directory,
        request,
        report,
        lambda connected, revisions: plan(revisions),
    )


def preview_planned_marking(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    request: TargetRequest,
    report: ReportEvent,
    plan: PlanMarking,
) -> Marking:
    """Return what ``write_planned_marking`` would write; the server refuses every write."""
    verify(directory)
    with connect_for_reading(
        connection,
        engine,
        revisions_schema=request.revisions_schema,
        wait=request.connect_wait,
    ) as connected:
        report(Reached(target=connected.target))
        return plan(connected, _read_revisions(connected))


def _find_last_file(directory: Directory, version: str) -> MigrationFile | None:
    known = {file.version for file in directory.files}
    if version == ZERO_VERSION and ZERO_VERSION not in known:
        return None
    return find_file(directory, version)


def _prepare_marking(
    directory: Directory, request: SetVersionRequest
) -> Callable[[Sequence[Revision]], Marking]:
    """Return what plans the marking, once the rows are read; raise ``UnknownVersion``."""
    if not request.version:
        return partial(
            plan_correction,
            directory.files,
            moves=request.moves,
            forgotten=request.forgotten,
            operator=OPERATOR,
        )
    return partial(
        plan_marking,
        directory.files,
        last=_find_last_file(directory, request.version),
        now=datetime.now(UTC),
        operator=OPERATOR,
    )


def _read_revisions(connected: ConnectedTarget) -> Sequence[Revision]:
    revisions, _ = read_revisions_and_tables(connected)
    return revisions


def _write_marking(
    connected: ConnectedTarget, marking: Marking, revisions: Sequence[Revision]
) -> None:
    store = connected.store
    executor = store.engine.executor
    with executor.prepare_session(
        store.connection, SessionOptions(lock_timeout=TABLE_LOCK_TIMEOUT)
    ):
        ensure_revisions_table(store)
        with executor.open_transaction(store.connection):
            _replace_rows(store, marking, revisions)


def _replace_rows(
    store: RevisionStore, marking: Marking, revisions: Sequence[Revision]
) -> None:
    rows = {row.version: row for row in revisions}
    for each in marking.deleted:
        store.delete(rows.pop(each.revision.version))
    for each in marking.written:
        store.write(each.revision, over=rows.get(each.revision.version))
    store.clear_note()
