"""The interface of what runs files on a target."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    from schema_migrations.engines.blocker import OpenSessionLookup
    from schema_migrations.engines.connection import Connection, DatabaseSettings
    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.lock_wait import RetakeLock
    from schema_migrations.history.batches import (
        BatchedStatement,
        BatchProgress,
        RowKey,
    )
    from schema_migrations.history.session_changes import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The description of a database that files are applied to."""

    name: str
    """URL with its password masked."""
    version: str
    """``PostgreSQL 16.4``."""
    major: int
    """Major version, compared with the dev server's."""
    schema: str
    """The namespace that unqualified names resolve to; SQLite: ``main``."""
    read_only: str = ""
    """Why it cannot be written to (``a standby server``); empty: it can."""
    is_schema_named: bool = False
    """The settings name the schema; otherwise the role or the database may change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """The timeouts of a run on a target, in seconds; None: off."""

    lock_timeout: float | None = None
    statement_timeout: float | None = None
    idle_in_transaction_timeout: float | None = None
    """Ends a run that was suspended or cut off while it holds locks."""
    given_by_options: frozenset[str] = frozenset()
    """Names of those that options of the command give; the address may replace others."""
    given_by_address: frozenset[str] = frozenset()
    """Names of those that the address gave; settings have no effect on them."""

    def with_asked(self, timeouts: Mapping[str, float | None]) -> SessionOptions:
        """Return the options with what an address asks for."""
        new: Any = {n: v for n, v in timeouts.items() if n not in self.given_by_options}
        return replace(self, given_by_address=frozenset(new), **new)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMessage:
    """What a server says beside its results, such as by ``RAISE NOTICE``."""

    severity: str
    """``WARNING``, ``NOTICE``, ``INFO``, ``LOG`` or ``DEBUG``, in every language."""
    message: str
    detail: str = ""
    hint: str = ""
    sqlstate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierAttempt:
    """What an earlier attempt at a statement outside a transaction left in the catalog."""

    is_done: bool = False
    """The statement's result already exists: it need not run."""
    message: str = ""
    """What was found or removed, for people; empty: nothing."""
    is_known: bool = True
    """False: the catalog cannot tell what an earlier attempt did."""


