"""Mark a database as being at a version: the revisions to write and to delete.  Pure.

Invariant: up to that version ``compare_history`` finds nothing wrong with the rows that
remain: no file out of order, half applied, edited or missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from schema_migrations.history.comparison import HistoryComparison, compare_history
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.revision import RESOLVED, Revision
from schema_migrations.history.sums import SumFile, compute_sums

MarkReason = Literal["not run", "not finished", "edited", "newer", "file is gone"]
"""The reason why a row is written (the first three) or deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    revision: Revision
    """The row to write, or the row to delete."""
    reason: MarkReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    written: tuple[Mark, ...] = ()
    deleted: tuple[Mark, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.written or self.deleted)


def plan_marking(
    files: Sequence[MigrationFile],
    revisions: Sequence[Revision],
    *,
    last: MigrationFile | None,
    now: datetime,
    operator: str,
) -> Marking:
    """Return the rows that make files count as applied up to ``last``; None: no file.

    Unlike Atlas's ``migrate set`` this includes files out of order, half applied rows
    before the last, and files edited or deleted since.  Files before a baseline or a
    checkpoint were skipped on purpose and stay so.
    """
    until = last.version if last else ""
    files_to_mark = [file for file in files if last and file.version <= until]
    kept = [row for row in revisions if last and row.version <= until]
    comparison = compare_history(files, kept)
    missing = {row.version for row in (*comparison.missing, *comparison.abandoned)}
    rows = {row.version: row for row in kept if row.version not in missing}
    sums = compute_sums(files)
    return Marking(
        written=tuple(
            Mark(
                revision=_create_marked_revision(
                    file, sums.hash_of(file.name), now, operator
                )
                if row is None
                else _mark_revision(row, sums.hash_of(file.name), operator),
                reason=reason,
            )
            for file, row, reason in _find_files_to_mark(
                files_to_mark, rows, comparison, sums
            )
        ),
        deleted=tuple(
            Mark(
                revision=row,
                reason="file is gone" if row.version in missing else "newer",
            )
            for row in revisions
            if row.version not in rows
        ),
    )


def _find_files_to_mark(
    files: Sequence[MigrationFile],
    rows: Mapping[str, Revision],
    comparison: HistoryComparison,
    sums: SumFile,
) -> Iterator[tuple[MigrationFile, Revision | None, MarkReason]]:
    start = max((row.version for row in rows.values() if row.has_effect), default="")
    edited = False
    for file in files:
        row = rows.get(file.version)
        # Files after the first edited one cannot be checked.
        edited = edited or file in comparison.edited
        if row is None:
            if file.version > start or file in comparison.out_of_order:
                yield file, None, "not run"
        elif row.error or row.applied != row.total:
            yield file, row, "not finished"
        elif edited and row.hash and row.hash != sums.hash_of(file.name):
            yield file, row, "edited"


def _create_marked_revision(
    file: MigrationFile, file_hash: str, now: datetime, operator: str
) -> Revision:
    return Revision(
        version=file.version,
        description=file.description,
        type=RESOLVED,
        executed_at=now,
        hash=file_hash,
        operator_version=operator,
    )


def _mark_revision(row: Revision, file_hash: str, operator: str) -> Revision:
    # To Atlas a row is pending when these differ, even if ``applied`` is larger.
    total = max(row.applied, row.total)
    return replace(
        row,
        type=row.type | RESOLVED,
        applied=total,
        total=total,
        error="",
        error_stmt="",
        hash=file_hash,
        partial_hashes=(),
        operator_version=operator,
    )
