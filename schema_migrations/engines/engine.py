"""The interface of a database engine: seven records of functions, one for each use.

Nothing is inherited, so nothing is half overridden: a missing function is a type error
where the record is built.  An optional power is a field that may be ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.engines.blocker import OpenBlockerLookup
    from schema_migrations.engines.connection import (
        Connection,
        Cursor,
        DatabaseSettings,
    )
    from schema_migrations.engines.content import ContentReader
    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.lock_wait import RetakeLock
    from schema_migrations.history.session_changes import Session
    from schema_migrations.history.statements import Syntax
    from schema_migrations.plan.plan import Planner
    from schema_migrations.schema.model import Key, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingObject:
    """Something that a statement names and the server lacks."""

    kind: Literal["function", "collation", "operator class", "object"]
    name: str = ""
    """As read from the server's message; empty: unknown."""
    extension: str = ""
    """The extension that likely provides it; empty: unknown."""
    way_out: str = ""
    """Sentences on how to get it, where SQL cannot create it; empty: it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerVersion:
    """The version that a server says it has."""

    text: str
    """``PostgreSQL 16.4``."""
    major: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStamp:
    """What a server is like: equal stamps give equal results."""

    version: ServerVersion
    text: str


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
class Dialect:
    """The facts of an engine's SQL."""

    name: str
    """The engine's name for people, with which ``Target.version`` begins."""
    syntax: Syntax
    quote: Callable[[str], str]
    """Quote an identifier."""
    shorten_name: Callable[[str], str]
    """Return a name as the server stores it, which cuts one that is too long."""
    home_namespace: str
    """The namespace that unqualified names of a dev database resolve to."""
    format_time: Callable[[str], str]
    """Column of times → an expression that no setting of the session changes: ISO 8601
    text, or what the driver reads as a time."""
    script_preamble: str
    """Begins a script for a person; does what ``Executor.prepare_session`` would."""
    copy_preamble: str = ""
    """A setting without which a copy of a schema may fail; empty: it cannot."""
    fold_name: Callable[[str], str] = str
    """Return the same for two names that the server takes for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The functions that turn URLs into settings and back."""

    backend: str
    """Django's ``ENGINE`` for a database known only by its URL."""
    schemes: tuple[str, ...]
    """URL schemes that mean this engine."""
    settings_from_url: Callable[[str, Mapping[str, Any]], DatabaseSettings]
    """(URL, the alias's settings) → settings of the target; raises ``ConfigError``.

    The alias's settings are empty when it belongs to another engine.
    """
    format_masked_url: Callable[[Mapping[str, Any]], str]
    """Settings → URL for display, with its password masked."""
    with_namespace: Callable[[DatabaseSettings, str], DatabaseSettings] | None = None
    """(settings, namespace) → settings whose unqualified names resolve to that namespace.
    None: a database has a single namespace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The functions that read a schema."""

    inspect: Callable[[Cursor], Schema]
    content: ContentReader
    canonicalize: Callable[[Cursor, Schema, frozenset[Key]], Schema] | None = None
    """Bring definitions to the form that the server prints.  None: that is stable."""
    find_missing_roles: Callable[[Cursor, Collection[str]], frozenset[str]] | None = (
        None
    )
    """Return those of some roles that the server lacks.  None: it has no roles."""
    explain_dangling: Callable[[Cursor], str] | None = None
    """Say which view or trigger names a missing object.  None: the server prevents that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The functions that say what a dev server is like before one is needed."""

    read_server_stamp: Callable[[DatabaseSettings, str], ServerStamp]
    """(settings of a server, alias) → its version, and all of it that decides how SQL
    changes a new database; raise as ``check_server`` does."""
    hold_disconnected: Callable[
        [DatabaseSettings, str], AbstractContextManager[Connection]
    ]
    """(settings, alias) → what models' SQL can be collected from without a server: it
    seems to be the newest, and refuses queries."""
    check_server: Callable[[DatabaseSettings, str], ServerVersion] | None = None
    """Return the server's version; raise unless it answers and allows creating databases.
    None: there is no server."""
    may_leave: Callable[[str], bool] | None = None
    """Return whether a file's text names something outside of its database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevServer:
    """The functions that make temporary databases."""

    create_scratch_database: Callable[
        [DatabaseSettings, str], AbstractContextManager[Connection]
    ]
    """(settings of a server, alias) → an empty scratch database on it."""
    find_missing_object: Callable[[DriverError], MissingObject | None] | None = None
    """Return the missing object that made the server refuse; None: another reason."""
    seal: Callable[[Engine], Engine] | None = None
    """Return the engine with scratch databases whose statements stay inside them, whatever
    their role may do on the server.  None: there is no server to share."""
    use_stand_ins: Callable[[Engine], Engine] | None = None
    """Return the engine for a server of our own, where statements find every role and
    database that they name.  None: a schema needs nothing outside of its database."""
    read_shared_objects: Callable[[DatabaseSettings, str], frozenset[str]] | None = None
    """(settings of a server, alias) → what its databases share, in words.  None: there is
    nothing that they could share."""
    suggest_dev_server: Callable[[str], str] | None = None
    """Extension → the URL of a dev server that has it, or nothing."""
    ensure_template: Callable[[Connection, str, Callable[[str], None]], str] | None = (
        None
    )
    """(connection, contents, build) → the name of a template with those contents; ``build``
    fills it if missing.  None: the server cannot copy databases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTransaction:
    """The functions around a statement that the server refuses in a transaction."""

    disable_timeouts: Callable[[Connection], AbstractContextManager[None]]
    """Turn timeouts off: the statement must not give up half-way."""
    clear_leftovers: Callable[[Connection, str, bool], EarlierAttempt]
    """Remove what an earlier attempt at the statement left, before it runs.  The last
    argument: whether an attempt was interrupted, so that its end is unknown."""
    check_result: Callable[[Connection, str], None]
    """Raise ``StatementFailed`` when the statement left an unusable result."""


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
    outside_transaction: OutsideTransaction | None = None
    """None: such a statement either succeeds or changes nothing, and can be repeated."""
    prepare_blocker_lookup: Callable[[Connection], OpenBlockerLookup] | None = None
    """None: the server cannot list blockers."""
    handle_messages: (
        Callable[
            [Connection, Callable[[ServerMessage], None]], AbstractContextManager[None]
        ]
        | None
    ) = None
    """Call a function with what the server says.  None: it says nothing."""
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


