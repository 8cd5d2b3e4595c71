"""Run all files of a directory on a dev database, whatever the models are.

Invariant: nothing is written, and nothing of the dev database remains.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from schema_migrations.history.checkpoint import select_from_checkpoint
from schema_migrations.workflows.states.replay import (
    check_origin,
    replay,
    replay_file,
    translate_replay_errors,
)
from schema_migrations.workflows.states.sources import (
    open_scratch_database,
)
from schema_migrations.workflows.states.state import inspect_database
from schema_migrations.workflows.states.workspace_run import run_in_workspace
from schema_migrations.workflows.transaction_mode import choose_mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from schema_migrations.conf import TxMode
    from schema_migrations.engines.connection import Connection
    from schema_migrations.history.file import MigrationFile
    from schema_migrations.history.statements import Syntax
    from schema_migrations.workflows.states.workspace import (
        Workspace,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedFiles:
    """The files that ran, and where."""

    names: tuple[str, ...]
    """Those from the last checkpoint on."""
    dev_server: str
    warnings: tuple[str, ...]
    """On directives that have no effect."""
    seconds: float


def replay_directory(
    alias: str,
    *,
    directory: Path | None = None,
    dev: str | None = None,
    report: Callable[[str], None] = lambda line: None,
    report_progress: Callable[[str], None] = lambda text: None,
) -> ReplayedFiles:
    """Run the files of a directory as ``schemaapply`` would, and read what they made.

    The transactions are the same, the timeouts are not there.  Raises what
    ``run_in_workspace`` raises, ``TransactionModeConflict``, and what ``replay`` does for
    a file.
    """

    def run(workspace: Workspace) -> ReplayedFiles:
        for line in workspace.server.describe():
            report(line)
        started = perf_counter()
        files = select_from_checkpoint(workspace.directory.files)
        tx_mode, engine = workspace.settings.tx_mode, workspace.engine
        _refuse_as_schemaapply(files, tx_mode, engine.dialect.syntax)
        server = workspace.servers.take_unused()
        with open_scratch_database(workspace, server) as connection:
            with workspace.phases("replay"):
                if tx_mode == "all" and files:
                    _replay_at_once(workspace, connection, files)
                else:
                    replay(
                        engine,
                        connection,
                        files,
                        tx_mode=tx_mode,
                        report_progress=workspace.phases.report,
                    )
            with workspace.phases("inspect"):
                inspect_database(engine, connection)
        return ReplayedFiles(
            names=tuple(file.name for file in files),
            dev_server=workspace.server.description,
            warnings=tuple(list_directive_warnings(workspace)),
            seconds=perf_counter() - started,
        )

    return run_in_workspace(
        run,
        alias,
        directory=directory,
        dev=dev,
        report=report,
        report_progress=report_progress,
    )


def _refuse_as_schemaapply(
    files: Sequence[MigrationFile], tx_mode: TxMode, syntax: Syntax
) -> None:
    """Raise for a file whose transactions ``schemaapply`` refuses, before any runs."""
    for file in files:
        mode = choose_mode(file, tx_mode)
        file.refuse_transaction_control(
            file.split_as_counted(syntax), syntax, mode=mode
        )


def _replay_at_once(
    workspace: Workspace, connection: Connection, files: Sequence[MigrationFile]
) -> None:
    """Run files in one transaction; raises as ``replay``, the commit for the last one."""
    engine = workspace.engine
    check_origin(engine, files)
    with (
        translate_replay_errors(engine, files[-1].name),
        engine.executor.open_transaction(connection),
    ):
        for number, file in enumerate(files, 1):
            workspace.phases.report(f"replay: file {number} of {len(files)}")
            replay_file(engine, connection, file)


def list_directive_warnings(workspace: Workspace) -> Iterator[str]:
    """Yield a warning for each directive of the files that is misplaced or unknown."""
    syntax = workspace.engine.dialect.syntax
    for file in workspace.directory.files:
        for line, message in file.check_directives(syntax):
            yield f"{file.name}:{line}: {message}"
