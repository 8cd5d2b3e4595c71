"""What happens while files run, as values: commands show them, tests collect them.

Invariant: ``FileDone`` is reported after its transaction was committed, never before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from schema_migrations.engines.engine import Blocker, Target

TransactionMode = Literal["file", "all", "none"]
"""``file``: one transaction for the file; ``all``: one for all; ``none``: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The target answers."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What is pending, before anything runs."""

    current: str
    """The version that the database is at; empty: none."""
    versions: tuple[str, ...]
    """All that are pending."""
    chosen: int
    """How many of them this run takes."""
    baseline: str = ""
    """The version that is to be recorded first; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWaiting:
    """Another run holds the lock."""

    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    file: str
    version: str
    mode: TransactionMode
    start: int
    """Statements that an earlier run has done."""
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDone:
    file: str
    number: int
    """1-based."""
    total: int
    sql: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The database was looked at before a statement outside a transaction, and an
    earlier attempt at it was found."""

    file: str
    line: int
    done: bool
    """The statement counts as done; else it runs."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone:
    file: str
    version: str
    statements: int
    """Those run now."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A statement waits for a lock."""

    file: str
    number: int
    """1-based."""
    total: int
    blockers: tuple[Blocker, ...]
    """Those who hold it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillRunning:
    """A sign of life of a statement that takes long."""

    file: str
    number: int
    """1-based."""
    total: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """A lock was not obtained in time: rolled back, and tried again after a pause."""

    file: str
    attempt: int
    pause: float
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSent:
    name: Literal["pre_migrate", "post_migrate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something that does not stop the run and that somebody should know."""

    message: str


Event = (
    Reached
    | Planned
    | LockWaiting
    | FileStarted
    | StatementDone
    | Resumed
    | FileDone
    | Blocked
    | StillRunning
    | Retrying
    | SignalSent
    | Warned
)
ReportEvent = Callable[[Event], None]
