"""Running a statement that the server refuses in a transaction.

Invariant: its row says before it runs that it is about to run, and afterwards that it is
done; what an attempt that was cut off has left is cleared first.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from schema_migrations.history.revision import UNKNOWN_END, Revision, fail_revision
from schema_migrations.history.secrets import mask_secrets
from schema_migrations.workflows.applying.batches import describe_progress
from schema_migrations.workflows.applying.events import Resumed, Warned
from schema_migrations.workflows.applying.runner import (
    OPERATOR_NAME,
    Runner,
    execute_statement,
    translate_errors,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from schema_migrations.engines.executor import OutsideTransaction
    from schema_migrations.workflows.applying.selection import FileRun

UNKNOWN_END_WARNING = (
    "an earlier run ended while this statement ran outside a transaction, and the"
    " database does not show how far it got; it runs again"
)


def disable_timeout_of_validation(
    runner: Runner, sql: str
) -> AbstractContextManager[None]:
    """Let a statement take as long as it wants, if it stops nobody meanwhile."""
    powers = runner.store.engine.executor.outside_transaction
    if powers is None or not powers.may_take_long(sql):
        return nullcontext()
    return powers.disable_statement_timeout(runner.store.connection)


def run_outside_transaction(
    runner: Runner, run: FileRun, index: int, *, committed_row: Revision
) -> None:
    """Run a statement that cannot commit together with its row.

    Check the database before and afterwards, since the row alone does not show the end.
    """
    store, statement = runner.store, run.statements[index]
    powers = store.engine.executor.outside_transaction
    outcome = describe_progress(run, committed_row)
    with (
        translate_errors(runner, run.file.name, outcome=outcome, statement=statement),
        runner.watch.track_statement(
            run.file.name, statement, index + 1, len(run.statements)
        ),
    ):
        if powers and _clear_leftovers(runner, run, index, powers):
            return
    sql = mask_secrets(statement.sql)
    unknown = fail_revision(committed_row, error=UNKNOWN_END, statement=sql)
    store.write(unknown, over=committed_row)
    with powers.disable_timeouts(store.connection) if powers else nullcontext():
        execute_statement(runner, run, index, outcome=outcome)
    if powers:
        with translate_errors(
            runner, run.file.name, outcome=outcome, statement=statement
        ):
            powers.check_result(store.connection, statement.sql)


def _clear_leftovers(
    runner: Runner, run: FileRun, index: int, powers: OutsideTransaction
) -> bool:
    """Clear and report what an earlier attempt left; return whether it was done."""
    store, statement = runner.store, run.statements[index]
    interrupted = index == run.done_count and _has_unknown_end(run, statement.sql)
    leftovers = powers.clear_leftovers(store.connection, statement.sql, interrupted)
    if leftovers.message:
        runner.report(
            Resumed(
                file=run.file.name,
                line=statement.line,
                done=leftovers.is_done,
                message=leftovers.message,
            )
        )
    if interrupted and not leftovers.is_known:
        runner.report(
            Warned(message=f"{run.file.name}:{statement.line}: {UNKNOWN_END_WARNING}")
        )
    return leftovers.is_done


def _has_unknown_end(run: FileRun, sql: str) -> bool:
    """Return whether an earlier run may have completed this very statement."""
    row = run.partial_revision
    if row is None:
        return False
    if row.error:
        return row.interrupted and row.error_stmt == mask_secrets(sql)
    # Atlas writes nothing before a statement; we do.
    return not row.operator_version.startswith(OPERATOR_NAME)