class HoldLock(Protocol):
    """Hold the lock of a run; wait up to ``wait`` seconds for it.

    ``name`` names the table of revisions: where two runs share one, one waits.
    ``report_holder`` gets a description of each lock holder that is waited for.
    Raises ``LockNotAcquired``.
    """

    def __call__(
        self,
        connection: Connection,
        name: str,
        *,
        wait: float,
        report_holder: Callable[[str], None],
    ) -> AbstractContextManager[RetakeLock]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTransaction:
    """The functions around a statement that runs by itself: the server refuses it in a
    transaction, or it takes long and stops nobody."""

    disable_timeouts: Callable[[Connection], AbstractContextManager[None]]
    """Turn timeouts off: the statement must not give up half-way."""
    disable_statement_timeout: Callable[[Connection], AbstractContextManager[None]]
    """Turn off the timeout of a statement that may take long, since it stops nobody."""
    may_take_long: Callable[[str], bool]
    """Whether a statement that may run in a transaction is such a one."""
    clear_leftovers: Callable[[Connection, str, bool], EarlierAttempt]
    """Remove what an earlier attempt at the statement left, before it runs.  The last
    argument: whether an attempt was interrupted, so that its end is unknown."""
    check_result: Callable[[Connection, str], None]
    """Raise ``StatementFailed`` when the statement left an unusable result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedStatements:
    """The functions that run several statements in one message to a scratch database."""

    may_join: Callable[[str], bool]
    """Return whether a statement only defines something, so that it may be joined."""
    try_to_run: Callable[[Connection, Sequence[str]], bool]
    """Run statements in the open transaction.  False: none has happened, since one was
    refused or they may not be joined now; run one by one, they say which."""
    may_split: Callable[[Connection], bool]
    """Return whether definitions do the same in several transactions as in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """The functions that run a statement for a part of the rows of its table."""

    read_key_types: Callable[[Connection, BatchedStatement], tuple[str, ...]]
    """Return the types of the columns.  Raises ``StatementFailed`` when the table cannot
    be gone through in their order."""
    read_row_estimate: Callable[[Connection, BatchedStatement], int | None]
    """Return about how many rows the table has; None: the server does not know."""
    find_last_key: Callable[[Connection, BatchedStatement], RowKey | None]
    """Return the key of the last row; None: there is no row."""
    find_batch_end: Callable[
        [Connection, BatchedStatement, BatchProgress, int], RowKey | None
    ]
    """Return the key of the last row of the next batch of so many rows; None: it goes on
    to the last row."""
    run: Callable[[Connection, BatchedStatement, BatchProgress | None, RowKey], None]
    """Run the statement for the rows after those that are done, up to a key; without a
    progress for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingDatabase:
    """The functions for a database that connecting would create (a SQLite file)."""

    would_create_database: Callable[[Connection], bool]
    """Return whether connecting would create the database."""
    read_missing_as_empty: Callable[[Connection], AbstractContextManager[None]]
    """Let a missing database read as an empty one without creating it.  Enter before
    connecting, in a process that only reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """The functions that run files on a target, over one Django connection."""

    make_sibling: Callable[[DatabaseSettings, str], Connection]
    """(settings, alias) → another connection, not yet open, outside Django's aliases.
    The alias gives its backend; it need not exist."""
    describe_target: Callable[[Connection], Target]
    """Connect and describe the target; raises ``Unreachable`` or ``ConfigError``."""
    missing_database: MissingDatabase | None = None
    """None: connecting creates nothing."""
    forbid_writes: Callable[[Connection], AbstractContextManager[None]]
    """Let the server refuse every write, with its settings fixed."""
    hold_fixed_settings: Callable[[Connection], AbstractContextManager[None]]
    """Hold what changes what SQL means as it is on a dev database, whoever set it."""
    list_namespaces: Callable[[Connection], Sequence[str]]
    """Return the names of the namespaces, without the server's own."""
    list_tables: Callable[[Connection, str | None], Sequence[str]]
    """Return the names of a namespace's tables; None: the target namespace."""
    hold_lock: HoldLock
    read_asked_timeouts: Callable[[Connection], Mapping[str, float | None]] | None = (
        None
    )
    """Return those of ``SessionOptions`` that the address asks for.  None: it cannot."""
    prepare_session: Callable[
        [Connection, SessionOptions], AbstractContextManager[None]
    ]
    """Prepare the session for all files: timeouts, autocommit, SQLite's foreign keys off."""
    open_transaction: Callable[[Connection], AbstractContextManager[None]]
    """Hold a transaction: commit at the end, roll back on an exception."""
    check_foreign_keys: Callable[[Connection], AbstractContextManager[None]] | None = (
        None
    )
    """Raise ``StatementFailed`` when the file inside violated foreign keys.  None: the
    server checks them itself.  Called by ``guard_foreign_keys``."""
    keep_settings: Callable[[Connection], AbstractContextManager[None]]
    """Restore at the end what the statements inside SET for the session (parameters,
    roles, PRAGMAs).  Roll back on an exception."""
    prepare_session_check: Callable[[Connection], Callable[[Sequence[str]], bool]]
    """Return a function: may these statements change settings or locks of the session?"""
    is_session_setting: Callable[[str, str], bool]
    """(sql, what ended its transaction; empty: it had none) → whether the statement did
    nothing but set something for the session.  A run that resumes a file repeats these."""
    read_session: Callable[[Connection], Session]
    set_session_values: Callable[[Connection, Mapping[str, str | None]], None]
    """None: the value that the session began with."""
    execute: Callable[[Connection, str], None]
    """Run one statement without parameters; raises the driver's exceptions."""
    joined_statements: JoinedStatements | None = None
    """None: a message is no slower than a call."""
    outside_transaction: OutsideTransaction | None = None
    """None: such a statement either succeeds or changes nothing, and can be repeated."""
    batches: Batches | None = None
    """None: a statement runs for all rows at once."""
    prepare_session_lookup: Callable[[Connection], OpenSessionLookup] | None = None
    """None: the server cannot tell who blocks a session, nor how far it is."""
    handle_messages: (
        Callable[
            [Connection, Callable[[ServerMessage], None]], AbstractContextManager[None]
        ]
        | None
    ) = None
    """Call a function with what the server says.  None: it says nothing."""
    cancel: Callable[[Connection], None] = lambda connection: None
    """Cancel what another thread runs on a connection, if the engine can."""
    in_transaction: Callable[[Connection], bool]
    rollback: Callable[[Connection], None]
    """Roll back the open transaction, if there is one."""
    create_revisions_table: Callable[[Connection, str | None], None]
    """Create the table with Atlas's columns if missing (None: target namespace)."""
    partial_hashes_type: str
    find_revisions_tables: Callable[[Connection], Sequence[str]] | None = None
    """Return those of the path, and Atlas's, that hold the table.  None: no path."""
    own_revisions_condition: str = ""
    """True of rows in the target namespace, not further down the path; empty: no path."""
    read_driver_error: Callable[[BaseException], DriverError | None]
    """Return the parts of a driver's exception; None: another exception."""

    def guard_foreign_keys(
        self, connection: Connection
    ) -> AbstractContextManager[None]:
        """Raise at the end when the file inside violated foreign keys."""
        check = self.check_foreign_keys
        return check(connection) if check else nullcontext()
