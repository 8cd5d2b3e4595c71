"""What a database engine is to the rest of the package: a record of functions.

Nothing to inherit, so nothing half-overridden: a missing part is a type error where
the record is built.  An optional power is a field that may be ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schema_migrations.history.statements import Syntax
    from schema_migrations.plan.fills import FindConversion
    from schema_migrations.plan.plan import Pass, Render
    from schema_migrations.schema.model import Key, Schema

ComputedDefault = Literal["uuid4", "now", "today", "time"]
"""A default that differs from row to row, or from moment to moment."""

DatabaseSettings = dict[str, Any]
"""One entry of Django's ``DATABASES``."""


class Cursor(Protocol):
    """What a driver's cursor must offer; the one place where ``Any`` is at home."""

    @property
    def connection(self) -> Any: ...
    def execute(self, query: Any, params: Any = ..., /) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A Django connection (``BaseDatabaseWrapper``), as far as engines use it."""

    alias: str
    vendor: str
    settings_dict: DatabaseSettings

    @property
    def connection(self) -> Any: ...
    @property
    def creation(self) -> Any: ...
    def ensure_connection(self) -> None: ...
    def get_connection_params(self) -> dict[str, Any]: ...
    def close(self) -> None: ...
    def cursor(self) -> Any: ...
    def schema_editor(self, *args: Any, **kwargs: Any) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverError:
    """A driver's exception, in the parts that a person or a pipeline needs."""

    message: str
    """The server's primary message, one line, no password."""
    sqlstate: str = ""
    position: int = 0
    """1-based character in the statement; 0: the server did not say."""
    detail: str = ""
    hint: str = ""
    retryable: bool = False
    """Nothing was wrong with the request: not reachable, starting up, lock timeout."""
    gave_up_on_lock: bool = False
    """It gave up waiting for a lock: the same transaction may be tried again."""
    refused_in_transaction: bool = False
    """The server refused to run the statement inside a transaction block."""
    names_missing_object: bool = False
    """Something that the statement names does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingObject:
    """Something that a statement names and the server does not have."""

    kind: Literal["function", "collation", "operator class", "object"]
    name: str = ""
    """As far as it could be read from the server's message."""
    extension: str = ""
    """Which likely brings it; empty: none is known to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A database as a person is told about it before anything happens to it."""

    name: str
    """URL without a password."""
    version: str
    """``PostgreSQL 16.4``."""
    major: int
    """Compared with the dev server's."""
    schema: str
    """What unqualified names resolve to; SQLite: ``main``."""
    read_only: str = ""
    """Why it cannot be written (``a streaming standby``), or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """How statements run on a target; durations in seconds, None: off."""

    lock_timeout: float | None = None
    statement_timeout: float | None = None
    idle_in_transaction_timeout: float | None = None
    """For a run that was stopped, or cut off, while it holds locks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """Another session, which keeps a statement waiting."""

    pid: int
    application: str
    state: str
    """The server's word: ``active``, ``idle in transaction``; empty: not to be seen."""
    seconds: float
    """Since its transaction began."""
    query: str
    """What it runs, or ran last."""


