"""Events of a run, as values: commands show them, tests collect them.

Invariant: ``FileDone`` is reported only after its transaction was committed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from schema_migrations.history.secrets import mask_secrets
from schema_migrations.workflows.applying.warned import Warned as Warned

if TYPE_CHECKING:
    from schema_migrations.conf import TxMode
    from schema_migrations.engines.blocker import Blocker, StatementProgress
    from schema_migrations.engines.executor import Target
    from schema_migrations.workflows.applying.selection import FileRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The target answered."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The pending files were determined; nothing has run yet."""

    current: str
    """The version that the database is at; empty: none."""
    versions: tuple[str, ...]
    """Of all pending files."""
    chosen: int
    """Number of pending files that this run applies."""
    baseline: str = ""
    """The version to record first; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWaiting:
    """Another run holds the lock."""

    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    file: str
    version: str
    mode: TxMode
    start: int
    """Number of statements that an earlier run has done."""
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDone:
    file: str
    number: int
    """1-based."""
    total: int
    sql: str = field(repr=False)  # as it ran, with its passwords
    seconds: float

    def mask(self) -> StatementDone:
        """Return the event as it may be shown, with the passwords masked.

        Done only for what is shown: a long statement takes time, and locks are held.
        """
        return replace(self, sql=mask_secrets(self.sql))


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived:
    """The server said something while a statement ran, such as by ``RAISE NOTICE``."""

    file: str
    line: int
    """Where the statement begins; 0: at the end of a transaction."""
    severity: str
    """``WARNING``, ``NOTICE``, ``INFO``, ``LOG`` or ``DEBUG``."""
    message: str
    detail: str
    hint: str
    sqlstate: str

    @property
    def is_warning(self) -> bool:
        return self.severity == "WARNING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """An earlier attempt at a statement outside a transaction left traces."""

    file: str
    line: int
    done: bool
    """True: the statement counts as done; False: it runs."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone:
    file: str
    version: str
    statements: int
    """Number of statements that ran now."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A statement waits for a lock."""

    file: str
    line: int
    """Where the statement begins."""
    number: int
    """1-based."""
    total: int
    blockers: tuple[Blocker, ...]
    """The sessions that hold the lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillRunning:
    """A statement takes long, but still runs."""

    file: str
    line: int
    """Where the statement begins."""
    number: int
    """1-based."""
    total: int
    seconds: float
    progress: StatementProgress | None = None
    """How far the server says that it is; None: it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsDone:
    """A statement runs in batches, of which some are done."""

    file: str
    line: int
    """Where the statement begins."""
    number: int
    """1-based."""
    total: int
    rows: int
    """Rows of the table that it has gone through."""
    about: int | None
    """About how many the table has; None: the server does not know."""
    seconds_left: float | None
    """An estimate; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """A lock timed out: the transaction was rolled back and is retried after a pause."""

    file: str
    attempt: int
    pause: float
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSent:
    name: Literal["pre_migrate", "post_migrate"]


Event = (
    Reached
    | Planned
    | LockWaiting
    | FileStarted
    | StatementDone
    | MessageReceived
    | Resumed
    | FileDone
    | Blocked
    | StillRunning
    | RowsDone
    | Retrying
    | SignalSent
    | Warned
)
ReportEvent = Callable[[Event], None]


def make_file_started(run: FileRun) -> FileStarted:
    return FileStarted(
        file=run.file.name,
        version=run.file.version,
        mode=run.mode,
        start=run.done_count,
        total=len(run.statements),
    )


def make_file_done(run: FileRun, execution_time: int) -> FileDone:
    return FileDone(
        file=run.file.name,
        version=run.file.version,
        statements=len(run.statements) - run.done_count,
        seconds=execution_time / 1e9,
    )
