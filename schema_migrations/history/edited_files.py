"""Which files were changed after a database ran them.

A revision keeps the file's hash of ``atlas.sum``, and that hash covers every file
before it as well: it also differs when an *older* file came later (a branch merged
late, a checkpoint).  So the chain is rebuilt for each set of files that may have been
there at the time; a revision that fits one of them is proof of its file and of all
before it.  Invariant: nothing is called edited when another explanation is left.

Atlas keeps the hash of the first attempt: a row that it wrote does not fit either when
its file failed half-way, was mended and went on.  Alone, such a row says nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from schema_migrations.history.directives import is_sum_ignored
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.revision import Revision, find_history_start
from schema_migrations.history.sums import extend_chain, hash_of_chain

_MAX_CHAINS = 128
"""Seven files that may or may not have been there; beyond that nothing is said."""


def find_edited_files(
    files: Sequence[MigrationFile], revisions: Sequence[Revision]
) -> tuple[MigrationFile, ...]:
    """Return the first file that no longer is what was run, or nothing.

    After the first change, and after a deleted file, nothing more can be known: more
    files may be edited than are named.  Where files that were never run stand before
    it (older than a baseline, or skipped), it may be one of them that was edited.
    """
    rows = {row.version: row for row in revisions if row.has_effect}
    there = {file.version for file in files}
    deleted = min((v for v in rows if v not in there), default=None)
    start = find_history_start(files, tuple(rows.values())) if rows else ""
    chains, suspects = [hashlib.sha256()], list[MigrationFile]()
    doubtful: MigrationFile | None = None
    for file in files:
        row = rows.get(file.version)
        fed = [chain.copy() for chain in chains]
        for chain in fed:
            extend_chain(chain, file.name, file.content)
        chains = [*chains, *fed] if _is_late(file, rows, start) else fed
        if len(chains) > _MAX_CHAINS:
            return ()
        suspects.append(file)
        if row is None or not row.hash or not row.done or is_sum_ignored(file.content):
            continue
        if row.hash in map(hash_of_chain, fed):
            suspects = []
            if doubtful and not _is_late(doubtful, rows, start):
                doubtful = None
            continue
        # Files folded into a checkpoint may have been deleted without a trace.
        folded = any(suspect.directives.is_checkpoint for suspect in suspects)
        if folded or (deleted is not None and deleted < file.version):
            return ()
        if doubtful or not row.written_by_atlas:
            return (doubtful or file,)
        doubtful = file
    return ()


def _is_late(file: MigrationFile, rows: dict[str, Revision], start: str) -> bool:
    """Return whether a newer file may have been run before this one was there."""
    row = rows.get(file.version)
    newer = [each for each in rows.values() if each.version > file.version]
    if row is None:
        return bool(newer) and start < file.version
    return any(each.executed_at < row.executed_at for each in newer)
