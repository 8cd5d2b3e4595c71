"""Run all files of a directory on a dev database, whatever the models are.

Invariant: nothing is written, and nothing of the dev database remains.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from schema_migrations.history.comparison import select_from_checkpoint
from schema_migrations.workflows.states.source_forms import FILES
from schema_migrations.workflows.states.sources import open_state, run_in_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schema_migrations.workflows.states.sources import Workspace


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

    Raises what ``run_in_workspace`` raises, and what ``replay`` does for a file.
    """

    def run(workspace: Workspace) -> ReplayedFiles:
        for line in workspace.server.describe():
            report(line)
        started = perf_counter()
        with open_state(FILES, workspace):
            pass
        files = select_from_checkpoint(workspace.directory.files)
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


def list_directive_warnings(workspace: Workspace) -> Iterator[str]:
    """Yield a warning for each directive of the files that is misplaced or unknown."""
    syntax = workspace.engine.dialect.syntax
    for file in workspace.directory.files:
        for line, message in file.check_directives(syntax):
            yield f"{file.name}:{line}: {message}"
