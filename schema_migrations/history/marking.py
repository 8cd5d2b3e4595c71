"""Correct the revisions of a database: the rows to write and to delete.  Pure.

It is marked as being at a version, or single rows move or go.
Invariant of a marked version: up to that version ``compare_history`` finds nothing wrong with the rows that
remain: no file out of order, half applied, edited or missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from schema_migrations.errors import FileNotMoved, FileStillThere, UnknownRevision
from schema_migrations.history.comparison import HistoryComparison, compare_history
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.moved_files import find_followers, find_moved_files
from schema_migrations.history.revision import RESOLVED, Revision
from schema_migrations.history.sums import SumFile, compute_sums

MarkReason = Literal[
    "not run", "not finished", "edited", "rehashed", "newer", "file is gone", "moved"
]
"""The reason why a row is written (the first four) or deleted; a moved one is both, and
an attempt at its new version that left nothing is deleted as not finished.

A row is rehashed when its hash covers a file that has another name now, or is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    revision: Revision
    """The row to write, or the row to delete."""
    reason: MarkReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    written: tuple[Mark, ...] = ()
    deleted: tuple[Mark, ...] = ()

    @property
    def forgotten(self) -> tuple[Mark, ...]:
        """The rows that are deleted and do not go on under another version."""
        gone = ("newer", "file is gone")
        return tuple(each for each in self.deleted if each.reason in gone)

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
    # A row that goes may have been the first: then older files were not passed over.
    left = compare_history(files, tuple(rows.values()))
    late = {file.name for file in left.out_of_order}
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
                files_to_mark, rows, comparison, late, sums
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


def plan_marking_of_files(
    files: Sequence[MigrationFile],
    revisions: Sequence[Revision],
    *,
    done: Sequence[MigrationFile],
    now: datetime,
    operator: str,
) -> Marking:
    """Return the rows that make some files count as applied; they need not be the first."""
    rows = {row.version for row in revisions if row.has_effect}
    sums = compute_sums(files)
    return Marking(
        written=tuple(
            Mark(
                revision=_create_marked_revision(
                    file, sums.hash_of(file.name), now, operator
                ),
                reason="not run",
            )
            for file in done
            if file.version not in rows
        )
    )


def plan_correction(
    files: Sequence[MigrationFile],
    revisions: Sequence[Revision],
    *,
    moves: Sequence[tuple[str, str]],
    forgotten: Sequence[str],
    operator: str,
) -> Marking:
    """Return the rows that get the version of another file, and those to delete.

    What is done already is left out: a version to forget that has no row, and a move of
    one that has none to one that has.  Raise ``ConfigError`` for another move of a
    version that has no row, for a version whose file is there, and for a move to a file
    that does not have the content of the old one.
    """
    rows = {row.version: row for row in revisions}
    applied = {row.version for row in revisions if row.has_effect}
    by_version = {file.version: file for file in files}
    for version in (*(old for old, _ in moves), *forgotten):
        if version in by_version:
            raise FileStillThere(version=version, file=by_version[version].name)
    for old, new in moves:
        if old not in rows and not (new in applied and new in by_version):
            raise UnknownRevision(version=old, known=tuple(rows))
    moves = [(old, new) for old, new in dict.fromkeys(moves) if old in rows]
    forgotten = [version for version in dict.fromkeys(forgotten) if version in rows]
    moved = {each.revision.version: each for each in find_moved_files(files, revisions)}
    sums = compute_sums(files)
    written = []
    for old, new in moves:
        if old not in moved or moved[old].file.version != new:
            raise FileNotMoved(version=old, new_version=new)
        file = moved[old].file
        row = replace(
            rows[old],
            version=new,
            description=file.description,
            hash=sums.hash_of(file.name),
            operator_version=operator,
        )
        written.append(Mark(revision=row, reason="moved"))
    return Marking(
        written=(
            *written,
            *_renew_hashes(files, revisions, moves, forgotten, operator),
        ),
        deleted=(
            *(Mark(revision=rows[old], reason="moved") for old, _ in moves),
            *(
                Mark(revision=rows[new], reason="not finished")
                for _, new in moves
                if new in rows
            ),
            *(Mark(revision=rows[each], reason="file is gone") for each in forgotten),
        ),
    )


def _renew_hashes(
    files: Sequence[MigrationFile],
    revisions: Sequence[Revision],
    moves: Sequence[tuple[str, str]],
    forgotten: Sequence[str],
    operator: str,
) -> Iterator[Mark]:
    """Yield the rows whose hashes cover a file that moves or goes.

    After a file that is gone no hash can be checked, before it is forgotten or after.
    """
    rows = {row.version: row for row in revisions if row.has_effect}
    moving = {old for old, _ in moves}
    moved = [
        each
        for each in find_moved_files(files, revisions)
        if each.revision.version in moving
    ]
    followers = {file.name for file in find_followers(files, revisions, moved)}
    first_forgotten = min((each for each in forgotten if each in rows), default=None)
    sums = compute_sums(files)
    for file in files:
        row, digest = rows.get(file.version), sums.hash_of(file.name)
        if row is None or row.hash in ("", digest):
            continue
        is_after_gone = first_forgotten and file.version > first_forgotten
        if file.name in followers or is_after_gone:
            row = replace(row, hash=digest, operator_version=operator)
            yield Mark(revision=row, reason="rehashed")


def _find_files_to_mark(
    files: Sequence[MigrationFile],
    rows: Mapping[str, Revision],
    comparison: HistoryComparison,
    late: Collection[str],
    sums: SumFile,
) -> Iterator[tuple[MigrationFile, Revision | None, MarkReason]]:
    start = max((row.version for row in rows.values() if row.has_effect), default="")
    edited = False
    gone = min((row.version for row in comparison.missing), default=None)
    for file in files:
        row = rows.get(file.version)
        # Files after the first edited one cannot be checked.
        edited = edited or file in comparison.edited
        if row is None or row.is_rolled_back:
            if file.version > start or file.name in late:
                yield file, None, "not run"
        elif row.error or row.applied != row.total:
            yield file, row, "not finished"
        elif row.hash in ("", sums.hash_of(file.name)):
            continue
        elif edited:
            yield file, row, "edited"
        elif gone is not None and file.version > gone:
            yield file, row, "rehashed"


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
        session_changes="",
    )
