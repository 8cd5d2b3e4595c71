"""Other sessions that keep a statement waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """Another session that keeps a statement waiting."""

    pid: int
    application: str
    state: str
    """As the server reports it: ``active``, ``idle in transaction``; empty: hidden."""
    seconds: float
    """The age of its transaction."""
    query: str
    """The statement that it runs, or ran last."""


OpenBlockerLookup = Callable[
    [], AbstractContextManager[Callable[[], Sequence[Blocker]]]
]
"""Opens a second session and yields a function that lists the first one's blockers."""
