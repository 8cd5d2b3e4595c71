"""Selection of the files to run, from directory, revisions and request.

Pure.  Invariant: whatever is returned may run: all that can be refused before the first
statement is refused here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schema_migrations.errors import (
    ConfigError,
    IntegrityError,
    SyntaxProblem,
    suggest_nearest,
)
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

    from schema_migrations.conf import TxMode
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
    baseline_is_unused: bool = False
    """A baseline was asked for, but the database has a history."""
    newest_version: str = ""
    """The newest version that the database knows; a failure of an older file is not
    recorded, since Atlas looks at the newest row only."""

    @property
    def remaining_count(self) -> int:
        """The number of files that stay pending after this run."""
        return len(self.comparison.pending) - len(self.runs)


def select_files(
    directory: Directory,
    revisions: Sequence[Revision],
    tables: Sequence[str],
    selection: Selection,
    syntax: Syntax,
) -> SelectedFiles:
    """Select the files to run; ``tables`` are those of the target schema.

    Raise ``ConfigError``, ``IntegrityError`` and ``SyntaxProblem``.
    """
    order = selection.exec_order
    comparison = compare_history(directory.files, revisions, exec_order=order)
    baseline = None
    fresh = not comparison.current_version and not comparison.ahead
    if fresh:
        baseline = _choose_baseline(directory, tables, selection)
        if baseline is not None:
            row = create_baseline(baseline, now=datetime.now(UTC), operator="")
            comparison = compare_history(
                directory.files, (*revisions, row), exec_order=order
            )
    _refuse_broken_history(comparison, strict=selection.strict)
    check_runnable(comparison, syntax)
    sums = directory.computed_sums
    runs = [
        _make_file_run(each, sums.hash_of(each.file.name), selection.tx_mode, syntax)
        for each in _select_pending(comparison, directory, selection)
    ]
    return SelectedFiles(
        comparison=comparison,
        runs=tuple(runs),
        baseline=baseline,
        baseline_is_unused=selection.baseline is not None and not fresh,
        newest_version=max((row.version for row in revisions), default=""),
    )


def _choose_baseline(
    directory: Directory, tables: Sequence[str], selection: Selection
) -> MigrationFile | None:
    """Return the baseline of a database without history; raise if it has tables."""
    if selection.baseline is not None:
        return find_file(directory, selection.baseline, option="--baseline")
    others = [name for name in tables if name != REVISIONS_TABLE]
    if others and not selection.allow_dirty and directory.files:
        names = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
        raise ConfigError(
            f"The database has no history of migrations but is not empty: it has"
            f" {len(others)} tables ({names}).",
            hint="If the files up to some version made these tables: --baseline VERSION"
            " records that version and runs the files after it. If the tables have"
            " nothing to do with these files: --allow-dirty.",
        )
    return None


def find_file(directory: Directory, version: str, *, option: str) -> MigrationFile:
    """Return the file with this version or name; raise ``ConfigError`` for none."""
    for file in directory.files:
        if version in (file.version, file.name):
            return file
    versions = [file.version for file in directory.files]
    raise ConfigError(
        f"{option} {version}: no file in {directory.path} has this version.",
        hint=f"{suggest_nearest(version, versions)}A version is the part of a file name before the first _.",
    )


def _refuse_broken_history(comparison: HistoryComparison, *, strict: bool) -> None:
    if comparison.edited:
        names = ", ".join(file.name for file in comparison.edited)
        raise IntegrityError(
            f"edited after they were applied to this database: {names}",
            hint="Restore them from version control, run python manage.py schemahash,"
            " and write a new file for the change. If the database is right as it is:"
            " schemaset VERSION accepts the files up to that version as they are now.",
        )
    if comparison.missing:
        names = ", ".join(row.file_stem for row in comparison.missing)
        raise IntegrityError(
            f"applied to this database, but their files are missing: {names}",
            hint="Restore them from version control, or check that this is the right"
            " directory and the right database. If they were deleted on purpose:"
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
    mode: TxMode = tx_mode
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
                f"{word} would break up the transaction that this file runs in",
                file=file.name,
                line=statement.line,
                hint="Remove it: the file and its revision are committed together. Or"
                " put -- atlas:txmode none at the top, and a blank line below it.",
            )