OpenBlockerLookup = Callable[
    [], AbstractContextManager[Callable[[], Sequence[Blocker]]]
]
"""Opens a second session that says who blocks the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierAttempt:
    """What the catalog says of a statement that is about to run outside a transaction."""

    is_done: bool = False
    """Its result is there already: it need not run."""
    message: str = ""
    """What was found or cleared away, for people; empty: nothing."""
    is_known: bool = True
    """False: the catalog cannot tell what an earlier attempt did."""


class HoldLock(Protocol):
    """Hold the lock of a run; wait for it as long as ``wait`` seconds.

    ``report_holder`` gets a line that says who holds it, once, before the waiting.
    Raises ``LockNotAcquired``.
    """

    def __call__(
        self,
        connection: Connection,
        name: str,
        *,
        wait: float,
        report_holder: Callable[[str], None],
    ) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """How files run on a target: plain functions over one Django connection."""

    describe_target: Callable[[Connection], Target]
    """Connects; raises ``Unreachable`` or ``ConfigError`` (authentication)."""
    would_create_database: Callable[[Connection], bool]
    """Tell whether connecting would make the database (a SQLite file)."""
    read_missing_as_empty: Callable[[Connection], AbstractContextManager[None]]
    """Around a run that only reads, before it connects: a database that is absent reads
    as an empty one and stays missing.  For a process that does nothing else."""
    forbid_writes: Callable[[Connection], AbstractContextManager[None]]
    """Around what must not write: the server itself refuses to."""
    list_namespaces: Callable[[Connection], Sequence[str]]
    """Names of the schemas that there are, without the server's own."""
    list_tables: Callable[[Connection, str | None], Sequence[str]]
    """Names of the tables in a schema; None: in the target schema."""
    hold_lock: HoldLock
    prepare_session: Callable[
        [Connection, SessionOptions], AbstractContextManager[None]
    ]
    """Around all files: timeouts, autocommit, SQLite's foreign keys off."""
    open_transaction: Callable[[Connection], AbstractContextManager[None]]
    """A transaction that may write: commits at the end, rolls back on an exception."""
    guard_foreign_keys: Callable[[Connection], AbstractContextManager[None]]
    """Around a file: raises ``StatementFailed`` when it broke what the server does not
    watch by itself (SQLite: foreign keys)."""
    keep_settings: Callable[[Connection], AbstractContextManager[None]]
    """Around a file's statements: what they SET for the session (parameters, roles,
    PRAGMAs) is as before at the end.  Rolls back on an exception."""
    is_session_setting: Callable[[str], bool]
    """Whether a statement does nothing but set something for the session: one that goes
    on half-way through a file begins with that."""
    execute: Callable[[Connection, str], None]
    """Run one statement, without parameters; raises the driver's exceptions."""
    disable_timeouts: Callable[[Connection], AbstractContextManager[None]]
    """Around a statement outside a transaction, which must not give up half-way."""
    clear_leftovers: Callable[[Connection, str, bool], EarlierAttempt]
    """Before such a statement: clear away what an earlier attempt left.  The last
    argument: whether one was interrupted, so that nobody knows whether it ended."""
    check_result: Callable[[Connection, str], None]
    """After it: raises ``StatementFailed`` when what it made cannot be used."""
    prepare_blocker_lookup: Callable[[Connection], OpenBlockerLookup] | None = None
    """None: nobody can be asked what a statement waits for."""
    in_transaction: Callable[[Connection], bool]
    rollback: Callable[[Connection], None]
    """End a transaction that a file left open; nothing when there is none."""
    create_revisions_table: Callable[[Connection, str | None], None]
    """Make the table with Atlas's columns where it is missing (None: target schema)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    vendor: str
    """Django's ``connection.vendor``."""
    backend: str
    """Django's ``ENGINE`` for a database known only by its URL."""
    syntax: Syntax
    script_preamble: str
    """A statement at the top of a script that a person runs: what ``session.prepared``
    would do."""
    quote: Callable[[str], str]
    """Quote an identifier."""
    schemes: tuple[str, ...]
    """URL schemes that mean this engine."""
    settings_from_url: Callable[[str, Mapping[str, Any]], DatabaseSettings]
    """(URL, the alias's settings) → settings of the target; raises ``ConfigError``.

    The second is empty when the alias belongs to another engine.
    """
    with_namespace: Callable[[DatabaseSettings, str], DatabaseSettings] | None = None
    """(settings, schema) → settings whose unqualified names are that schema's.
    None: a database has one schema only."""
    format_masked_url: Callable[[Mapping[str, Any]], str]
    """Settings → URL for display, without the password."""
    inspect: Callable[[Cursor], Schema]
    passes: tuple[Pass, ...]
    render: Render
    find_conversion: FindConversion
    computed_defaults: Mapping[ComputedDefault, str]
    """SQL expressions that the server computes for each row."""
    canonicalize: Callable[[Cursor, Schema, frozenset[Key]], Schema] | None
    """Re-create some objects from their own print and inspect again; leaves no trace."""
    explain_dangling: Callable[[Cursor], str] | None = None
    """Say which view or trigger names what is gone, or nothing; leaves no trace.
    None: the server refuses to let it come to that."""
    create_scratch_database: Callable[
        [DatabaseSettings, str], AbstractContextManager[Connection]
    ]
    """(settings of a server, alias) → a fresh, empty, temporary database on it."""
    check_server: Callable[[DatabaseSettings, str], str] | None = None
    """Raise unless the server answers and lets databases be made; returns its version.
    None: there is no server."""
    read_driver_error: Callable[[BaseException], DriverError | None]
    """None: not a driver's exception."""
    find_missing_object: Callable[[DriverError], MissingObject | None] | None = None
    """What the server lacks where that is why it refused."""
    suggest_dev_server: Callable[[str], str] | None = None
    """Extension → the URL of a dev database that has it, or nothing."""
    session: Session
    ensure_template: Callable[[Connection, str, Callable[[str], None]], str] | None = (
        None
    )
    """(connection, contents, build) → the name of a database with those contents, made
    by ``build`` unless it is there, for the server to copy.  None: it cannot."""
