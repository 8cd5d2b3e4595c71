"""Which files made a database what it should be, by its own history.  Pure.

Invariant: running what is returned on an empty database gives what the revisions say,
or the reason is said why nobody can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schema_migrations.history.comparison import (
    HistoryComparison,
    select_from_checkpoint,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.revision import Revision, find_history_start


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedFiles:
    """The files, in order, that a database has."""

    files: tuple[MigrationFile, ...] = ()
    partial_file: tuple[MigrationFile, int] | None = None
    """The file that was begun last and not ended, and its number of statements done."""
    assumed_baseline: str = ""
    """The baseline that is taken for granted: the database has no history."""
    unknown_reason: str = ""
    """Why it cannot be told; empty: it can."""


def find_applied_files(
    files: Sequence[MigrationFile],
    revisions: Sequence[Revision],
    comparison: HistoryComparison,
) -> AppliedFiles:
    """Return what a database has of a directory; ``state`` is ``pending`` of both.

    A baseline stands for the files up to it, a checkpoint for those before it.
    """
    if unknown := _explain_unknown(comparison):
        return AppliedFiles(unknown_reason=unknown)
    rows = {row.version: row for row in revisions if row.has_effect}
    there = {file.version: file for file in files}
    if not rows:
        newest = files[-1].version if files else ""
        return AppliedFiles(
            files=select_from_checkpoint(files), assumed_baseline=newest
        )
    first = min(rows)
    gone = [version for version in rows if version not in there]
    if gone:
        folded = [
            f for f in files if f.directives.is_checkpoint and f.version > max(gone)
        ]
        if not folded:
            return AppliedFiles(
                unknown_reason=f"version {max(gone)} is applied, and its file is gone"
            )
        first = folded[0].version
        base: tuple[MigrationFile, ...] = (folded[0],)
    elif find_history_start(files, list(rows.values())):
        base = select_from_checkpoint([file for file in files if file.version <= first])
    else:
        base = (there[first],)
    later = [f for f in files if f.version > first and f.version in rows]
    every = (*base, *later)
    return AppliedFiles(
        files=tuple(f for f in every if f.version not in rows or rows[f.version].done),
        partial_file=next(
            (
                (file, rows[file.version].applied)
                for file in every
                if file.version in rows and not rows[file.version].done
            ),
            None,
        ),
    )


def _explain_unknown(comparison: HistoryComparison) -> str:
    if comparison.edited:
        return f"{comparison.edited[0].name} was edited after it was applied"
    if comparison.missing:
        return (
            f"version {comparison.missing[0].version} is applied, and its file is gone"
        )
    if comparison.ahead:
        return f"the database has version {comparison.ahead[0].version}, which is newer than the directory"
    return ""
