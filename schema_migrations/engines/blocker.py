"""What keeps a statement waiting, and how far it is, seen from a second session."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementProgress:
    """How far the server says that a statement is."""

    phase: str
    """In the server's words: ``building index: scanning table``."""
    done: int
    total: int
    """Blocks or rows in this phase; 0: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLookup:
    """What a second session can look up about the first one."""

    list_blockers: Callable[[], Sequence[Blocker]]
    read_progress: Callable[[], StatementProgress | None]
    """None: the server does not say how far the statement is."""


OpenSessionLookup = Callable[[], AbstractContextManager[SessionLookup]]
"""Opens a second session, which waits for nothing."""
