"""Revisions: rows of ``atlas_schema_revisions``, and their changes while a file runs.

The columns and their meaning are Atlas's.  Invariant: no function here changes the
version, the description or the time of the first attempt of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from schema_migrations.history.file import MigrationFile

BASELINE = 1
"""The start of the history of a database; nothing was run."""
EXECUTE = 2
"""Run by a command."""
RESOLVED = 4
"""Marked by hand; a flag, so 6 is a row that was run, then marked."""

UNKNOWN_END = "started outside a transaction; whether it ended is not known"
"""The ``error`` of a row while such a statement runs, and so after a ``kill -9``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    version: str
    description: str = ""
    type: int = EXECUTE
    applied: int = 0
    """The number of statements done."""
    total: int = 0
    """The number of statements in the file."""
    executed_at: datetime
    """The time when the first attempt started."""
    execution_time: int = 0
    """Nanoseconds.  From the start of a run it is more than before, so that the row is
    no longer what another run has read."""
    error: str = ""
    error_stmt: str = ""
    hash: str = ""
    """The hash of the file from ``atlas.sum``, without ``h1:``; empty: not known."""
    partial_hashes: tuple[str, ...] = ()
    """The hashes (``h1:…``) of the statements done, and perhaps of some that come next;
    empty once all are done."""
    operator_version: str = ""
    session_changes: str = ""
    """What the statements done left in their session (``describe_changes``), and how far
    the next one got in batches (``with_progress``)."""
    is_rolled_back: bool = False
    """The attempt left nothing: the table has a note of its failure and no row."""

    @property
    def file_stem(self) -> str:
        """The name of the file without its suffix."""
        return (
            f"{self.version}_{self.description}" if self.description else self.version
        )

    @property
    def written_by_atlas(self) -> bool:
        """Atlas wrote the row last."""
        return self.operator_version.startswith("Atlas")

    @property
    def done(self) -> bool:
        """Nothing of the file is left to run."""
        if self.is_rolled_back:
            return False
        return self.applied >= self.total or bool(self.type & RESOLVED)

    @property
    def failed(self) -> bool:
        return bool(self.error) and not self.done

    @property
    def interrupted(self) -> bool:
        """A statement outside a transaction started, and its end was not recorded."""
        return self.error == UNKNOWN_END and not self.done

    @property
    def has_effect(self) -> bool:
        """At least one statement of the file is done, or a batch of the first, or the
        file counts as done."""
        return self.done or self.applied > 0 or bool(self.session_changes)


def start_revision(
    file: MigrationFile,
    *,
    total: int,
    file_hash: str,
    now: datetime,
    operator: str,
    execution_time: int,
    previous: Revision | None = None,
) -> Revision:
    """Return the row of a file that starts now, or continues from ``previous``.

    Total and hash are those of the file as it is now: it may have been edited since.
    ``execution_time`` is what this run took so far.
    """
    if previous is None:
        return Revision(
            version=file.version,
            description=file.description,
            total=total,
            executed_at=now,
            execution_time=execution_time,
            hash=file_hash,
            operator_version=operator,
        )
    return replace(
        previous,
        total=total,
        execution_time=previous.execution_time + max(execution_time, 1),
        hash=file_hash,
        operator_version=operator,
        is_rolled_back=False,
        session_changes="" if previous.written_by_atlas else previous.session_changes,
    )


HASHES_AHEAD = 500
"""A long file gets its hashes in blocks of so many: written anew for each statement, they
would take time that grows with the square of its length.  Atlas compares those of the
statements done."""


def advance_revision(
    revision: Revision, *, partial_hashes: tuple[str, ...]
) -> Revision:
    """Return the row after one more statement; after the last one without hashes, since
    no later run continues the file.

    ``partial_hashes`` are those of all statements of the file.
    """
    applied = revision.applied + 1
    hashes = revision.partial_hashes
    if applied >= revision.total:
        hashes = ()
    elif applied > len(hashes):
        known = len(hashes)
        ahead = HASHES_AHEAD if known >= HASHES_AHEAD else 1
        hashes = partial_hashes[: known + ahead]
    return replace(
        revision, applied=applied, partial_hashes=hashes, error="", error_stmt=""
    )


def fail_revision(
    revision: Revision, *, error: str, statement: str, execution_time: int | None = None
) -> Revision:
    """Return the row after the server refused ``statement``.

    Without an ``execution_time`` the run goes on.  Where it ends, the hashes are those of
    the statements done: somebody may correct what comes next.
    """
    failed = replace(revision, error=error, error_stmt=statement)
    if execution_time is None:
        return failed
    return replace(
        failed,
        execution_time=execution_time,
        partial_hashes=revision.partial_hashes[: revision.applied],
    )


def finish_revision(revision: Revision, *, execution_time: int) -> Revision:
    """Return the row of a file that finished."""
    return replace(
        revision,
        applied=revision.total,
        partial_hashes=(),
        error="",
        error_stmt="",
        execution_time=execution_time,
        session_changes="",
    )


def create_baseline(
    file: MigrationFile, *, file_hash: str, now: datetime, operator: str
) -> Revision:
    """Return the row for a database that is already in the state after ``file``.

    Atlas stores no hash here; with one, a later change of the files that it stands for
    is told from a change of the files after it.
    """
    return Revision(
        version=file.version,
        description=file.description,
        type=BASELINE,
        executed_at=now,
        hash=file_hash,
        operator_version=operator,
    )


def find_history_start(
    files: Sequence[MigrationFile], history: Sequence[Revision]
) -> str:
    """Return the version from which on a file without a row is out of order.

    Files older than a baseline or a checkpoint were skipped on purpose.  A database
    whose first row is an ordinary file has skipped none: an older file was added later.
    """
    first = min(history, key=lambda row: row.version)
    is_ordinary = any(
        file.version == first.version and not file.directives.is_checkpoint
        for file in files
    )
    return "" if is_ordinary and first.type == EXECUTE else first.version
