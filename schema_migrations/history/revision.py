"""A revision: a row of ``atlas_schema_revisions``, and how it changes as a file runs.

The columns and their meaning are Atlas's.  Invariant: no function here changes the
version, the description or the start of the first attempt of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from schema_migrations.history.file import MigrationFile

BASELINE = 1
"""The history of the database starts here; nothing was run."""
EXECUTE = 2
"""Run by a command."""
RESOLVED = 4
"""Marked by hand; a flag, so 6 is a row that was run and then marked."""

UNKNOWN_END = "started outside a transaction; whether it ended is not known"
"""Stands in a row's ``error`` while such a statement runs, so after a ``kill -9`` too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    version: str
    description: str = ""
    type: int = EXECUTE
    applied: int = 0
    """Statements done."""
    total: int = 0
    """Statements in the file."""
    executed_at: datetime
    """When the first attempt started."""
    execution_time: int = 0
    """Nanoseconds."""
    error: str = ""
    error_stmt: str = ""
    hash: str = ""
    """The file's hash of ``atlas.sum`` without ``h1:``; empty: not known."""
    partial_hashes: tuple[str, ...] = ()
    """``h1:…`` of the statements done, while not all are."""
    operator_version: str = ""

    @property
    def file_stem(self) -> str:
        """The file's name without its suffix."""
        return (
            f"{self.version}_{self.description}" if self.description else self.version
        )

    @property
    def written_by_atlas(self) -> bool:
        """Atlas was the last to write it."""
        return self.operator_version.startswith("Atlas")

    @property
    def done(self) -> bool:
        """Nothing of the file is left to run."""
        return self.applied >= self.total or bool(self.type & RESOLVED)

    @property
    def failed(self) -> bool:
        return bool(self.error) and not self.done

    @property
    def interrupted(self) -> bool:
        """A statement outside a transaction began, and nobody recorded its end."""
        return self.error == UNKNOWN_END and not self.done

    @property
    def has_effect(self) -> bool:
        """Something of the file is in the database: done, or at least one statement."""
        return self.done or self.applied > 0


def start_revision(
    file: MigrationFile,
    *,
    total: int,
    file_hash: str,
    now: datetime,
    operator: str,
    previous: Revision | None = None,
) -> Revision:
    """Return the row of a file that is about to run, or to go on from ``before``.

    Total and hash are those of the file as it is now: it may have been mended since.
    """
    if previous is None:
        return Revision(
            version=file.version,
            description=file.description,
            total=total,
            executed_at=now,
            hash=file_hash,
            operator_version=operator,
        )
    return replace(previous, total=total, hash=file_hash, operator_version=operator)


def advance_revision(revision: Revision, *, partial_hash: str) -> Revision:
    """Return the row after one more statement; the last one leaves no hashes, since a
    run that ends right after it is not followed by another one for this file."""
    applied = revision.applied + 1
    hashes = (*revision.partial_hashes, partial_hash)
    return replace(
        revision,
        applied=applied,
        partial_hashes=hashes if applied < revision.total else (),
        error="",
        error_stmt="",
    )


def fail_revision(
    revision: Revision, *, error: str, statement: str, execution_time: int
) -> Revision:
    """Return the row after the server refused ``statement``."""
    return replace(
        revision, error=error, error_stmt=statement, execution_time=execution_time
    )


def finish_revision(revision: Revision, *, execution_time: int) -> Revision:
    """Return the row of a file that ran to its end."""
    return replace(
        revision,
        applied=revision.total,
        partial_hashes=(),
        error="",
        error_stmt="",
        execution_time=execution_time,
    )


def create_baseline(file: MigrationFile, *, now: datetime, operator: str) -> Revision:
    """Return the row that says: this database already is as after ``file``."""
    return Revision(
        version=file.version,
        description=file.description,
        type=BASELINE,
        executed_at=now,
        operator_version=operator,
    )


def find_history_start(
    files: Sequence[MigrationFile], history: Sequence[Revision]
) -> str:
    """Return the version from which on a file without a row came late.

    After a baseline or a checkpoint the older files were passed over on purpose.  But
    a database whose first file was run as any other has passed over none: a file that
    is older than that one was not there yet.
    """
    first = min(history, key=lambda row: row.version)
    ran = any(
        file.version == first.version and not file.directives.is_checkpoint
        for file in files
    )
    return "" if ran and first.type == EXECUTE else first.version
