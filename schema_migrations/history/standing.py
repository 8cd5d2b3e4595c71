"""Judge where a database stands: the one answer that every command and probe gives.

Pure.  Invariant: ``problem`` is set exactly when nothing may run; it is what
``schemaapply`` raises, and its hint is what ``schemastatus`` advises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from schema_migrations.errors import (
    FileExcluded,
    FileOfOtherEngine,
    FilesEdited,
    FilesMissing,
    IntegrityError,
    OutOfOrder,
    PartialFileCountedOtherwise,
    PartialFileEdited,
    PartialFileMissing,
    SyntaxProblem,
)
from schema_migrations.history.comparison import HistoryComparison, PendingFile
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.origin import Destination, find_foreign_origin
from schema_migrations.history.revision import Revision
from schema_migrations.history.statements import (
    SourceStatement,
    Syntax,
    compute_partial_hashes,
)

Verdict = Literal[
    "ok",
    "pending",
    "failed",
    "out-of-order",
    "edited",
    "missing",
    "excluded",
    "other-engine",
]

Problem = IntegrityError | FileOfOtherEngine

VERDICTS: Mapping[type[Problem], Verdict] = {
    FileOfOtherEngine: "other-engine",
    FilesEdited: "edited",
    PartialFileCountedOtherwise: "edited",
    PartialFileEdited: "edited",
    FilesMissing: "missing",
    PartialFileMissing: "missing",
    OutOfOrder: "out-of-order",
    FileExcluded: "excluded",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    comparison: HistoryComparison
    problem: Problem | None = None
    """Why nothing may run; None: pending files may."""

    @property
    def verdict(self) -> Verdict:
        """The most serious finding."""
        if self.problem is not None:
            return VERDICTS[type(self.problem)]
        if self.failed_revision is not None:
            return "failed"
        return "pending" if self.comparison.pending else "ok"

    @property
    def failed_revision(self) -> Revision | None:
        """The row of the first pending file that was begun and did not reach its end.

        A row that no pending file belongs to says nothing about what is to be done.
        """
        begun = (each.partial_revision for each in self.comparison.pending)
        return next((row for row in begun if row is not None and row.failed), None)

    @property
    def unapplied_files(self) -> tuple[MigrationFile, ...]:
        """The files that the database lacks, or has only a part of."""
        return _find_unapplied_files(self.comparison)


def judge_history(
    comparison: HistoryComparison, syntax: Syntax, destination: Destination
) -> Standing:
    """Return where the database ``destination`` stands; only a file applied in part is split."""
    problem = next(_find_problems(comparison, syntax, destination), None)
    return Standing(comparison=comparison, problem=problem)


def _find_unapplied_files(comparison: HistoryComparison) -> tuple[MigrationFile, ...]:
    """Return the files that a database lacks, or has only a part of.

    A file that was run under another name is not lacking: a newer release may have
    renamed it.
    """
    found = {each.file for each in comparison.pending}
    if comparison.exec_order == "linear":
        found |= set(comparison.out_of_order)
    found -= {each.file for each in comparison.moved if each.revision.done}
    return tuple(sorted(found, key=lambda file: file.name))


def _find_problems(
    comparison: HistoryComparison, syntax: Syntax, destination: Destination
) -> Iterator[Problem]:
    """Yield why nothing may run, the most serious reason first."""
    # First: SQL of another engine may not even be split, and other advice would be wrong.
    if problem := find_foreign_origin(_find_unapplied_files(comparison), destination):
        yield problem
    if comparison.edited:
        yield FilesEdited(
            files=tuple(file.name for file in comparison.edited),
            accepted_version=_find_accepted_version(comparison),
        )
    moved_versions = comparison.moved_versions
    for row in (*comparison.missing, *comparison.ahead):
        if not row.done and row.version not in moved_versions:
            yield PartialFileMissing(
                version=row.version,
                description=row.description,
                applied=row.applied,
                total=row.total,
            )
    if comparison.missing:
        yield _explain_missing(comparison)
    if comparison.out_of_order and comparison.exec_order == "linear":
        yield OutOfOrder(
            files=tuple(file.name for file in comparison.out_of_order),
            current_version=comparison.current_version,
            newer_files=tuple(row.file_stem for row in comparison.ahead),
        )
    for entry in comparison.pending:
        if entry.file.directives.is_sum_ignored:
            yield FileExcluded(file=entry.file.name)
        for changed in _find_changed_statements(entry, syntax):
            yield _explain_count(entry) or changed


def _explain_missing(comparison: HistoryComparison) -> FilesMissing:
    moved, moved_versions = comparison.moved, comparison.moved_versions
    return FilesMissing(
        files=tuple(row.file_stem for row in comparison.missing),
        renamed=tuple(f"{m.revision.file_stem} is now {m.file.name}" for m in moved),
        moves=tuple(f"{m.revision.version}={m.file.version}" for m in moved),
        lost_versions=tuple(
            row.version
            for row in comparison.missing
            if row.version not in moved_versions
        ),
        newer_versions=tuple(
            m.revision.version
            for m in moved
            if m.revision.version > comparison.newest_file_version
        ),
        has_other_history=not moved and not comparison.has_common_file,
    )


def _find_accepted_version(comparison: HistoryComparison) -> str:
    """Return the version to which all files count as applied, if marking it says nothing
    new of any other file; empty: there is no such version."""
    mismatches = (comparison.missing, comparison.ahead, comparison.out_of_order)
    return "" if any(mismatches) or comparison.partial else comparison.current_version


def _explain_count(entry: PendingFile) -> PartialFileCountedOtherwise | None:
    """Return what makes statements look changed in a file that is as it was."""
    row = entry.partial_revision
    if row is None or not entry.is_unchanged_since_begun:
        return None
    return PartialFileCountedOtherwise(
        file=entry.file.name,
        version=row.version,
        operator=row.operator_version,
        applied=row.applied,
    )


def _find_changed_statements(
    entry: PendingFile, syntax: Syntax
) -> Iterator[PartialFileEdited]:
    """Yield each statement that already ran and was changed or removed since."""
    row, file = entry.partial_revision, entry.file
    if row is None or not entry.done_count:
        return
    try:
        statements: Sequence[SourceStatement] = file.split_as_counted(syntax)
    except SyntaxProblem:  # raised again by whoever wants to run the file
        return
    if len(statements) < row.applied:
        yield PartialFileEdited(
            file=file.name,
            problem=f"{row.applied} statements of {file.name} already ran, but the file"
            f" now has only {len(statements)}",
        )
    # Atlas keeps no hashes of a file that it considers complete: nothing to compare.
    # Where we wrote hashes of what came next, it puts its own behind them.
    now = compute_partial_hashes(statements[: row.applied])
    known = {each.removeprefix("h1:") for each in row.partial_hashes}
    for number, after in enumerate(now[: len(row.partial_hashes)]):
        if after.removeprefix("h1:") not in known:
            yield PartialFileEdited(
                file=file.name,
                problem=f"{file.name}:{statements[number].line}: statement {number + 1}"
                " was changed after it ran",
            )
