"""The hash of a file covers all files before it: of those, some may have come later.  Pure.

Invariant: files are taken once, in the order of their names; what a row asks for on the
way is what a walk for that row alone would give.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from schema_migrations.history.file import MigrationFile
from schema_migrations.history.revision import Revision
from schema_migrations.history.sums import extend_chain, hash_of_chain

MAX_CHAINS = 128
"""Seven files that may or may not have existed; beyond that nothing is found."""

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    hash: hashlib._Hash
    first_omitted_at: datetime = _NEVER
    """The earliest run of a file that is left out: rows before it may have this chain."""

    def with_file(self, file: MigrationFile) -> _Chain:
        extended = self.hash.copy()
        extend_chain(extended, file.name, file.content)
        return _Chain(hash=extended, first_omitted_at=self.first_omitted_at)

    def without_file(self, run_at: datetime) -> _Chain:
        omitted_at = min(self.first_omitted_at, run_at)
        return _Chain(hash=self.hash, first_omitted_at=omitted_at)


class PossibleChains:
    """The chains of the files so far, for each set of them that may have existed.

    A file that was never run, or was run after a row, may have come later than the row.
    The row that was run first has the most chains: all that any other row has.
    """

    def __init__(self, rows: Iterable[Revision]) -> None:
        self._waiting = deque(sorted(rows, key=lambda row: row.executed_at))
        self._open = {row.version for row in self._waiting}
        self._chains = [_Chain(hash=hashlib.sha256())]

    def take_row(self, row: Revision) -> Sequence[hashlib._Hash]:
        """Return the chains of the files before this row's; none: there are too many.

        Each row can be taken once.
        """
        if row.version not in self._open:
            return ()
        self._open.remove(row.version)
        return tuple(
            chain.hash
            for chain in self._chains
            if chain.first_omitted_at > row.executed_at
        )

    def take_file(self, file: MigrationFile, row: Revision | None) -> None:
        """Go on after the next file; ``row`` is its own, if it was run."""
        if (first := self._drop_needless_chains()) is None:
            return
        run_at = _NEVER if row is None else row.executed_at
        chains = self._chains
        self._chains = [chain.with_file(file) for chain in chains]
        if run_at > first.executed_at:
            self._chains += [chain.without_file(run_at) for chain in chains]
        while len(self._chains) > MAX_CHAINS and first is not None:
            self._open.remove(first.version)
            first = self._drop_needless_chains()

    def _drop_needless_chains(self) -> Revision | None:
        """Keep the chains of the row that was run first; return it, if one is left."""
        while self._waiting and self._waiting[0].version not in self._open:
            self._waiting.popleft()
        if not self._waiting:
            return None
        first = self._waiting[0]
        self._chains = [
            chain
            for chain in self._chains
            if chain.first_omitted_at > first.executed_at
        ]
        return first


def has_hash(
    chains: Iterable[hashlib._Hash], name: str, content: bytes, digest: str
) -> bool:
    """Return whether a file after one of the chains has this hash."""
    for chain in chains:
        extended = chain.copy()
        extend_chain(extended, name, content)
        if hash_of_chain(extended) == digest:
            return True
    return False
