"""Running a file statement by statement: txmode none.

Invariant: each statement commits together with the progress in the file's row, so that
a run killed between two statements resumes at the right one.  Transactions that the file
itself opens stay as written, and the row is committed inside them.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema_migrations.engines.statement_error import make_left_open_error
from schema_migrations.errors import DoneStatementNotRecorded, StatementFailed
from schema_migrations.history.revision import (
    Revision,
    advance_revision,
    finish_revision,
)
from schema_migrations.history.session_changes import read_changes
from schema_migrations.history.statements import (
    BEGIN_WORDS,
    ROLLBACK_WORDS,
    compute_partial_hashes,
    find_transaction_control,
)
from schema_migrations.workflows.applying.batches import (
    describe_progress,
    drop_other_progress,
    find_batched_statements,
    run_in_batches,
)
from schema_migrations.workflows.applying.events import (
    StatementDone,
    Warned,
    make_file_done,
    make_file_started,
)
from schema_migrations.workflows.applying.outside_transaction import (
    disable_timeout_of_validation,
    run_outside_transaction,
)
from schema_migrations.workflows.applying.runner import (
    Runner,
    execute_statement,
    make_started_revision,
    measure_nanoseconds,
    record_failure,
    repeat_session_settings,
    retake_lock_after,
    retry_transaction,
    run_statement,
    translate_errors,
)
from schema_migrations.workflows.applying.session_memory import (
    TEMPORARY_WARNING,
    SessionMemory,
    find_temporary,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schema_migrations.history.batches import BatchedStatement
    from schema_migrations.history.statements import SourceStatement
    from schema_migrations.workflows.applying.selection import FileRun

COMMIT_WORDS = ("COMMIT", "END", "PREPARE TRANSACTION")
END_WORDS = (*COMMIT_WORDS, *ROLLBACK_WORDS)

STAYS_APPLIED_HINT = (
    "Without a transaction the whole file stays applied and counts as done. Correct"
    " what is wrong now in a new file."
)


def run_stepwise(runner: Runner, run: FileRun) -> None:
    """Run a file from the first statement not done; raise ``StatementFailed``."""
    executor, connection = runner.store.engine.executor, runner.store.connection
    started_at = time.perf_counter_ns()
    alone = {group.start for group in _group_statements(run) if len(group) == 1}
    batched = find_batched_statements(runner, run, alone)
    runner.report(make_file_started(run))
    for statement in find_temporary(run.statements[run.done_count :]):
        place = f"{run.file.name}:{statement.line}"
        runner.report(Warned(message=f"{place}: {TEMPORARY_WARNING}"))
    row = make_started_revision(run, measure_nanoseconds(started_at))
    row = committed_row = drop_other_progress(runner, run, row, batched.values())
    try:
        with translate_errors(runner, run.file.name, outcome=""):
            runner.store.write(row, over=run.partial_revision)
            with (
                translate_errors(runner, run.file.name, outcome=STAYS_APPLIED_HINT),
                executor.guard_foreign_keys(connection),
                executor.keep_settings(connection),
            ):
                outcome = describe_progress(run, row)
                with translate_errors(runner, run.file.name, outcome=outcome):
                    repeat_session_settings(runner, run)
                    session = _remember_session(runner, row)
                for rows in _run_statements(runner, run, batched, session, row):
                    row, committed_row = rows
                if executor.in_transaction(connection):
                    raise make_left_open_error(run.statements, file=run.file.name)
            took = measure_nanoseconds(started_at)
            done = finish_revision(row, execution_time=took)
            runner.store.write(done, over=row)
            runner.store.clear_note()
    except DoneStatementNotRecorded:
        raise
    except StatementFailed as error:
        took = measure_nanoseconds(started_at)
        record_failure(runner, committed_row, error, took, over=committed_row)
        raise
    runner.report(make_file_done(run, took))


def _run_statements(
    runner: Runner,
    run: FileRun,
    batched: Mapping[int, BatchedStatement],
    session: SessionMemory,
    row: Revision,
) -> Iterator[tuple[Revision, Revision]]:
    """Yield the row after each statement, transaction or batch, and the committed one."""
    committed_row = row
    hashes = compute_partial_hashes(run.statements)
    for group in _group_statements(run):
        if group.start not in batched:
            row, committed_row = _run_group(
                runner,
                run,
                group,
                hashes,
                session,
                row=row,
                committed_row=committed_row,
            )
            yield row, committed_row
            continue
        for committed_row in run_in_batches(
            runner, run, group.start, batched[group.start], row=row, hashes=hashes
        ):
            row = committed_row
            yield row, row


def _remember_session(runner: Runner, row: Revision) -> SessionMemory:
    executor, connection = runner.store.engine.executor, runner.store.connection
    return SessionMemory(
        executor=executor,
        connection=connection,
        changes=read_changes(row.session_changes),
        known=executor.read_session(connection),
    )


def _group_statements(run: FileRun) -> Iterator[range]:
    """Yield the statements that run together: one, or a transaction of the file's own."""
    words = [find_transaction_control(statement.sql) for statement in run.statements]
    first = run.done_count
    while first < len(words):
        after = first + 1
        if words[first] in BEGIN_WORDS:
            while after < len(words) and words[after - 1] not in END_WORDS:
                after += 1
        yield range(first, after)
        first = after


