"""Directory and revisions → what is left to run, and what does not fit together.

``pending`` never raises: it is the one planner for applying and for telling the
state.  ``check_runnable`` raises for the states in which nothing may run.
Invariant: a file of which every statement was run is never pending again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from schema_migrations.errors import IntegrityError
from schema_migrations.history.edited_files import find_edited_files
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.revision import BASELINE, Revision, find_history_start
from schema_migrations.history.statements import (
    SourceStatement,
    Syntax,
    compute_partial_hashes,
)
from schema_migrations.history.sums import REHASH_COMMAND

ExecOrder = Literal["linear", "linear-skip", "non-linear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFile:
    file: MigrationFile
    partial_revision: Revision | None = None
    """The row of an attempt that did not get to the end."""

    @property
    def done_count(self) -> int:
        """How many statements are done: the 0-based index of the next one."""
        return self.partial_revision.applied if self.partial_revision else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryComparison:
    pending: tuple[PendingFile, ...] = ()
    """To run, in order; with ``non-linear`` the out-of-order ones among them."""
    out_of_order: tuple[MigrationFile, ...] = ()
    """Older than what was run last, and never run; not those before a baseline or a
    checkpoint."""
    exec_order: ExecOrder = "linear"
    missing: tuple[Revision, ...] = ()
    """Run (at least in part), and their file is gone."""
    ahead: tuple[Revision, ...] = ()
    """Run, and newer than every file: the directory is of an older release."""
    edited: tuple[MigrationFile, ...] = ()
    """Changed after it was run: the first one; see ``history/edited.py``."""
    abandoned: tuple[Revision, ...] = ()
    """Failed without a trace in the database, and their file is gone: dead rows."""
    current_version: str = ""
    """The version of the newest file that is in the database; empty: none."""

    @property
    def partial(self) -> PendingFile | None:
        """The first file that is to go on after the statements already done."""
        return next((each for each in self.pending if each.done_count), None)


def compare_history(
    files: Sequence[MigrationFile],
    revisions: Sequence[Revision],
    *,
    exec_order: ExecOrder = "linear",
) -> HistoryComparison:
    """Compare the files (in order) of a directory with the rows of a database.

    A database without history starts at the last checkpoint; one with history skips
    checkpoints, unless one was begun.  Rows of attempts that left nothing in the
    database do not count as history.  Files older than a first row that is a baseline
    or a checkpoint are not looked at.
    """
    rows = {row.version: row for row in sorted(revisions, key=lambda r: r.version)}
    history = [row for row in rows.values() if row.has_effect]
    there = {file.version for file in files}
    gone = [row for row in rows.values() if row.version not in there]
    late: tuple[MigrationFile, ...] = ()
    if history:
        late, chosen = _select_by_history(files, rows, history, exec_order)
    else:
        chosen = select_from_checkpoint(files)
    checkpoints = [file.version for file in files if file.directives.is_checkpoint]
    newest = max(there, default=None)
    lost = [row for row in gone if row.has_effect]
    return HistoryComparison(
        pending=tuple(
            PendingFile(file=file, partial_revision=rows.get(file.version))
            for file in chosen
        ),
        out_of_order=late,
        exec_order=exec_order,
        missing=tuple(
            row
            for row in lost
            if not _is_ahead(row, newest)
            # Files folded into a checkpoint may be deleted, and so may a baseline's.
            and not (checkpoints and row.done and row.version < checkpoints[-1])
            and row.type != BASELINE
        ),
        ahead=tuple(row for row in lost if _is_ahead(row, newest)),
        edited=find_edited_files(files, tuple(rows.values())),
        abandoned=tuple(row for row in gone if not row.has_effect),
        current_version=history[-1].version if history else "",
    )


def check_runnable(comparison: HistoryComparison, syntax: Syntax) -> None:
    """Raise ``IntegrityError`` when running the pending files would be wrong.

    Files out of order (unless that is allowed), a half applied file that is gone or
    was changed where it was already run, a file that is not in ``atlas.sum``.
    """
    if comparison.out_of_order and comparison.exec_order == "linear":
        names = ", ".join(file.name for file in comparison.out_of_order)
        raise IntegrityError(
            f"out of order: {names} (the database is already at {comparison.current_version})",
            hint="Usually a branch was merged late. Give the file a new version, later"
            f" than {comparison.current_version}, and run: {REHASH_COMMAND}. Where it is already applied"
            " elsewhere under this version: --exec-order non-linear runs it now,"
            " --exec-order linear-skip leaves it out.",
        )
    for row in (*comparison.missing, *comparison.ahead):
        if not row.done:
            raise IntegrityError(
                f"version {row.version} ({row.description}) is half applied"
                f" ({row.applied} of {row.total} statements), and its file is gone",
                hint="Bring the file back (an older release, another branch?) and run"
                " the command again; it goes on where it stopped.",
            )
    for each in comparison.pending:
        if each.file.directives.is_sum_ignored:
            raise IntegrityError(
                f"{each.file.name} is marked 'atlas:sum ignore' and cannot be applied",
                hint=f"Remove that line, then run: {REHASH_COMMAND}",
            )
        if each.done_count and each.partial_revision:
            _check_done_statements(
                each.file, each.partial_revision, each.file.split_statements(syntax)
            )


def _select_by_history(
    files: Sequence[MigrationFile],
    rows: dict[str, Revision],
    history: Sequence[Revision],
    exec_order: ExecOrder,
) -> tuple[tuple[MigrationFile, ...], tuple[MigrationFile, ...]]:
    """Return the files out of order, and those to run."""
    first, last = find_history_start(files, history), history[-1].version

    def begun(file: MigrationFile) -> bool:
        row = rows.get(file.version)
        return row is not None and row.has_effect

    fresh = [f for f in files if not begun(f) and not f.directives.is_checkpoint]
    late = tuple(file for file in fresh if first <= file.version < last)
    run = {file.version for file in fresh if file.version > last}
    run |= {row.version for row in history if not row.done}
    if exec_order == "non-linear":
        run |= {file.version for file in late}
    return late, tuple(file for file in files if file.version in run)


def select_from_checkpoint(files: Sequence[MigrationFile]) -> tuple[MigrationFile, ...]:
    """Return what an empty database runs: the last checkpoint and the files after it."""
    starts = [i for i, file in enumerate(files) if file.directives.is_checkpoint]
    return tuple(files[starts[-1] if starts else 0 :])


def _is_ahead(row: Revision, newest: str | None) -> bool:
    # Without any file nothing is "ahead": more likely the wrong folder was named.
    return newest is not None and row.version > newest


def _check_done_statements(
    file: MigrationFile, row: Revision, statements: Sequence[SourceStatement]
) -> None:
    """Compare the statements already run with those the file now starts with."""
    hint = (
        "Statements that were already run must stay as they were; those after them may"
        f" be mended. Restore the file's beginning, then run: {REHASH_COMMAND}"
    )
    if len(statements) < row.applied:
        raise IntegrityError(
            f"{row.applied} statements of {file.name} were already run, and it now has"
            f" only {len(statements)}",
            hint=hint,
        )
    # Atlas keeps no hashes of a file that it thinks complete: nothing to compare then.
    now = compute_partial_hashes(statements[: row.applied])
    for number, (before, after) in enumerate(
        zip(row.partial_hashes, now, strict=False)
    ):
        if before.removeprefix("h1:") != after.removeprefix("h1:"):
            raise IntegrityError(
                f"{file.name}:{statements[number].line}: statement {number + 1} was"
                " changed after it was run",
                hint=hint,
            )
