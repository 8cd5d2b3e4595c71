"""Run a file statement by statement: txmode none.

Invariant: each statement commits together with the progress of its row, so that a run
that is killed between any two of them goes on at the right one.  Transactions that the
file itself opens are left as written, and the row is committed inside them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from schema_migrations.errors import StatementFailed
from schema_migrations.history.revision import Revision, failed, finished, progressed
from schema_migrations.history.statements import partial_hashes, transaction_control
from schema_migrations.workflows.events import Warned
from schema_migrations.workflows.running import (
    AGAIN,
    Runner,
    begun_row,
    execute,
    file_done,
    file_started,
    record_failure,
    retried,
    took_since,
    translated,
)

if TYPE_CHECKING:
    from schema_migrations.workflows.choice import FileRun

COMMITTING = ("COMMIT", "END", "PREPARE TRANSACTION")

UNKNOWN = "started outside a transaction; whether it ended is not known"
"""Stands in a row's ``error`` while such a statement runs, so after a ``kill -9`` too."""


def run_stepwise(runner: Runner, run: FileRun) -> None:
    """Run a file from the first statement not done; raises ``StatementFailed``."""
    session, connection = runner.store.engine.session, runner.store.connection
    begun = time.perf_counter_ns()
    runner.report(file_started(run))
    _warn_of_unknown(runner, run)
    row = kept = begun_row(run)
    try:
        with translated(runner, run.file.name, hint=AGAIN):
            runner.store.write(row)
            with session.verified(connection), session.restored(connection):
                hashes = partial_hashes(run.statements)
                for number in range(run.start, len(run.statements)):
                    row = progressed(row, partial_hash=hashes[number])
                    kept = _step(runner, run, number, row=row, kept=kept)
                if session.in_transaction(connection):
                    raise _left_open(run)
            runner.store.write(finished(row, took=took_since(begun)))
    except StatementFailed as error:
        record_failure(runner, kept, error, took_since(begun))
        raise
    runner.report(file_done(run, took_since(begun)))


def _step(
    runner: Runner, run: FileRun, number: int, *, row: Revision, kept: Revision
) -> Revision:
    """Run one statement; return the row that is committed afterwards."""
    session, connection = runner.store.engine.session, runner.store.connection
    word = transaction_control(run.statements[number].sql)
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
        _outside(runner, run, number, row=row, kept=kept)


def _outside(
    runner: Runner, run: FileRun, number: int, *, row: Revision, kept: Revision
) -> None:
    store, sql = runner.store, run.statements[number].sql
    store.write(failed(kept, error=UNKNOWN, statement=sql, took=0))
    with store.engine.session.outside(store.connection):
        execute(runner, run, number, hint=_stays(run, kept))
    store.write(row)


def _stays(run: FileRun, kept: Revision) -> str:
    total = len(run.statements)
    if not kept.applied:
        return f"None of its {total} statements is applied. {AGAIN}"
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


def _warn_of_unknown(runner: Runner, run: FileRun) -> None:
    before = run.before
    if before is None or before.error != UNKNOWN or run.start >= len(run.statements):
        return
    statement = run.statements[run.start]
    runner.report(
        Warned(
            message=f"{run.file.name}:{statement.line}: an earlier run ended while this"
            " statement ran outside a transaction. If it now says that something"
            " exists already, look whether that is complete (an index may be INVALID)"
            " and drop it."
        )
    )
