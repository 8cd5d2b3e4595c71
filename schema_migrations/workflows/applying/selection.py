"""Selection of the files to run, from directory, revisions and request.

Pure.  Invariant: whatever is returned may run: all that can be refused before the first
statement is refused here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schema_migrations.errors import (
    DatabaseAhead,
    DatabaseNotEmpty,
    UnknownVersion,
)
from schema_migrations.history.comparison import (
    HistoryComparison,
    PendingFile,
    compare_history,
)
from schema_migrations.history.origin import Destination
from schema_migrations.history.other_tools.applied import (
    HISTORY_TABLES,
    find_adopted_tool,
)
from schema_migrations.history.revision import Revision, create_baseline
from schema_migrations.history.revisions_table import REVISIONS_TABLE
from schema_migrations.history.rows_files import find_baseline_with_rows
from schema_migrations.history.standing import judge_history
from schema_migrations.history.statements import (
    SourceStatement,
    Syntax,
    with_parts,
)
from schema_migrations.workflows.transaction_mode import choose_mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_migrations.conf import TxMode
    from schema_migrations.engines.dialect import Dialect
    from schema_migrations.history.comparison import ExecOrder
    from schema_migrations.history.directory import Directory
    from schema_migrations.history.file import MigrationFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The files that are asked for, and the way to run them."""

    count: int | None = None
    to: str | None = None
    """Up to and including this version."""
    baseline: str | None = None
    allow_dirty: bool = False
    exec_order: ExecOrder = "linear"
    tx_mode: TxMode = "file"
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRun:
    file: MigrationFile
    statements: tuple[SourceStatement, ...]
    file_hash: str
    """The file's hash in ``atlas.sum``."""
    mode: TxMode
    partial_revision: Revision | None
    done_count: int
    """0-based index of the first statement not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedFiles:
    comparison: HistoryComparison
    runs: tuple[FileRun, ...]
    """To run now, in order."""
    baseline: MigrationFile | None = None
    """To record first."""
    baseline_hash: str = ""
    """The hash of that file in ``atlas.sum``."""
    baseline_over: Revision | None = None
    """The row of a failure that the baseline replaces."""
    warnings: tuple[str, ...] = ()
    """What has no effect in the files to run, with file and line."""
    baseline_is_unused: bool = False
    """A baseline was asked for, but the database has a history."""

    @property
    def remaining_count(self) -> int:
        """The number of files that stay pending after this run."""
        return len(self.comparison.pending) - len(self.runs)


def select_files(
    directory: Directory,
    revisions: Sequence[Revision],
    tables: Sequence[str],
    selection: Selection,
    dialect: Dialect,
    *,
    target: str,
) -> SelectedFiles:
    """Select the files to run; ``tables`` are those of the target schema.

    ``target`` is the target's name, for messages.
    Raise ``ConfigError``, ``IntegrityError`` and ``SyntaxProblem``.
    """
    order = selection.exec_order
    comparison = compare_history(directory.files, revisions, exec_order=order)
    baseline = None
    fresh = not comparison.has_history
    if fresh and selection.baseline is not None:
        baseline = find_baseline_with_rows(
            directory.files, find_file(directory, selection.baseline)
        )
        row = create_baseline(
            baseline, file_hash="", now=datetime.now(UTC), operator=""
        )
        comparison = compare_history(
            directory.files, (*revisions, row), exec_order=order
        )
    destination = Destination(name=target, engine=dialect.name)
    if problem := judge_history(comparison, dialect.syntax, destination).problem:
        raise problem
    if fresh and baseline is None and not selection.allow_dirty and directory.files:
        _refuse_tables(tables, directory.files)
    if comparison.ahead and selection.strict:
        raise DatabaseAhead(files=tuple(row.file_stem for row in comparison.ahead))
    sums = directory.computed_sums
    runs = [
        _make_file_run(
            each, sums.hash_of(each.file.name), selection.tx_mode, dialect.syntax
        )
        for each in _select_pending(comparison, directory, selection)
    ]
    return SelectedFiles(
        comparison=comparison,
        runs=tuple(runs),
        baseline=baseline,
        baseline_hash=sums.hash_of(baseline.name) if baseline else "",
        baseline_over=next(
            (row for row in revisions if baseline and row.version == baseline.version),
            None,
        ),
        warnings=tuple(
            f"{run.file.name}:{line}: {message}"
            for run in runs
            for line, message in run.file.check_directives(dialect.syntax)
        ),
        baseline_is_unused=selection.baseline is not None and not fresh,
    )


def _refuse_tables(tables: Sequence[str], files: Sequence[MigrationFile]) -> None:
    """Raise if a database without history has tables already."""
    others = [name for name in tables if name != REVISIONS_TABLE]
    if others:
        tool = find_adopted_tool(files)
        history = HISTORY_TABLES[tool].name if tool else ""
        raise DatabaseNotEmpty(
            tables=tuple(others), other_history=history if history in others else ""
        )


def find_file(directory: Directory, version: str) -> MigrationFile:
    """Return the file with this version or name; raise ``UnknownVersion`` for none."""
    for file in directory.files:
        if version in (file.version, file.name):
            return file
    raise UnknownVersion(
        version=version,
        directory=directory.path,
        known=tuple(file.version for file in directory.files),
    )


def _select_pending(
    comparison: HistoryComparison, directory: Directory, selection: Selection
) -> tuple[PendingFile, ...]:
    files = comparison.pending
    if selection.to is not None:
        last = find_file(directory, selection.to)
        files = tuple(each for each in files if each.file.version <= last.version)
    return files if selection.count is None else files[: selection.count]


def _make_file_run(
    pending_file: PendingFile, file_hash: str, tx_mode: TxMode, syntax: Syntax
) -> FileRun:
    file = pending_file.file
    mode = choose_mode(file, tx_mode)
    statements = file.split_as_counted(syntax)
    file.refuse_transaction_control(
        statements[pending_file.done_count :], syntax, mode=mode
    )
    if file.directives.delimiter != ";":
        statements = tuple(with_parts(each, syntax) for each in statements)
    return FileRun(
        file=file,
        statements=statements,
        file_hash=file_hash,
        mode=mode,
        partial_revision=pending_file.partial_revision,
        done_count=pending_file.done_count,
    )
