"""Compare a directory with revisions: pending files, and what does not match.

``history/standing.py`` judges what is found here.
Invariant: nothing raises, and a file whose statements have all run is never pending again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from schema_migrations.history.checkpoint import select_from_checkpoint
from schema_migrations.history.directives import is_sum_ignored
from schema_migrations.history.edited_files import find_edited_files
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.moved_files import MovedFile, find_moved_files
from schema_migrations.history.revision import BASELINE, Revision, find_history_start
from schema_migrations.history.sums import compute_sums

ExecOrder = Literal["linear", "linear-skip", "non-linear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFile:
    file: MigrationFile
    partial_revision: Revision | None = None
    """The row of an attempt that did not finish."""
    is_unchanged_since_begun: bool = False
    """Neither the file nor one before it has changed since that attempt."""

    @property
    def done_count(self) -> int:
        """The number of statements done: the 0-based index of the next one."""
        return self.partial_revision.applied if self.partial_revision else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryComparison:
    pending: tuple[PendingFile, ...] = ()
    """Files to run, in order; with ``non-linear`` this includes those out of order."""
    out_of_order: tuple[MigrationFile, ...] = ()
    """Files never run though a newer one was; files before a baseline or a checkpoint
    do not count."""
    exec_order: ExecOrder = "linear"
    missing: tuple[Revision, ...] = ()
    """Run at least in part, but their file is missing."""
    moved: tuple[MovedFile, ...] = ()
    """Those of the missing whose content is in a file of another name."""
    ahead: tuple[Revision, ...] = ()
    """Run, but newer than every file: the directory is from an older release."""
    edited: tuple[MigrationFile, ...] = ()
    """The first file changed after it was run; see ``history/edited_files.py``."""
    abandoned: tuple[Revision, ...] = ()
    """Failed before any statement took effect, and their file is missing: dead rows."""
    current_version: str = ""
    """The newest version that the database has; empty: none."""
    newest_file_version: str = ""
    """The newest version that the directory has; empty: none."""
    has_common_file: bool = False
    """The directory has a file, by its version, that the database ran."""

    @property
    def has_history(self) -> bool:
        """At least one file was applied, or begun with effect."""
        return bool(self.current_version)

    @property
    def moved_versions(self) -> frozenset[str]:
        return frozenset(each.revision.version for each in self.moved)

    @property
    def partial(self) -> PendingFile | None:
        """The first pending file of which some statements are done already."""
        return next((entry for entry in self.pending if entry.done_count), None)


def compare_history(
    files: Sequence[MigrationFile],
    revisions: Sequence[Revision],
    *,
    exec_order: ExecOrder = "linear",
) -> HistoryComparison:
    """Compare the files of a directory (in order) with the rows of a database.

    A database without history starts at the last checkpoint; one with history skips
    checkpoints, except one that is applied in part.  Rows of attempts that left nothing
    in the database do not count as history.  Where the first row is a baseline or a
    checkpoint, older files are ignored.
    """
    rows = {row.version: row for row in sorted(revisions, key=lambda r: r.version)}
    history = [row for row in rows.values() if row.has_effect]
    versions = {file.version for file in files}
    without_file = [row for row in rows.values() if row.version not in versions]
    out_of_order: tuple[MigrationFile, ...] = ()
    if history:
        out_of_order, selected = _select_by_history(files, rows, history, exec_order)
    else:
        selected = select_from_checkpoint(files)
    checkpoints = [file.version for file in files if file.directives.is_checkpoint]
    newest = max(versions, default=None)
    lost = [row for row in without_file if row.has_effect]
    moved = {
        each.revision.version: each
        for each in (find_moved_files(files, history) if lost else ())
    }
    ahead = tuple(
        row for row in lost if _is_ahead(row, newest) and row.version not in moved
    )
    versions_ahead = {row.version for row in ahead}
    missing = tuple(
        row
        for row in lost
        if row.version not in versions_ahead
        # The files before a checkpoint may be deleted, and so may a baseline's.
        and not (checkpoints and row.done and row.version < checkpoints[-1])
        and row.type != BASELINE
    )
    return HistoryComparison(
        pending=tuple(
            PendingFile(
                file=file,
                partial_revision=rows.get(file.version),
                is_unchanged_since_begun=_is_unchanged_since_begun(
                    file, rows.get(file.version), files
                ),
            )
            for file in selected
        ),
        out_of_order=out_of_order,
        exec_order=exec_order,
        missing=missing,
        moved=tuple(moved[row.version] for row in missing if row.version in moved),
        ahead=ahead,
        edited=find_edited_files(files, tuple(rows.values())),
        abandoned=tuple(row for row in without_file if not row.has_effect),
        current_version=history[-1].version if history else "",
        newest_file_version=newest or "",
        has_common_file=any(row.version in versions for row in history),
    )


def _is_unchanged_since_begun(
    file: MigrationFile, row: Revision | None, files: Sequence[MigrationFile]
) -> bool:
    if row is None or not row.applied or not row.hash or is_sum_ignored(file.content):
        return False
    return row.hash == compute_sums(files).hash_of(file.name)


def _select_by_history(
    files: Sequence[MigrationFile],
    rows: dict[str, Revision],
    history: Sequence[Revision],
    exec_order: ExecOrder,
) -> tuple[tuple[MigrationFile, ...], tuple[MigrationFile, ...]]:
    """Return the files out of order, and the files to run."""
    first, last = find_history_start(files, history), history[-1].version

    def has_started(file: MigrationFile) -> bool:
        row = rows.get(file.version)
        return row is not None and row.has_effect

    new = [f for f in files if not has_started(f) and not f.directives.is_checkpoint]
    out_of_order = tuple(file for file in new if first <= file.version < last)
    versions = {file.version for file in new if file.version > last}
    versions |= {row.version for row in history if not row.done}
    if exec_order == "non-linear":
        versions |= {file.version for file in out_of_order}
    return out_of_order, tuple(file for file in files if file.version in versions)


def _is_ahead(row: Revision, newest: str | None) -> bool:
    # With no files at all nothing is "ahead": more likely the folder is the wrong one.
    return newest is not None and row.version > newest
