"""Running a statement in batches, outside of a transaction.

Invariant: each batch commits together with its progress in the file's row, so that a run
killed anywhere goes on behind the last row that was done, and does no row twice.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from schema_migrations.history.batches import (
    UNBATCHED_WARNING,
    BatchProgress,
    drop_progress,
    find_batches_line,
    find_progress,
    read_batched_statement,
    read_progress,
    with_progress,
)
from schema_migrations.history.revision import Revision, advance_revision
from schema_migrations.workflows.applying.events import (
    RowsDone,
    StatementDone,
    Warned,
)
from schema_migrations.workflows.applying.runner import (
    Runner,
    measure_nanoseconds,
    retry_transaction,
    translate_errors,
)

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from schema_migrations.engines.executor import Batches
    from schema_migrations.history.batches import BatchedStatement
    from schema_migrations.history.statements import SourceStatement
    from schema_migrations.workflows.applying.events import ReportEvent
    from schema_migrations.workflows.applying.selection import FileRun

REPORT_INTERVAL = 10.0
"""Seconds between two reports of how far the batches are."""

EDITED_WARNING = (
    "rows were done by batches of a statement that is no longer there as it was; if it was"
    " edited, it begins again with the first row"
)

RETYPED_WARNING = (
    "a column that -- batches: names has another type than before, so the statement begins"
    " again with the first row"
)


def find_batched_statements(
    runner: Runner, run: FileRun, alone: Container[int]
) -> Mapping[int, BatchedStatement]:
    """Return those of the statements to run that run in batches, by their index.

    ``alone`` are those outside of transactions of the file's own; the others run at
    once, which is reported.  Raises ``SyntaxProblem``.
    """
    engine = runner.store.engine
    found: dict[int, BatchedStatement] = {}
    if engine.executor.batches is None:
        return found
    for index in range(run.done_count, len(run.statements)):
        statement = run.statements[index]
        batched = read_batched_statement(
            statement, engine.dialect.syntax, file=run.file.name
        )
        if batched is not None and index in alone:
            found[index] = batched
        elif batched is not None:
            place = f"{run.file.name}:{find_batches_line(statement)}"
            runner.report(Warned(message=f"{place}: {UNBATCHED_WARNING}"))
    return found


def drop_other_progress(
    runner: Runner, run: FileRun, row: Revision, known: Iterable[BatchedStatement]
) -> Revision:
    """Return the row without the progress of statements that are no longer there, and
    report each."""
    for statement in warn_of_other_progress(runner.report, run, row, known):
        row = drop_progress(row, statement)
    return row


def warn_of_other_progress(
    report: ReportEvent,
    run: FileRun,
    row: Revision,
    known: Iterable[BatchedStatement] = (),
) -> Sequence[str]:
    """Report each statement that is no longer there and of which batches were done: if it
    was edited, all of its rows come again.  Return their hashes."""
    hashes = {each.hash for each in known}
    others = [each for each in read_progress(row) if each.statement not in hashes]
    for progress in others:
        message = f"{run.file.name}: {progress.rows:,} {EDITED_WARNING}"
        report(Warned(message=message))
    return [each.statement for each in others]


def run_in_batches(
    runner: Runner,
    run: FileRun,
    index: int,
    batched: BatchedStatement,
    *,
    row: Revision,
    hashes: tuple[str, ...],
) -> Iterator[Revision]:
    """Run a statement; yield the file's row after each batch, as it is committed.

    ``row`` is what is committed before.  The last row that comes counts the statement.
    Raises ``StatementFailed``.
    """
    work = _Work(runner=runner, run=run, index=index, batched=batched, hashes=hashes)
    began = time.perf_counter()
    about, progress = retry_transaction(
        runner, run.file.name, partial(_begin, work, row)
    )
    speed = _Speed(start=began, reported=began, rows=progress.rows if progress else 0)
    done = row.applied
    while row.applied == done:
        if progress is not None and progress.rows and progress.after:
            speed = _report_progress(work, progress, about, speed)
        row = retry_transaction(
            runner, run.file.name, partial(_run_batch, work, row, progress)
        )
        yield row
        progress = find_progress(row, batched.hash)
        if progress is not None:
            time.sleep(runner.batch_pause)
    runner.report(
        StatementDone(
            file=run.file.name,
            number=index + 1,
            total=len(run.statements),
            sql=run.statements[index].sql,
            seconds=time.perf_counter() - began,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What stays the same for all batches of a statement."""

    runner: Runner
    run: FileRun
    index: int
    batched: BatchedStatement
    hashes: tuple[str, ...]

    @property
    def statement(self) -> SourceStatement:
        return self.run.statements[self.index]

    @property
    def functions(self) -> Batches:
        functions = self.runner.store.engine.executor.batches
        assert functions is not None
        return functions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speed:
    start: float
    """When the run began with the statement, by the performance counter."""
    reported: float
    rows: int
    """How many rows were done then."""

    def estimate(self, rows: int, about: int | None, now: float) -> float | None:
        """Return the seconds that are left; None: not known."""
        new = rows - self.rows
        if about is None or new <= 0:
            return None
        return max(about - rows, 0) * (now - self.start) / new


