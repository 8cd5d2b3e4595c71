"""Run a file statement by statement: txmode none.

Invariant: each statement commits together with the progress of its row, so that a run
that is killed between any two of them goes on at the right one.  Transactions that the
file itself opens are left as written, and the row is committed inside them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from schema_migrations.errors import StatementFailed
from schema_migrations.history.revision import (
    UNKNOWN_END,
    Revision,
    advance_revision,
    fail_revision,
    finish_revision,
)
from schema_migrations.history.secrets import mask_secrets
from schema_migrations.history.statements import (
    compute_partial_hashes,
    find_transaction_control,
)
from schema_migrations.workflows.applying.events import Resumed, Warned
from schema_migrations.workflows.applying.running import (
    AGAIN,
    OPERATOR_NAME,
    UNDOING,
    Runner,
    begun_row,
    execute,
    file_done,
    file_started,
    record_failure,
    retried,
    set_again,
    took_since,
    translated,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_migrations.workflows.applying.choice import FileRun

OPENING = ("BEGIN", "START TRANSACTION")
COMMITTING = ("COMMIT", "END", "PREPARE TRANSACTION")
ENDING = (*COMMITTING, *UNDOING)

DONE_UNRECORDED = (
    "The statement was done, and that could not be recorded: the next run looks at the"
    " database and goes on behind it."
)

STAYS = (
    "Without a transaction all of the file stays applied, and it counts as done: what is"
    " wrong now is for a new file."
)

NOT_KNOWN = (
    "an earlier run ended while this statement ran outside a transaction, and nothing"
    " in the database tells how far it came; it runs again"
)


class NotRecorded(StatementFailed):
    """A statement outside a transaction is done, and its row still says UNKNOWN."""


def run_stepwise(runner: Runner, run: FileRun) -> None:
    """Run a file from the first statement not done; raises ``StatementFailed``."""
    session, connection = runner.store.engine.session, runner.store.connection
    begun = time.perf_counter_ns()
    runner.report(file_started(run))
    row = kept = begun_row(run)
    try:
        with translated(runner, run.file.name, hint=AGAIN):
            runner.store.write(row)
            with (
                translated(runner, run.file.name, hint=STAYS),
                session.verified(connection),
                session.restored(connection),
            ):
                set_again(runner, run)
                hashes = compute_partial_hashes(run.statements)
                for step in _steps(run):
                    row, kept = _step(runner, run, step, hashes, row=row, kept=kept)
                if session.in_transaction(connection):
                    raise _left_open(run)
            runner.store.write(finish_revision(row, execution_time=took_since(begun)))
    except NotRecorded:
        raise
    except StatementFailed as error:
        record_failure(runner, kept, error, took_since(begun))
        raise
    runner.report(file_done(run, took_since(begun)))


def _steps(run: FileRun) -> Iterator[range]:
    """Yield what is run together: a statement, or a transaction of the file's own."""
    words = [find_transaction_control(statement.sql) for statement in run.statements]
    first = run.start
    while first < len(words):
        after = first + 1
        if words[first] in OPENING:
            while after < len(words) and words[after - 1] not in ENDING:
                after += 1
        yield range(first, after)
        first = after


def _step(
    runner: Runner,
    run: FileRun,
    step: range,
    hashes: Sequence[str],
    *,
    row: Revision,
    kept: Revision,
) -> tuple[Revision, Revision]:
    """Run what belongs together; return the row after it, and the one committed."""

    def attempt() -> tuple[Revision, Revision]:
        after, committed = row, kept
        for number in step:
            after = advance_revision(after, partial_hash=hashes[number])
            committed = _statement(runner, run, number, row=after, kept=committed)
        return after, committed

    def rolled_back() -> tuple[Revision, Revision]:
        store = runner.store
        try:
            return attempt()
        except StatementFailed:
            store.engine.session.rollback(store.connection)
            raise

    if len(step) == 1:
        return attempt()
    return retried(runner, run.file.name, rolled_back)


