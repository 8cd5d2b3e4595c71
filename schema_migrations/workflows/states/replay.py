"""Run files on a scratch database, which is dropped if one of them fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from operator import attrgetter

from schema_migrations.conf import TxMode
from schema_migrations.engines.connection import Connection
from schema_migrations.engines.engine import Engine
from schema_migrations.engines.statement_error import (
    make_left_open_error,
    translate_statement_errors,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.origin import Destination, refuse_other_engine
from schema_migrations.history.statements import SourceStatement
from schema_migrations.workflows.states.advice import choose_advice
from schema_migrations.workflows.states.small_files import (
    run_together,
    take_small_files,
)
from schema_migrations.workflows.states.statement_batches import (
    Batch,
    run_batches,
    split_into_batches,
    split_transaction,
)

NOTHING_WRITTEN_HINT = "The dev database refused this statement; nothing was written."


def replay(
    engine: Engine,
    connection: Connection,
    files: Sequence[MigrationFile],
    *,
    tx_mode: TxMode = "file",
    may_split: bool = False,
    report_progress: Callable[[str], None] = lambda text: None,
) -> None:
    """Run migration files on a scratch database, each as ``schemaapply`` would.

    ``tx_mode`` holds for files that do not say, but ``all`` is as ``file``: they may have
    been applied one by one.  ``may_split``: the database is dropped after a failure, so
    where files only define something, a long one may have several transactions, and small
    ones may share one.
    ``report_progress`` gets a text for each file.  Raises ``StatementFailed`` and
    ``SyntaxProblem``, with file and line, and before the first one runs
    ``FileOfOtherEngine``.
    """
    check_origin(engine, files)
    done = 0
    while done < len(files):
        report_progress(f"replay: file {done + 1} of {len(files)}")
        small = take_small_files(engine, files, done, tx_mode) if may_split else []
        if small and run_together(engine, connection, small):
            done += len(small)
            continue
        # The server refused one of them: which, and where, each by itself tells.
        for file in files[done : done + (len(small) or 1)]:
            done += 1
            report_progress(f"replay: file {done} of {len(files)}")
            _replay_by_itself(engine, connection, file, tx_mode, may_split=may_split)


def _replay_by_itself(
    engine: Engine,
    connection: Connection,
    file: MigrationFile,
    tx_mode: TxMode,
    *,
    may_split: bool,
) -> None:
    mode = file.directives.txmode or tx_mode
    syntax = engine.dialect.syntax
    if mode == "none":
        replay_file(engine, connection, file)
        _refuse_open_transaction(engine, connection, file)
        return
    file.refuse_transaction_control(file.split_statements(syntax), syntax, mode=mode)
    batches = _cut_file(engine, file)
    parts: Iterable[Sequence[Batch[SourceStatement]]] = [batches]
    if may_split:
        parts = split_transaction(engine, connection, batches)
    for part in parts:
        with (
            translate_replay_errors(engine, file.name),
            engine.executor.open_transaction(connection),
        ):
            _run_batches(engine, connection, file, part)


def check_origin(engine: Engine, files: Sequence[MigrationFile]) -> None:
    """Raise ``FileOfOtherEngine`` if a dev database of this engine is not for the files."""
    destination = Destination(name="the dev database", engine=engine.dialect.name)
    refuse_other_engine(files, destination)


def _refuse_open_transaction(
    engine: Engine, connection: Connection, file: MigrationFile
) -> None:
    if not engine.executor.in_transaction(connection):
        return
    engine.executor.rollback(connection)
    statements = file.split_statements(engine.dialect.syntax)
    raise make_left_open_error(statements, file=file.name)


def translate_replay_errors(
    engine: Engine,
    file: str,
    statement: SourceStatement | None = None,
    source: MigrationFile | None = None,
) -> AbstractContextManager[None]:
    """Raise ``StatementFailed`` with file and line; without a statement, of the commit."""

    def advise(cause: str) -> str:
        return choose_advice(
            cause, loose_line=source.loose_txmode_line if source else 0
        )

    return translate_statement_errors(
        engine,
        file=file,
        outcome=NOTHING_WRITTEN_HINT,
        advise=advise,
        statement=statement,
    )


def replay_file(
    engine: Engine,
    connection: Connection,
    file: MigrationFile,
    statement_count: int | None = None,
) -> None:
    """Run a file's first ``statement_count`` statements; None: all.  Raises as ``replay``."""
    batches = _cut_file(engine, file, statement_count)
    _run_batches(engine, connection, file, batches)


def _cut_file(
    engine: Engine, file: MigrationFile, statement_count: int | None = None
) -> list[Batch[SourceStatement]]:
    counted = file.split_as_counted(engine.dialect.syntax)
    return split_into_batches(engine, counted[:statement_count], attrgetter("sql"))


def _run_batches(
    engine: Engine,
    connection: Connection,
    file: MigrationFile,
    batches: Iterable[Batch[SourceStatement]],
) -> None:
    def run(statement: SourceStatement) -> None:
        with translate_replay_errors(engine, file.name, statement, file):
            if statement.sql:
                engine.executor.execute(connection, statement.sql)

    with (
        translate_replay_errors(engine, file.name),
        engine.executor.keep_settings(connection),
    ):
        run_batches(engine, connection, batches, attrgetter("sql"), run)


def load_sql(engine: Engine, connection: Connection, text: str, *, file: str) -> None:
    """Run a plain SQL file on a scratch database.  Raises as ``replay``."""
    replay_file(engine, connection, MigrationFile(name=file, content=text.encode()))
