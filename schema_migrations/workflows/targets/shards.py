"""Shards: the parts into which several machines divide one list of targets.

Pure.  Invariant: the shard of a target follows from its name and the number of shards
alone, so another target in the list moves none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema_migrations.workflows.targets.addresses import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    number: int
    """1-based."""
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def find_shard_number(name: str, count: int) -> int:
    """Return the number of the shard, from 1 to ``count``, that a target belongs to."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") % count + 1


def select_shard(addresses: Sequence[Address], shard: Shard) -> tuple[Address, ...]:
    """Return the addresses of a shard, in the same order."""
    return tuple(
        address
        for address in addresses
        if find_shard_number(address.label, shard.count) == shard.number
    )
