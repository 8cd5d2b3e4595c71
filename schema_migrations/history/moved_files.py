"""Find files that have another name now than when a database ran them.

A revision keeps a hash of the name and the content of its file and of all files before
it.  The chain is rebuilt with the old name and the content of each file that was never
run; where the hashes are equal, that file is the one.
Invariant: a file counts as moved only if its content is the same, byte for byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from schema_migrations.history.directives import is_sum_ignored
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.revision import Revision
from schema_migrations.history.sums import encode_name, extend_chain, hash_of_chain

MAX_CHAINS = 128
"""Seven files that may or may not have existed; beyond that nothing is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedFile:
    revision: Revision
    """Has the version that the file had when it was run."""
    file: MigrationFile
    """The same content under another name; never run under this one."""


def find_moved_files(
    files: Sequence[MigrationFile], revisions: Sequence[Revision]
) -> tuple[MovedFile, ...]:
    """Return the rows whose files are missing but have their content in another file."""
    rows = {row.version: row for row in revisions if row.has_effect}
    versions = {file.version for file in files}
    new = [f for f in files if f.version not in rows and not is_sum_ignored(f.content)]
    found, known = list[MovedFile](), list(files)
    for version in sorted(rows.keys() - versions):
        row = rows[version]
        name = f"{row.file_stem}.sql"
        chains = _build_chains(known, rows, name, row)
        file = next((f for f in new if _matches_hash(chains, name, f, row.hash)), None)
        if file is not None:
            found.append(MovedFile(revision=row, file=file))
            new.remove(file)
            known.append(MigrationFile(name=name, content=file.content))
    return tuple(found)


def find_followers(
    files: Sequence[MigrationFile],
    revisions: Sequence[Revision],
    moved: Sequence[MovedFile],
) -> tuple[MigrationFile, ...]:
    """Return the files whose rows prove that they ran after moved files, unchanged: their
    hashes cover the old names."""
    rows = {row.version: row for row in revisions if row.has_effect}
    former = [
        MigrationFile(name=f"{each.revision.file_stem}.sql", content=each.file.content)
        for each in moved
    ]
    known = [*files, *former]
    return tuple(
        file
        for file in files
        if (row := rows.get(file.version))
        and any(each.version < file.version for each in former)
        and _matches_hash(
            _build_chains(known, rows, file.name, row), file.name, file, row.hash
        )
    )


def _build_chains(
    files: Sequence[MigrationFile],
    rows: dict[str, Revision],
    name: str,
    revision: Revision,
) -> list[hashlib._Hash]:
    """Return the chains of the files before ``name``, for each set that may have existed."""
    before = [f for f in files if encode_name(f.name) < encode_name(name)]
    chains = [hashlib.sha256()]
    for file in sorted(before, key=lambda file: encode_name(file.name)):
        extended = [chain.copy() for chain in chains]
        for chain in extended:
            extend_chain(chain, file.name, file.content)
        row = rows.get(file.version)
        came_later = row is None or row.executed_at > revision.executed_at
        chains = [*chains, *extended] if came_later else extended
        if len(chains) > MAX_CHAINS:
            return []
    return chains


def _matches_hash(
    chains: Sequence[hashlib._Hash], name: str, file: MigrationFile, digest: str
) -> bool:
    for chain in chains:
        extended = chain.copy()
        extend_chain(extended, name, file.content)
        if hash_of_chain(extended) == digest:
            return True
    return False