def _statement(
    runner: Runner, run: FileRun, number: int, *, row: Revision, kept: Revision
) -> Revision:
    """Run one statement; return the row that is committed afterwards."""
    session, connection = runner.store.engine.session, runner.store.connection
    word = find_transaction_control(run.statements[number].sql)
    hint = _stays(run, kept)
    if not word and not session.in_transaction(connection):
        _by_itself(runner, run, number, row=row, kept=kept)
        return row
    if word in COMMITTING and session.in_transaction(connection):
        runner.store.write(row)
        execute(runner, run, number, hint=hint)
        return row
    execute(runner, run, number, hint=hint)
    if session.in_transaction(connection):
        return kept  # nothing is committed before the file's own COMMIT
    runner.store.write(row)
    return row


def _by_itself(
    runner: Runner, run: FileRun, number: int, *, row: Revision, kept: Revision
) -> None:
    hint = _stays(run, kept)

    def together_with_row() -> None:
        store = runner.store
        with (
            translated(runner, run.file.name, hint=hint),
            store.engine.session.transaction(store.connection),
        ):
            execute(runner, run, number, hint=hint)
            store.write(row)

    try:
        retried(runner, run.file.name, together_with_row)
    except StatementFailed as error:
        failure = runner.store.engine.failure(error)
        if failure is None or not failure.needs_no_transaction:
            raise
        retried(runner, run.file.name, lambda: _outside(runner, run, number, kept=kept))
        _record_done(runner, run, number, row=row)


def _outside(runner: Runner, run: FileRun, number: int, *, kept: Revision) -> None:
    """Run a statement that no transaction holds together with its row.

    The database is asked before and afterwards; the row alone would not tell.
    """
    store, statement = runner.store, run.statements[number]
    session, hint = store.engine.session, _stays(run, kept)
    with (
        translated(runner, run.file.name, hint=hint, statement=statement),
        runner.watch.over(run.file.name, number + 1, len(run.statements)),
    ):
        done = _settled(runner, run, number)
    if done:
        return
    sql = mask_secrets(statement.sql)
    store.write(fail_revision(kept, error=UNKNOWN_END, statement=sql, execution_time=0))
    with session.outside(store.connection):
        execute(runner, run, number, hint=hint)
    with translated(runner, run.file.name, hint=hint, statement=statement):
        session.assured(store.connection, statement.sql)


def _record_done(runner: Runner, run: FileRun, number: int, *, row: Revision) -> None:
    """Write that a statement outside a transaction is done; raises ``NotRecorded``."""
    statement = run.statements[number]
    try:
        with translated(
            runner, run.file.name, hint=DONE_UNRECORDED, statement=statement
        ):
            runner.store.write(row)
    except StatementFailed as error:
        raise NotRecorded(
            error.message,
            file=error.file,
            server_message=error.server_message,
            sqlstate=error.sqlstate,
            retryable=error.retryable,
            hint=DONE_UNRECORDED,
        ) from error


def _settled(runner: Runner, run: FileRun, number: int) -> bool:
    """Tell what an earlier attempt left; return whether the statement is done."""
    store, statement = runner.store, run.statements[number]
    interrupted = number == run.start and _interrupted(run, statement.sql)
    settled = store.engine.session.settled(store.connection, statement.sql, interrupted)
    if settled.said:
        runner.report(
            Resumed(
                file=run.file.name,
                line=statement.line,
                done=settled.done,
                message=settled.said,
            )
        )
    if interrupted and not settled.known:
        runner.report(Warned(message=f"{run.file.name}:{statement.line}: {NOT_KNOWN}"))
    return settled.done


def _interrupted(run: FileRun, sql: str) -> bool:
    """Whether an earlier run may have come to the end of this very statement."""
    row = run.before
    if row is None:
        return False
    if row.error:
        return row.interrupted and row.error_stmt == mask_secrets(sql)
    # Atlas writes nothing before a statement; we do.
    return not row.operator_version.startswith(OPERATOR_NAME)


def _stays(run: FileRun, kept: Revision) -> str:
    if not kept.applied:
        return f"Nothing of this file is applied. {AGAIN}"
    total = len(run.statements)
    return (
        f"{kept.applied} of its {total} statements are applied and stay; the next run"
        f" goes on at statement {kept.applied + 1}. {AGAIN}"
    )


def _left_open(run: FileRun) -> StatementFailed:
    return StatementFailed(
        f"{run.file.name}: the file begins a transaction and does not end it.",
        file=run.file.name,
        hint=f"That transaction was rolled back. Add COMMIT at its end. {AGAIN}",
    )
