"""Find the files that a database has, according to its revisions.  Pure.

Invariant: running the returned files on an empty database gives the schema that the
revisions describe; where that cannot be known, the reason is returned instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schema_migrations.history.checkpoint import select_from_checkpoint
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.revision import Revision, find_history_start
from schema_migrations.history.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedFiles:
    """The files, in order, that a database has."""

    files: tuple[MigrationFile, ...] = ()
    partial_file: tuple[MigrationFile, int] | None = None
    """The file that is applied in part, and the number of its statements done."""
    assumed_baseline: str = ""
    """The version that a database without history is assumed to be at."""
    unknown_reason: str = ""
    """Why the files cannot be known; empty when they are."""


def find_applied_files(
    files: Sequence[MigrationFile],
    revisions: Sequence[Revision],
    standing: Standing,
) -> AppliedFiles:
    """Return the files of a directory that a database has.

    A baseline counts as all files up to it, a checkpoint as all files before it.
    ``standing`` is what the same files and revisions are judged to be.
    """
    if unknown := _explain_unknown(standing):
        return AppliedFiles(unknown_reason=unknown)
    rows = {row.version: row for row in revisions if row.has_effect}
    by_version = {file.version: file for file in files}
    if not rows:
        newest = files[-1].version if files else ""
        return AppliedFiles(
            files=select_from_checkpoint(files), assumed_baseline=newest
        )
    first = min(rows)
    deleted = [version for version in rows if version not in by_version]
    if deleted:
        checkpoints = [
            f for f in files if f.directives.is_checkpoint and f.version > max(deleted)
        ]
        if not checkpoints:
            return AppliedFiles(
                unknown_reason=f"version {max(deleted)} is applied, but its file is missing"
            )
        first = checkpoints[0].version
        base: tuple[MigrationFile, ...] = (checkpoints[0],)
    elif find_history_start(files, list(rows.values())):
        base = select_from_checkpoint([file for file in files if file.version <= first])
    else:
        base = (by_version[first],)
    later = [f for f in files if f.version > first and f.version in rows]
    known = (*base, *later)
    return AppliedFiles(
        files=tuple(f for f in known if f.version not in rows or rows[f.version].done),
        partial_file=next(
            (
                (file, rows[file.version].applied)
                for file in known
                if file.version in rows and not rows[file.version].done
            ),
            None,
        ),
    )


def _explain_unknown(standing: Standing) -> str:
    unknown = ("edited", "missing", "other-engine")
    if standing.problem is not None and standing.verdict in unknown:
        return standing.problem.message
    if ahead := standing.comparison.ahead:
        return f"the database has version {ahead[0].version}, which is newer than the directory"
    return ""
