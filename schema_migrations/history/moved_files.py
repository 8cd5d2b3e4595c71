"""Find files that have another name now than when a database ran them.

A revision keeps a hash of the name and the content of its file and of all files before
it.  The chain is rebuilt with the old name and the content of each file that was never
run; where the hashes are equal, that file is the one.
Invariant: a file counts as moved only if its content is the same, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schema_migrations.history.directives import is_sum_ignored
from schema_migrations.history.file import FILE_SUFFIX, MigrationFile
from schema_migrations.history.possible_chains import PossibleChains, has_hash
from schema_migrations.history.revision import Revision
from schema_migrations.history.sums import encode_name, sort_files

MOST_TRIES = 300_000
"""Files to compare with rows; beyond that nothing is found.  Each row needs one try where
all files were renamed in the same way, and as many as there are files where none was: in
the directory of another project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedFile:
    revision: Revision
    """Has the version that the file had when it was run."""
    file: MigrationFile
    """The same content under another name; never run under this one."""

    @property
    def former_file(self) -> MigrationFile:
        name = f"{self.revision.file_stem}{FILE_SUFFIX}"
        return MigrationFile(name=name, content=self.file.content)


def find_moved_files(
    files: Sequence[MigrationFile], revisions: Sequence[Revision]
) -> tuple[MovedFile, ...]:
    """Return the rows whose files are missing but have their content in another file."""
    rows = {row.version: row for row in revisions if row.has_effect}
    by_name = {file.name: file for file in files}
    versions = {file.version for file in files}
    lost = {
        f"{row.file_stem}{FILE_SUFFIX}": row
        for version, row in rows.items()
        if version not in versions
    }
    new = {
        file.name: file
        for file in files
        if file.version not in rows and not is_sum_ignored(file.content)
    }
    found, chains = list[MovedFile](), PossibleChains(lost.values())
    tries = iter(range(MOST_TRIES))
    for name in sorted((*by_name, *lost), key=encode_name):
        if name in by_name:
            chains.take_file(by_name[name], rows.get(by_name[name].version))
            continue
        row, before = lost[name], chains.take_row(lost[name])
        same = (
            file
            for _, file in zip(tries, new.values(), strict=False)
            if has_hash(before, name, file.content, row.hash)
        )
        if before and (file := next(same, None)):
            moved = MovedFile(revision=row, file=file)
            found.append(moved)
            del new[file.name]
            chains.take_file(moved.former_file, row)
    return tuple(sorted(found, key=lambda each: each.revision.version))


def find_followers(
    files: Sequence[MigrationFile],
    revisions: Sequence[Revision],
    moved: Sequence[MovedFile],
) -> tuple[MigrationFile, ...]:
    """Return the files whose rows prove that they ran after moved files, unchanged: their
    hashes cover the old names."""
    if not moved:
        return ()
    first = min(each.revision.version for each in moved)
    rows = {row.version: row for row in revisions if row.has_effect}
    later = {f.version: rows[f.version] for f in files if f.version in rows}
    later = {version: row for version, row in later.items() if version > first}
    found, chains = list[MigrationFile](), PossibleChains(later.values())
    for file in sort_files((*files, *(each.former_file for each in moved))):
        row = later.get(file.version)
        if row is not None and has_hash(
            chains.take_row(row), file.name, file.content, row.hash
        ):
            found.append(file)
        chains.take_file(file, rows.get(file.version))
    return tuple(found)
