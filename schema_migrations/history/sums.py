"""The sum file ``atlas.sum``: a hash for each file and one for all, exactly as Atlas.

Each hash covers the names and contents of all files up to its own, so two branches
that both add a file conflict in git, as intended.  Invariant: nothing is normalised:
``parse_sum_file(format_sum_file(x)) == x``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from schema_migrations.errors import SumFileConflict, SumFileInvalid
from schema_migrations.history.directives import is_sum_ignored
from schema_migrations.history.file import MigrationFile

SUM_FILE = "atlas.sum"
_HASH_PREFIX = "h1:"
_CONFLICT_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


@dataclass(frozen=True, kw_only=True)
class SumFile:
    """The lines of ``atlas.sum`` after the first: (file name, hash without h1:)."""

    entries: tuple[tuple[str, str], ...] = ()

    @property
    def total_hash(self) -> str:
        whole = hashlib.sha256()
        for name, digest in self.entries:
            whole.update(encode_name(name) + digest.encode())
        return _encode_base64(whole)

    def hash_of(self, name: str) -> str:
        """Return the hash that a revision stores; empty for an unlisted file."""
        return self._hashes.get(name, "")

    @cached_property
    def _hashes(self) -> Mapping[str, str]:
        return dict(self.entries)

    def line_of(self, name: str) -> int:
        """Return the 1-based line of a listed file."""
        return [entry[0] for entry in self.entries].index(name) + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDifference:
    """A file that differs from its entry in ``atlas.sum``."""

    file: str
    kind: str
    """``edited``, ``added``, ``removed`` or ``line endings``."""
    line: int = 0
    """The line in ``atlas.sum``; 0 for an unlisted file."""


def encode_name(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def sort_files(files: Iterable[MigrationFile]) -> tuple[MigrationFile, ...]:
    """Return the files sorted bytewise by name, the order in which they run."""
    return tuple(sorted(files, key=lambda file: encode_name(file.name)))


def compute_sums(files: Iterable[MigrationFile]) -> SumFile:
    """Return the sum file for the files."""
    chain, entries = hashlib.sha256(), []
    for file in sort_files(files):
        extend_chain(chain, file.name, file.content)
        if not is_sum_ignored(file.content):
            entries.append((file.name, _encode_base64(chain)))
    return SumFile(entries=tuple(entries))


def extend_chain(chain: hashlib._Hash, name: str, content: bytes) -> None:
    """Add a file to the chain of hashes; of an ignored one only the name."""
    chain.update(encode_name(name))
    if not is_sum_ignored(content):
        chain.update(content)


def hash_of_chain(chain: hashlib._Hash) -> str:
    return _encode_base64(chain)


def format_sum_file(sums: SumFile) -> str:
    lines = [f"{name} {_HASH_PREFIX}{digest}\n" for name, digest in sums.entries]
    return f"{_HASH_PREFIX}{sums.total_hash}\n" + "".join(lines)


def parse_sum_file(text: str) -> SumFile:
    """Return the parsed ``atlas.sum``; raise ``IntegrityError`` with the line."""
    first, *rest = [line.removesuffix("\r") for line in text.split("\n")]
    if rest and not rest[-1]:
        rest.pop()
    entries = []
    for number, line in enumerate((first, *rest), 1):
        if line.startswith(_CONFLICT_MARKERS):
            raise SumFileConflict(
                file=SUM_FILE, line=number, problem="unresolved merge conflict"
            )
        name, prefix, digest = line.partition(_HASH_PREFIX)
        if not prefix:
            raise SumFileInvalid(
                file=SUM_FILE,
                line=number,
                problem="this is not a valid line of the file",
            )
        entries.append((name.strip(), digest))
    sums = SumFile(entries=tuple(entries[1:]))
    if entries[0] != ("", sums.total_hash):
        raise SumFileInvalid(
            file=SUM_FILE,
            line=1,
            problem="the first line does not match the lines below it",
        )
    return sums


def find_file_differences(
    recorded: SumFile, files: Iterable[MigrationFile]
) -> tuple[FileDifference, ...]:
    """Return each file that differs from its record, as far as can be known.

    Because the hashes are chained, nothing after an edited or removed file can be
    checked: of several edited files only the first is returned.
    """
    files, listed = sort_files(files), {name for name, _ in recorded.entries}
    lines = {name: line for line, (name, _) in enumerate(recorded.entries, 2)}
    names = {file.name for file in files}
    differences = [
        FileDifference(file=name, kind="removed", line=lines[name])
        for name in lines
        if name not in names
    ]
    until = encode_name(differences[0].file) if differences else None
    chain, intact = hashlib.sha256(), True
    for file in files:
        if is_sum_ignored(file.content):
            chain.update(encode_name(file.name))
        elif file.name not in listed:
            differences.append(FileDifference(file=file.name, kind="added"))
        elif intact and (until is None or encode_name(file.name) < until):
            chain, kind = _match_recorded_hash(chain, file, recorded.hash_of(file.name))
            intact = kind != "edited"
            if kind:
                line = lines[file.name]
                differences.append(FileDifference(file=file.name, kind=kind, line=line))
    return tuple(sorted(differences, key=lambda diff: encode_name(diff.file)))


def _match_recorded_hash(
    chain: hashlib._Hash, file: MigrationFile, recorded_hash: str
) -> tuple[hashlib._Hash, str]:
    """Return the chain with ``file`` as it was recorded, and the kind of difference."""
    unix = file.content.replace(b"\r\n", b"\n")
    shapes = (
        (file.content, ""),
        (unix, "line endings"),
        (unix.replace(b"\n", b"\r\n"), "line endings"),
    )
    for content, kind in shapes:
        following = chain.copy()
        following.update(encode_name(file.name) + content)
        if _encode_base64(following) == recorded_hash:
            return following, kind
    return chain, "edited"


def _encode_base64(digest: hashlib._Hash) -> str:
    return base64.b64encode(digest.digest()).decode()
