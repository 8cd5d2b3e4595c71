"""Directory, rows and request → the files of this run, or the reason to run none.

Pure.  Invariant: whatever is returned may run; nothing that could be refused before the
first statement is found out after it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schema_migrations.errors import ConfigError, IntegrityError, SyntaxProblem
from schema_migrations.history.comparison import (
    HistoryComparison,
    PendingFile,
    check_runnable,
    compare_history,
)
from schema_migrations.history.revision import Revision, create_baseline
from schema_migrations.history.statements import (
    SourceStatement,
    Syntax,
    find_transaction_control,
)
from schema_migrations.revision_store import REVISIONS_TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_migrations.conf import ExecOrder, TxMode
    from schema_migrations.history.directory import Directory
    from schema_migrations.history.file import MigrationFile
    from schema_migrations.workflows.applying.events import TransactionMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which files a person wants to run, and in which way."""

    count: int | None = None
    to: str | None = None
    """Up to and with this version."""
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
    """The file's hash of ``atlas.sum``."""
    mode: TransactionMode
    partial_revision: Revision | None
    done_count: int
    """0-based index of the first statement not done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedFiles:
    comparison: HistoryComparison
    runs: tuple[FileRun, ...]
    """To run now, in order."""
    baseline: MigrationFile | None = None
    """To be recorded first."""
    baseline_is_unused: bool = False
    """A baseline was asked for, and the database has a history."""
    newest_version: str = ""
    """The newest version that the database knows; a failure of an older file is not
    recorded, since Atlas looks at the newest row only."""

    @property
    def remaining_count(self) -> int:
        """How many files stay pending after this run."""
        return len(self.comparison.pending) - len(self.runs)


def select_files(
    directory: Directory,
    revisions: Sequence[Revision],
    tables: Sequence[str],
    selection: Selection,
    syntax: Syntax,
) -> SelectedFiles:
    """Return what to run; ``tables`` are those of the target schema.

    Raises ``ConfigError``, ``IntegrityError`` and ``SyntaxProblem``.
    """
    order = selection.exec_order
    state = compare_history(directory.files, revisions, exec_order=order)
    start = None
    fresh = not state.current_version and not state.ahead
    if fresh:
        start = _choose_baseline(directory, tables, selection)
        if start is not None:
            row = create_baseline(start, now=datetime.now(UTC), operator="")
            state = compare_history(
                directory.files, (*revisions, row), exec_order=order
            )
    _refuse_broken_history(state, strict=selection.strict)
    check_runnable(state, syntax)
    sums = directory.computed_sums
    runs = [
        _make_file_run(each, sums.hash_of(each.file.name), selection.tx_mode, syntax)
        for each in _select_pending(state, directory, selection)
    ]
    return SelectedFiles(
        comparison=state,
        runs=tuple(runs),
        baseline=start,
        baseline_is_unused=selection.baseline is not None and not fresh,
        newest_version=max((row.version for row in revisions), default=""),
    )


def _choose_baseline(
    directory: Directory, tables: Sequence[str], selection: Selection
) -> MigrationFile | None:
    """Return the baseline of a database without history; refuse one that is not empty."""
    if selection.baseline is not None:
        return find_file(directory, selection.baseline, option="--baseline")
    found = [name for name in tables if name != REVISIONS_TABLE]
    if found and not selection.allow_dirty and directory.files:
        named = ", ".join(found[:3]) + (", …" if len(found) > 3 else "")
        raise ConfigError(
            f"The database has no history of migrations, and it is not empty: it has"
            f" {len(found)} tables ({named}).",
            hint="If its tables are those of the files up to one version:"
            " --baseline VERSION records that and runs the files after it."
            " If they have nothing to do with these files: --allow-dirty.",
        )
    return None


def find_file(directory: Directory, version: str, *, option: str) -> MigrationFile:
    """Return the file of a version, or of a name; raises ``ConfigError``."""
    for file in directory.files:
        if version in (file.version, file.name):
            return file
    versions = [file.version for file in directory.files]
    close = difflib.get_close_matches(version, versions, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    raise ConfigError(
        f"{option} {version}: there is no file of this version in {directory.path}.",
        hint=f"{meant}A version is what stands before the first _ of a file's name.",
    )


def _refuse_broken_history(comparison: HistoryComparison, *, strict: bool) -> None:
    if comparison.edited:
        names = ", ".join(file.name for file in comparison.edited)
        raise IntegrityError(
            f"edited after they were applied to this database: {names}",
            hint="Restore them from version control, run: python manage.py schemahash,"
            " and write a new file for the change. Where the database is right as it"
            " is: schemaset VERSION takes the files up to there as they are now.",
        )
    if comparison.missing:
        names = ", ".join(row.file_stem for row in comparison.missing)
        raise IntegrityError(
            f"applied to this database, and their files are gone: {names}",
            hint="Restore them from version control. Is this the right directory,"
            " and the right database? Where they were deleted on purpose:"
            " schemaset VERSION forgets them.",
        )
    if comparison.ahead and strict:
        names = ", ".join(row.file_stem for row in comparison.ahead)
        raise IntegrityError(
            f"the database is ahead of the directory: {names}",
            hint="It was migrated by a newer release. Without --strict this is only"
            " a warning.",
        )


def _select_pending(
    comparison: HistoryComparison, directory: Directory, selection: Selection
) -> tuple[PendingFile, ...]:
    files = comparison.pending
    if selection.to is not None:
        last = find_file(directory, selection.to, option="--to")
        files = tuple(each for each in files if each.file.version <= last.version)
    return files if selection.count is None else files[: selection.count]


def _make_file_run(
    pending_file: PendingFile, file_hash: str, tx_mode: TxMode, syntax: Syntax
) -> FileRun:
    file = pending_file.file
    directive = file.directives.txmode
    if directive == "none" and tx_mode == "all":
        raise ConfigError(
            f"{file.name} is marked txmode none and cannot be part of one transaction"
            " for all files.",
            hint="Use --tx-mode file (or TX_MODE), or --to a version before it.",
        )
    mode: TransactionMode = tx_mode
    if tx_mode != "all" and directive:
        mode = "none" if directive == "none" else "file"
    statements = file.split_statements(syntax)
    if mode != "none":
        _refuse_transaction_control(file, statements[pending_file.done_count :])
    return FileRun(
        file=file,
        statements=statements,
        file_hash=file_hash,
        mode=mode,
        partial_revision=pending_file.partial_revision,
        done_count=pending_file.done_count,
    )


def _refuse_transaction_control(
    file: MigrationFile, statements: Sequence[SourceStatement]
) -> None:
    for statement in statements:
        word = find_transaction_control(statement.sql)
        if word:
            raise SyntaxProblem(
                f"{word} would break the one transaction that this file runs in",
                file=file.name,
                line=statement.line,
                hint="Remove it: the file and its record are committed together. Or"
                " write -- atlas:txmode none at the top, and a blank line below it.",
            )