@dataclass(frozen=True)
class Engine:
    """A database engine; each part is imported when it is first used.

    A part is a constant in a module of ``package``: ``dialect.DIALECT`` and so on.
    """

    vendor: str
    """Django's ``connection.vendor``."""
    package: str

    @cached_property
    def dialect(self) -> Dialect:
        return cast("Dialect", self._load("dialect"))

    @cached_property
    def addresses(self) -> Addresses:
        return cast("Addresses", self._load("addresses"))

    @cached_property
    def reader(self) -> Reader:
        return cast("Reader", self._load("reader"))

    @cached_property
    def planner(self) -> Planner:
        return cast("Planner", self._load("planner"))

    @cached_property
    def executor(self) -> Executor:
        return cast("Executor", self._load("executor"))

    @cached_property
    def dev_server(self) -> DevServer:
        return cast("DevServer", self._load("dev_server"))

    @cached_property
    def probe(self) -> Probe:
        return cast("Probe", self._load("probe"))

    def _load(self, module: str) -> object:
        return getattr(import_module(f"{self.package}.{module}"), module.upper())

    def with_parts(self, **parts: object) -> Engine:
        """Return a copy of the engine with other parts: ``reader=…``, ``executor=…``."""
        copy = replace(self)
        copy.__dict__.update({**self.__dict__, **parts})
        return copy