def _begin(work: _Work, row: Revision) -> tuple[int | None, BatchProgress | None]:
    """Return about how many rows there are, and the progress; None: there is no row."""
    connection, batched = work.runner.store.connection, work.batched
    with _hold_transaction(work, row), _translate(work, row, is_as_written=False):
        types = work.functions.read_key_types(connection, batched)
        about = work.functions.read_row_estimate(connection, batched)
        progress = find_progress(row, batched.hash)
        if progress is not None and progress.types == types:
            return about, progress
        last = work.functions.find_last_key(connection, batched)
    if progress is not None:
        place = f"{work.run.file.name}:{work.statement.line}"
        work.runner.report(Warned(message=f"{place}: {RETYPED_WARNING}"))
    if last is None:
        return about, None
    new = BatchProgress(statement=batched.hash, types=types, after=None, last=last)
    return about, new


def _run_batch(work: _Work, row: Revision, progress: BatchProgress | None) -> Revision:
    """Run the next batch; return the row that was committed with it."""
    store, size = work.runner.store, work.runner.batch_size
    connection, functions = store.connection, work.functions
    began = time.perf_counter_ns()
    with _hold_transaction(work, row):
        end = None
        if progress is not None:
            with _translate(work, row, is_as_written=False):
                end = functions.find_batch_end(connection, work.batched, progress, size)
            assert end is None or end != progress.after, "a batch must come further"
        last = progress.last if progress else ()
        functions.run(connection, work.batched, progress, end or last)
        if progress is None or end is None or end == last:
            ended = drop_progress(row, work.batched.hash)
            new = advance_revision(ended, partial_hashes=work.hashes)
        else:
            rows = progress.rows + size
            new = with_progress(row, replace(progress, after=end, rows=rows))
        # Another time than before: a second run sees that the row is no longer the same.
        took = max(measure_nanoseconds(began), 1)
        new = replace(new, execution_time=row.execution_time + took)
        store.write(new, over=row)
    return new


def _report_progress(
    work: _Work, progress: BatchProgress, about: int | None, speed: _Speed
) -> _Speed:
    """Report how far the batches are, now and then."""
    now = time.perf_counter()
    if now - speed.reported < REPORT_INTERVAL:
        return speed
    work.runner.report(
        RowsDone(
            file=work.run.file.name,
            line=work.statement.line,
            number=work.index + 1,
            total=len(work.run.statements),
            rows=progress.rows,
            about=about,
            seconds_left=speed.estimate(progress.rows, about, now),
        )
    )
    return replace(speed, reported=now)


@contextmanager
def _hold_transaction(work: _Work, row: Revision) -> Iterator[None]:
    """Hold a transaction of a batch; raise ``StatementFailed`` that says what stays."""
    runner, run, store = work.runner, work.run, work.runner.store
    with (
        _translate(work, row, is_as_written=True),
        runner.watch.track_statement(
            run.file.name, work.statement, work.index + 1, len(run.statements)
        ),
        store.engine.executor.open_transaction(store.connection),
    ):
        yield


def _translate(
    work: _Work, row: Revision, *, is_as_written: bool
) -> AbstractContextManager[None]:
    return translate_errors(
        work.runner,
        work.run.file.name,
        outcome=describe_progress(work.run, row),
        statement=work.statement,
        source=work.run.file,
        is_as_written=is_as_written,
    )


def describe_progress(run: FileRun, row: Revision) -> str:
    """Say what of a file is applied, and where the next run goes on."""
    rows, total = sum(each.rows for each in read_progress(row)), len(run.statements)
    if rows:
        done = f"{row.applied} of its {total} statements and " if row.applied else ""
        return (
            f"{done}{rows:,} rows of a statement in batches stay done; the next run goes"
            " on behind them."
        )
    if not row.applied:
        return "Nothing of this file is applied."
    return (
        f"{row.applied} of its {total} statements stay applied; the next run"
        f" resumes at statement {row.applied + 1}."
    )
