"""Run files on a target together with their revision rows.

Invariant: what a row says was done is committed with it.  The one exception is a
statement that the server refuses inside a transaction: its row says *before* it runs
that it is about to, and afterwards that it is done.
"""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from schema_migrations.engines.driver_errors import failures_as
from schema_migrations.engines.statement_error import RESUME_HINT, make_statement_error
from schema_migrations.errors import StatementFailed
from schema_migrations.history.revision import (
    Revision,
    fail_revision,
    finish_revision,
    start_revision,
)
from schema_migrations.history.secrets import mask_secrets
from schema_migrations.history.statements import (
    SourceStatement,
    compute_partial_hashes,
    find_transaction_control,
)
from schema_migrations.version import VERSION
from schema_migrations.workflows.applying.events import (
    FileDone,
    FileStarted,
    Report,
    Retrying,
    StatementDone,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_migrations.engines.engine import Failure
    from schema_migrations.revision_store import RevisionStore
    from schema_migrations.workflows.applying.choice import FileRun
    from schema_migrations.workflows.applying.watching import Watch

OPERATOR_NAME = "django-schema-migrations"
OPERATOR = f"{OPERATOR_NAME} {VERSION}"

UNDOING = ("ROLLBACK", "ABORT")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
AGAIN = (
    "Correct the file, run: python manage.py schemahash, and then schemaapply again."
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """What every file of a run has in common."""

    store: RevisionStore
    retries: int
    """How often a transaction is tried again after a lock timeout."""
    newest: str
    """The newest version that had a row when the run began."""
    report: Report
    watch: Watch


def run_together(runner: Runner, runs: Sequence[FileRun]) -> None:
    """Run files and write their rows in one transaction: all of it or nothing.

    Raises ``StatementFailed``, after the failure was recorded.
    """
    begun = time.perf_counter_ns()
    try:
        done = retried(
            runner, runs[0].file.name, lambda: _one_transaction(runner, runs)
        )
    except StatementFailed as error:
        # In the row of the first file: for Atlas, and for us, everything from there on
        # is still to be done.
        _record_rolled_back(runner, runs[0], error, took_since(begun))
        raise
    for event in done:
        runner.report(event)


def _one_transaction(runner: Runner, runs: Sequence[FileRun]) -> list[FileDone]:
    session, connection = runner.store.engine.session, runner.store.connection
    last = runs[-1].file.name
    with (
        translated(runner, last, hint=_rolled_back(runs)),
        session.transaction(connection),
    ):
        return [_whole_file(runner, run, hint=_rolled_back(runs)) for run in runs]


def _whole_file(runner: Runner, run: FileRun, *, hint: str) -> FileDone:
    begun = time.perf_counter_ns()
    runner.report(file_started(run))
    session, connection = runner.store.engine.session, runner.store.connection
    with (
        translated(runner, run.file.name, hint=hint),
        session.verified(connection),
    ):
        with session.restored(connection):
            set_again(runner, run)
            for number in range(run.start, len(run.statements)):
                execute(runner, run, number, hint=hint)
        took = took_since(begun)
        runner.store.write(finish_revision(begun_row(run), execution_time=took))
    return file_done(run, took)


def _rolled_back(runs: Sequence[FileRun]) -> str:
    what = "this file" if runs[0].mode == "file" else "this run"
    kept = "" if runs[0].mode == "all" else "; the files before it stay applied"
    return f"Rolled back: nothing of {what} remains{kept}. {AGAIN}"


def _record_rolled_back(
    runner: Runner, run: FileRun, error: StatementFailed, took: int
) -> None:
    if run.before is None and run.file.version < runner.newest:
        # Atlas looks at the newest row only, and takes an older one for done: without
        # a row it still knows that this file was never run.
        return
    record_failure(runner, begun_row(run), error, took)


def record_failure(
    runner: Runner, row: Revision, error: StatementFailed, took: int
) -> None:
    """Write what went wrong into the file's row, in a transaction of its own."""
    session, connection = runner.store.engine.session, runner.store.connection
    said = error.server_message or error.message
    told = f"{error.file}:{error.line}: {said}" if error.line else said
    row = fail_revision(row, error=told, statement=error.sql, execution_time=took)
    try:
        session.rollback(connection)
        with session.transaction(connection):
            runner.store.write(row)
    except Exception as problem:
        # The connection may be what failed; the error that counts is on its way.
        if runner.store.engine.failure(problem) is None:
            raise


def set_again(runner: Runner, run: FileRun) -> None:
    """Set what the statements done by an earlier run have set: it had another session."""
    session, connection = runner.store.engine.session, runner.store.connection
    kept, begun = list[SourceStatement](), 0
    for statement in run.statements[: run.start]:
        word = find_transaction_control(statement.sql)
        if word in UNDOING:
            del kept[begun:]
        if word:
            begun = len(kept)
        elif session.sets(statement.sql):
            kept.append(statement)
    for statement in kept:
        with translated(runner, run.file.name, hint=AGAIN, statement=statement):
            session.execute(connection, statement.sql)


def execute(runner: Runner, run: FileRun, number: int, *, hint: str) -> None:
    """Run the statement at a 0-based index and report it; raises ``StatementFailed``."""
    statement, begun = run.statements[number], time.perf_counter()
    with (
        translated(runner, run.file.name, hint=hint, statement=statement),
        runner.watch.over(run.file.name, number + 1, len(run.statements)),
    ):
        runner.store.engine.session.execute(runner.store.connection, statement.sql)
    runner.report(
        StatementDone(
            file=run.file.name,
            number=number + 1,
            total=len(run.statements),
            sql=mask_secrets(statement.sql),
            seconds=time.perf_counter() - begun,
        )
    )


@contextmanager
def translated(
    runner: Runner, file: str, *, hint: str, statement: SourceStatement | None = None
) -> Iterator[None]:
    """Turn the driver's exceptions into ``StatementFailed`` with the place."""

    def error_of(failure: Failure) -> StatementFailed:
        next_step = RESUME_HINT if failure.retryable else hint
        return make_statement_error(statement, failure, file=file, hint=next_step)

    try:
        with failures_as(runner.store.engine, error_of):
            yield
    except StatementFailed as error:
        if error.file:
            raise
        line = statement.line if statement else 0
        raise StatementFailed(
            f"{file}:{line}: {error.message}" if line else f"{file}: {error.message}",
            file=file,
            line=line,
            sql=mask_secrets(statement.sql) if statement else "",
            server_message=error.message if line else "",
            retryable=error.retryable,
            hint=f"{error.hint}\n{hint}",
        ) from error


def retried(runner: Runner, file: str, transaction: Callable[[], T]) -> T:
    """Do a whole transaction, again after a pause when a lock was not to be had.

    Rolling back in between lets those pass who wait behind our own locks.
    """
    longest = FIRST_PAUSE
    for attempt in range(1, runner.retries + 1):
        try:
            return transaction()
        except StatementFailed as error:
            failure = runner.store.engine.failure(error)
            if failure is None or not failure.lock_timeout:
                raise
            message = f"{error.file}:{error.line}: {failure.message}"
        # Not in step with others who were turned away at the same moment.
        pause = random.uniform(longest / 2, longest)
        runner.report(
            Retrying(file=file, attempt=attempt, pause=pause, message=message)
        )
        time.sleep(pause)
        longest = min(longest * 2, LONGEST_PAUSE)
    return transaction()


def begun_row(run: FileRun) -> Revision:
    """Return the file's row at the start of this run."""
    row = start_revision(
        run.file,
        total=len(run.statements),
        file_hash=run.digest,
        now=datetime.now(UTC),
        operator=OPERATOR,
        previous=run.before,
    )
    # Atlas keeps no hashes of a file that it thinks complete.
    return replace(
        row, partial_hashes=compute_partial_hashes(run.statements[: run.start])
    )


def file_started(run: FileRun) -> FileStarted:
    return FileStarted(
        file=run.file.name,
        version=run.file.version,
        mode=run.mode,
        start=run.start,
        total=len(run.statements),
    )


def file_done(run: FileRun, took: int) -> FileDone:
    return FileDone(
        file=run.file.name,
        version=run.file.version,
        statements=len(run.statements) - run.start,
        seconds=took / 1e9,
    )


def took_since(begun: int) -> int:
    return time.perf_counter_ns() - begun
