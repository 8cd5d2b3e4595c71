"""Find files that were changed after a database ran them.

A revision keeps the hash of its file from ``atlas.sum``.  That hash also covers every
file before it, so it differs as well when an *older* file was added later (a branch
merged late, a checkpoint).  The chain is therefore rebuilt for each set of files that
may have existed at the time; a revision that matches one of them proves its file and
all before it.  Invariant: a file is edited only if nothing else explains the hash.

Atlas keeps the hash of the first attempt: its row does not match either if the file
failed half-way, was corrected and continued.  A single such row proves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from schema_migrations.history.directives import is_sum_ignored
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.revision import (
    BASELINE,
    Revision,
    find_history_start,
)
from schema_migrations.history.sums import extend_chain, hash_of_chain

_MAX_CHAINS = 128
"""Seven files that may or may not have existed; beyond that nothing is reported."""


def find_edited_files(
    files: Sequence[MigrationFile], revisions: Sequence[Revision]
) -> tuple[MigrationFile, ...]:
    """Return the first file that differs from what was run, or nothing.

    Nothing can be known of the files after it, nor of those after a deleted file: more
    may be edited.  If files before it were never run (older than a baseline, or
    skipped), one of those may be the edited one.
    """
    rows = {row.version: row for row in revisions if row.has_effect}
    versions = {file.version for file in files}
    deleted = min((v for v in rows if v not in versions), default=None)
    start = find_history_start(files, tuple(rows.values())) if rows else ""
    chains, suspects = [hashlib.sha256()], list[MigrationFile]()
    late = _find_late_files(files, rows, start)
    doubtful: MigrationFile | None = None
    for file in files:
        row = rows.get(file.version)
        without = [chain.copy() for chain in chains] if file.name in late else []
        extended = chains
        for chain in extended:
            extend_chain(chain, file.name, file.content)
        chains = [*without, *extended]
        if len(chains) > _MAX_CHAINS:
            return ()
        suspects.append(file)
        if row is None or not row.hash or not row.done or is_sum_ignored(file.content):
            continue
        if row.hash in map(hash_of_chain, extended):
            suspects = []
            if doubtful and doubtful.name not in late:
                doubtful = None
            continue
        if row.type == BASELINE:  # the files that it stands for changed: none was run
            return ()
        # The files before a checkpoint may have been deleted without a trace.
        has_checkpoint = any(suspect.directives.is_checkpoint for suspect in suspects)
        if has_checkpoint or (deleted is not None and deleted < file.version):
            return ()
        if doubtful or not row.written_by_atlas:
            return (doubtful or file,)
        doubtful = file
    return ()


def _find_late_files(
    files: Sequence[MigrationFile], rows: Mapping[str, Revision], start: str
) -> frozenset[str]:
    """Return the names of files that a newer file may have been run before."""
    newest = max(rows, default="")
    first_newer_run = dict[str, datetime]()
    first: datetime | None = None
    for version in sorted(rows, reverse=True):
        run_at = rows[version].executed_at
        first_newer_run[version] = run_at if first is None else first
        first = run_at if first is None else min(first, run_at)

    def is_late(version: str) -> bool:
        if version not in rows:
            return start < version < newest
        return first_newer_run[version] < rows[version].executed_at

    return frozenset(file.name for file in files if is_late(file.version))
