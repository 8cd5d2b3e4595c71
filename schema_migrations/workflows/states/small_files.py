"""Replay small files that only define something in one transaction.

Beginning and ending a transaction, and looking at what a file left of its session, costs
more than a statement or two.  Where that matters nothing is shared: what the server refuses
in company runs again, file by file.
"""

from __future__ import annotations

from collections.abc import Sequence

from schema_migrations.conf import TxMode
from schema_migrations.engines.connection import Connection
from schema_migrations.engines.engine import Engine
from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.history.file import MigrationFile
from schema_migrations.workflows.states.statement_batches import MOST_JOINED

MOST_BYTES = 20_000
"""Of a file: a longer one is split into statements once, where it runs."""

MOST_STATEMENTS = 10 * MOST_JOINED


class _Refused(Exception):
    """Something of a transaction was refused, so it is rolled back."""


def take_small_files(
    engine: Engine, files: Sequence[MigrationFile], start: int, tx_mode: TxMode
) -> list[list[str]]:
    """Return the statements of each file from ``start`` on that may share a transaction."""
    taken: list[list[str]] = []
    count = 0
    for file in files[start : start + MOST_STATEMENTS]:
        statements = _list_definitions(engine, file, tx_mode)
        count += len(statements or ())
        if statements is None or count > MOST_STATEMENTS:
            break
        taken.append(statements)
    return taken if len(taken) > 1 else []


def _list_definitions(
    engine: Engine, file: MigrationFile, tx_mode: TxMode
) -> list[str] | None:
    """Return a small file's statements; None for one that does more than define something."""
    joined = engine.executor.joined_statements
    if joined is None or len(file.content) > MOST_BYTES:
        return None
    try:
        if (file.directives.txmode or tx_mode) == "none":
            return None
        counted = file.split_as_counted(engine.dialect.syntax)
    except SchemaMigrationsError:  # said where it runs, after the files before it
        return None
    statements = [each.sql for each in counted if each.sql]
    return statements if all(map(joined.may_join, statements)) else None


def run_together(
    engine: Engine, connection: Connection, files: Sequence[Sequence[str]]
) -> bool:
    """Run the statements of files in one transaction; return whether all ran, else none."""
    joined, executor = engine.executor.joined_statements, engine.executor
    assert joined is not None
    statements = [sql for file in files for sql in file]
    try:
        with executor.open_transaction(connection):
            for start in range(0, len(statements), MOST_JOINED):
                some = statements[start : start + MOST_JOINED]
                if not joined.try_to_run(connection, some):
                    raise _Refused
    except _Refused:
        return False
    except Exception as error:  # only the engine knows its driver's exceptions
        # Any other is raised as it is.
        if executor.read_driver_error(error) is None:
            raise
        return False
    return True