def _run_group(
    runner: Runner,
    run: FileRun,
    group: range,
    hashes: tuple[str, ...],
    session: SessionMemory,
    *,
    row: Revision,
    committed_row: Revision,
) -> tuple[Revision, Revision]:
    """Run a group; return the row after it, and the row that is committed."""

    def attempt() -> tuple[Revision, Revision]:
        after, committed = row, committed_row
        for number in group:
            after = advance_revision(after, partial_hashes=hashes)
            done = run.statements[group.start : number + 1]
            after, committed = _run_statement(
                runner, run, done, session, row=after, committed_row=committed
            )
        return after, committed

    def attempt_or_roll_back() -> tuple[Revision, Revision]:
        store = runner.store
        try:
            return attempt()
        except StatementFailed:
            store.engine.executor.rollback(store.connection)
            raise

    if len(group) == 1:
        return attempt()
    return retry_transaction(runner, run.file.name, attempt_or_roll_back)


def _run_statement(
    runner: Runner,
    run: FileRun,
    group: Sequence[SourceStatement],
    session: SessionMemory,
    *,
    row: Revision,
    committed_row: Revision,
) -> tuple[Revision, Revision]:
    """Run the last statement of a group so far.

    Return the row after it, and the row that is committed.
    """
    executor, connection = runner.store.engine.executor, runner.store.connection
    index = row.applied - 1
    word = find_transaction_control(run.statements[index].sql)
    outcome = describe_progress(run, committed_row)
    if not word and not executor.in_transaction(connection):
        row = _run_and_record(
            runner, run, index, session, row=row, committed_row=committed_row
        )
        return row, row
    if word in COMMIT_WORDS and executor.in_transaction(connection):
        row = session.note(row, group, committed=False)
        runner.store.write(row, over=committed_row)
        execute_statement(runner, run, index, outcome=outcome)
        row = _settle(runner, run, group, session, row=row)
        return row, row
    execute_statement(runner, run, index, outcome=outcome)
    if executor.in_transaction(connection):
        return row, committed_row  # nothing is committed before the file's own COMMIT
    row = session.note(row, group, committed=True)
    runner.store.write(row, over=committed_row)
    return row, row


def _settle(
    runner: Runner,
    run: FileRun,
    statements: Sequence[SourceStatement],
    session: SessionMemory,
    *,
    row: Revision,
) -> Revision:
    """Return the row that is committed, corrected to what is left in the session.

    Raises ``DoneStatementNotRecorded``.
    """
    with _translate_record_errors(runner, run, statements[-1]):
        settled = session.note(row, statements, committed=True)
        if settled != row:
            runner.store.write(settled, over=row)
    return settled


def _run_and_record(
    runner: Runner,
    run: FileRun,
    index: int,
    session: SessionMemory,
    *,
    row: Revision,
    committed_row: Revision,
) -> Revision:
    """Run a statement with its row in one transaction, if the server permits it there.

    Return the row that is committed.
    """
    outcome = describe_progress(run, committed_row)
    statements = run.statements[index : index + 1]

    def run_with_row() -> tuple[StatementDone, Revision]:
        store = runner.store
        with (
            translate_errors(runner, run.file.name, outcome=outcome),
            store.engine.executor.open_transaction(store.connection),
        ):
            done = run_statement(runner, run, index, outcome=outcome)
            written = session.note(row, statements, committed=False)
            store.write(written, over=committed_row)
        return done, written

    try:
        with disable_timeout_of_validation(runner, run.statements[index].sql):
            done, written = retry_transaction(runner, run.file.name, run_with_row)
        runner.report(done)
    except StatementFailed as error:
        driver_error = runner.store.engine.executor.read_driver_error(error)
        if driver_error is None or not driver_error.refused_in_transaction:
            raise
        # A second run could not tell such a statement that runs from one that was cut off.
        retake_lock_after(runner, run.file.name)
        retry_transaction(
            runner,
            run.file.name,
            lambda: run_outside_transaction(
                runner, run, index, committed_row=committed_row
            ),
        )
        with _translate_record_errors(runner, run, run.statements[index]):
            row = session.note(row, statements, committed=True)
            runner.store.write(row, over=committed_row)
        return row
    return _settle(runner, run, statements, session, row=written)


@contextmanager
def _translate_record_errors(
    runner: Runner, run: FileRun, statement: SourceStatement
) -> Iterator[None]:
    """Raise ``DoneStatementNotRecorded`` for what fails after a statement is done."""
    try:
        with translate_errors(
            runner,
            run.file.name,
            outcome=DoneStatementNotRecorded.hint,
            statement=statement,
        ):
            yield
    except StatementFailed as error:
        raise DoneStatementNotRecorded(
            problem=error.message,
            file=error.file,
            server_message=error.server_message,
            sqlstate=error.sqlstate,
            retryable=error.retryable,
        ) from error
