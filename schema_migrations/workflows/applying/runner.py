"""Running files on a target together with their revision rows.

Invariant: what a row records as done is committed with the row.  The one exception is a
statement that the server refuses inside a transaction: its row says *before* it runs
that it is about to run, and afterwards that it is done.
"""

from __future__ import annotations

import logging
import random
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from schema_migrations.engines.statement_error import translate_statement_errors
from schema_migrations.errors import (
    DoneStatementNotRecorded,
    LockLost,
    LockNotAcquired,
    RevisionTaken,
    StatementFailed,
)
from schema_migrations.history.failure import format_failure
from schema_migrations.history.file import FILE_SUFFIX, MigrationFile
from schema_migrations.history.revision import (
    Revision,
    fail_revision,
    finish_revision,
    start_revision,
)
from schema_migrations.history.statements import (
    SourceStatement,
    compute_partial_hashes,
)
from schema_migrations.version import VERSION
from schema_migrations.workflows.applying.events import (
    FileDone,
    ReportEvent,
    Retrying,
    StatementDone,
    Warned,
    make_file_done,
    make_file_started,
)
from schema_migrations.workflows.applying.next_steps import choose_next_step
from schema_migrations.workflows.applying.session_memory import (
    find_settings,
    restore_changes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from schema_migrations.engines.lock_wait import RetakeLock
    from schema_migrations.revision_store import RevisionStore
    from schema_migrations.workflows.applying.selection import FileRun
    from schema_migrations.workflows.applying.watch import Watch

OPERATOR_NAME = "django-schema-migrations"
OPERATOR = f"{OPERATOR_NAME} {VERSION}"

LOCK_RETAKEN_WARNING = (
    "the lock of this run was gone after it (pg_advisory_unlock_all(), DISCARD ALL, or on"
    " SQLite a lock file that was removed) and is held again now"
)

FIRST_RETRY_PAUSE, LONGEST_RETRY_PAUSE = 0.2, 5.0

T = TypeVar("T")

log = logging.getLogger("schema_migrations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """The context that all files of a run share."""

    store: RevisionStore
    lock_retries: int
    """Number of times a transaction is retried after a lock timeout."""
    newest_version: str
    """The newest version that was applied, at least in part, when the run began."""
    may_change_session: Callable[[Sequence[str]], bool]
    """Whether statements may change settings or locks of the session; asked before."""
    retake_lock: RetakeLock
    report: ReportEvent
    watch: Watch
    batch_size: int
    """Rows of a batch."""
    batch_pause: float
    """Seconds between two batches."""
    is_timeout_of_url: bool
    """The URL gives the statement timeout, so that the setting has no effect."""


def run_in_one_transaction(
    runner: Runner, runs: Sequence[FileRun], *, is_first: bool
) -> None:
    """Run files and write their rows in one transaction: all of it or nothing.

    Afterwards take the lock again if they gave it up.  Record a failure, then raise
    ``StatementFailed``.  The first transaction of a run clears the note of a failure.
    """
    started_at = time.perf_counter_ns()
    keeps_session = not _may_change_session(runner, runs)

    def transaction() -> list[FileDone]:
        return _run_files(
            runner, runs, keeps_session=keeps_session, clears_note=is_first
        )

    try:
        events = retry_transaction(runner, runs[0].file.name, transaction)
    except StatementFailed as error:
        took = measure_nanoseconds(started_at)
        row = make_started_revision(runs[0], took)
        record_failure(runner, row, error, took, over=runs[0].partial_revision)
        raise
    for event in events:
        runner.report(event)
    if not keeps_session:
        retake_lock_after(runner, runs[-1].file.name)


def _may_change_session(runner: Runner, runs: Sequence[FileRun]) -> bool:
    if any(run.partial_revision for run in runs):  # what it set is set again
        return True
    texts = [sql for run in runs for each in run.statements for sql in each.texts]
    return runner.may_change_session(texts)


def _run_files(
    runner: Runner, runs: Sequence[FileRun], *, keeps_session: bool, clears_note: bool
) -> list[FileDone]:
    executor, connection = runner.store.engine.executor, runner.store.connection
    last, outcome = runs[-1].file.name, _describe_rollback(runs)
    with (
        translate_errors(runner, last, outcome=outcome),
        executor.open_transaction(connection),
    ):
        done = [
            _run_whole_file(runner, run, keeps_session=keeps_session, outcome=outcome)
            for run in runs
        ]
        if clears_note:
            runner.store.clear_note()
        return done


def _run_whole_file(
    runner: Runner, run: FileRun, *, keeps_session: bool, outcome: str
) -> FileDone:
    started_at = time.perf_counter_ns()
    runner.report(make_file_started(run))
    executor, connection = runner.store.engine.executor, runner.store.connection
    with (
        translate_errors(runner, run.file.name, outcome=outcome),
        executor.guard_foreign_keys(connection),
    ):
        # First, so that a second run waits here for the end of this one.
        row = make_started_revision(run, measure_nanoseconds(started_at))
        runner.store.write(row, over=run.partial_revision)
        with nullcontext() if keeps_session else executor.keep_settings(connection):
            repeat_session_settings(runner, run)
            for number in range(run.done_count, len(run.statements)):
                execute_statement(runner, run, number, outcome=outcome)
        took = measure_nanoseconds(started_at)
        done = finish_revision(row, execution_time=took)
        try:
            runner.store.write(done, over=row)
        except RevisionTaken:  # by the file itself: nobody else sees the row yet
            runner.store.write_again(done)
    return make_file_done(run, took)


def _describe_rollback(runs: Sequence[FileRun]) -> str:
    what = "this file" if runs[0].mode == "file" else "this run"
    kept = (
        "" if runs[0].mode == "all" else "; files that were applied before stay applied"
    )
    return f"Rolled back: nothing of {what} remains{kept}."


def record_failure(
    runner: Runner,
    row: Revision,
    error: StatementFailed,
    execution_time: int,
    *,
    over: Revision | None,
) -> None:
    """Write the error into the file's row, in a transaction of its own.

    A file of which nothing is applied keeps no row, but a note of its failure.  A row
    that another run has written since stays as it is.  Raises ``RevisionTaken`` when that
    run got further: then what it did may be all that failed here.
    """
    executor, connection = runner.store.engine.executor, runner.store.connection
    row = fail_revision(
        row,
        error=format_failure(error),
        statement=error.sql,
        execution_time=execution_time,
    )
    try:
        executor.rollback(connection)
        with executor.open_transaction(connection):
            _write_failure(runner, row, over=over, file=error.file)
    except RevisionTaken as taken:
        raise taken from error
    except Exception as write_error:  # only the engine knows its driver's exceptions
        # The connection itself may have failed; the caller raises the first error.
        if runner.store.engine.executor.read_driver_error(write_error) is None:
            raise


def _write_failure(
    runner: Runner, row: Revision, *, over: Revision | None, file: str
) -> None:
    """Write a row, or the note of a failure that left nothing.

    Raises ``RevisionTaken`` when another run has done more of the file; what that run
    has written besides stays.
    """
    store = runner.store
    try:
        if row.has_effect:
            store.write(row, over=over)
        elif over is not None:
            store.delete(over)
    except RevisionTaken as taken:
        _refuse_overtaken(store, row)
        log.debug("The failure of %s was not recorded: %s", row.version, taken)
        return
    if not row.has_effect:
        _refuse_overtaken(store, row)
        store.note_failure(row, file=file or f"{row.file_stem}{FILE_SUFFIX}")


def _refuse_overtaken(store: RevisionStore, row: Revision) -> None:
    if any(
        each.version == row.version and each.applied > row.applied
        for each in store.query_rows()
    ):
        raise RevisionTaken(version=row.version)


def repeat_session_settings(runner: Runner, run: FileRun) -> None:
    """Repeat what an earlier run set for its session, in the session of this run."""
    executor, connection = runner.store.engine.executor, runner.store.connection
    for statement in find_settings(
        run.statements[: run.done_count], executor.is_session_setting
    ):
        with translate_errors(runner, run.file.name, outcome="", statement=statement):
            executor.execute(connection, statement.sql)
    if run.partial_revision and run.done_count < len(run.statements):
        restore_changes(
            executor,
            connection,
            run.partial_revision,
            run.statements[run.done_count :],
            file=run.file.name,
        )


def execute_statement(
    runner: Runner, run: FileRun, index: int, *, outcome: str
) -> None:
    """Run the statement at a 0-based index and report it; raise ``StatementFailed``."""
    runner.report(run_statement(runner, run, index, outcome=outcome))


def run_statement(
    runner: Runner, run: FileRun, index: int, *, outcome: str
) -> StatementDone:
    """Run a statement and return its event, to be reported once it is committed."""
    statement, started_at = run.statements[index], time.perf_counter()
    with (
        translate_errors(
            runner,
            run.file.name,
            outcome=outcome,
            statement=statement,
            source=run.file,
        ),
        runner.watch.track_statement(
            run.file.name, statement, index + 1, len(run.statements)
        ),
    ):
        if statement.sql:
            runner.store.engine.executor.execute(runner.store.connection, statement.sql)
    return StatementDone(
        file=run.file.name,
        number=index + 1,
        total=len(run.statements),
        sql=statement.sql,
        seconds=time.perf_counter() - started_at,
    )


def translate_errors(
    runner: Runner,
    file: str,
    *,
    outcome: str,
    statement: SourceStatement | None = None,
    source: MigrationFile | None = None,
    is_as_written: bool = True,
) -> AbstractContextManager[None]:
    """Raise ``StatementFailed`` that says what is left, and what to do next."""

    def advise(cause: str) -> str:
        # Only now: it reads the whole text, and there may be many statements.
        loose_line = source.loose_txmode_line if source else 0
        return choose_next_step(
            cause,
            version=version,
            loose_line=loose_line,
            is_timeout_of_url=runner.is_timeout_of_url,
        )

    # Marking an older one would make those after it pending.
    own = MigrationFile(name=file, content=b"").version
    version = max(own, runner.newest_version)
    return translate_statement_errors(
        runner.store.engine,
        file=file,
        outcome=outcome,
        advise=advise,
        statement=statement,
        is_as_written=is_as_written,
    )


def retry_transaction(runner: Runner, file: str, transaction: Callable[[], T]) -> T:
    """Run a whole transaction; after a lock timeout roll back, pause and retry.

    The rollback lets sessions pass that wait for our own locks.
    """
    longest_pause = FIRST_RETRY_PAUSE
    for attempt in range(1, runner.lock_retries + 1):
        try:
            return transaction()
        except DoneStatementNotRecorded:  # it is committed
            raise
        except StatementFailed as error:
            driver_error = runner.store.engine.executor.read_driver_error(error)
            if driver_error is None or not driver_error.gave_up_on_lock:
                raise
            message = f"{error.file}:{error.line}: {driver_error.message}"
        # Random, so that runs refused at the same moment do not retry at the same one.
        pause = random.uniform(longest_pause / 2, longest_pause)
        runner.report(
            Retrying(file=file, attempt=attempt, pause=pause, message=message)
        )
        time.sleep(pause)
        longest_pause = min(longest_pause * 2, LONGEST_RETRY_PAUSE)
    return transaction()


def make_started_revision(run: FileRun, execution_time: int) -> Revision:
    """Return the file's row as of the start of this run, so many nanoseconds ago."""
    row = start_revision(
        run.file,
        total=len(run.statements),
        file_hash=run.file_hash,
        now=datetime.now(UTC),
        operator=OPERATOR,
        execution_time=execution_time,
        previous=run.partial_revision,
    )
    # Atlas keeps no hashes of a file that it takes for complete.
    return replace(
        row, partial_hashes=compute_partial_hashes(run.statements[: run.done_count])
    )


def retake_lock_after(runner: Runner, file: str) -> None:
    """Take the lock again if the statements of a file gave it up; raise ``LockLost``."""
    try:
        lost = runner.retake_lock()
    except LockNotAcquired as error:
        raise LockLost(file=file, holder=error.holder) from error
    if lost:
        runner.report(Warned(message=f"{file}: {LOCK_RETAKEN_WARNING}"))


def measure_nanoseconds(started_at: int) -> int:
    return time.perf_counter_ns() - started_at
