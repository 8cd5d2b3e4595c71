"""Errors about databases: settings, connections, histories, statements."""

from __future__ import annotations

from schema_migrations.errors.base import (
    RESUME_HINT,
    ConfigError,
    SchemaMigrationsError,
    Unreachable,
    suggest_nearest,
)


class InvalidSettings(ConfigError):
    """A setting has a wrong value, or names something that does not exist."""

    code = "invalid-settings"
    hint = "{advice}"
    problem: str
    advice: str = ""


class UnknownDatabase(ConfigError):
    """``DATABASES`` has no such alias."""

    code = "unknown-database"
    message = "There is no database {alias!r} in DATABASES."
    hint = "{suggestion}Known: {known}."
    alias: str
    known: tuple[str, ...]

    @property
    def suggestion(self) -> str:
        return suggest_nearest(self.alias, self.known)


class DirectoryNotSet(ConfigError):
    """An alias besides ``default`` has no ``DIR``."""

    code = "directory-not-set"
    message = "The database {alias!r} has no migration directory."
    hint = 'Set SCHEMA_MIGRATIONS[{alias!r}] = {{"DIR": …}}.'
    alias: str


class InvalidUrl(ConfigError):
    """A database URL or a ``docker://`` URL cannot be read."""

    code = "invalid-url"
    hint = "{advice}"
    problem: str
    advice: str


class UnsupportedDatabase(ConfigError):
    """Databases of this kind are not supported."""

    code = "unsupported-database"
    hint = "Supported: PostgreSQL and SQLite."
    problem: str


class WrongTargets(ConfigError):
    """The list of targets is empty, or names one twice."""

    code = "wrong-targets"
    hint = "Give each target once."
    problem: str


class TargetQueryFailed(ConfigError):
    """The query for targets failed."""

    code = "target-query-failed"
    message = "The query for targets failed: {reason}"
    hint = "It runs on the database of the alias or the URL and must return one name or URL per row."
    reason: str


class RevisionsShared(ConfigError):
    """Several schemas would keep their revisions in one table."""

    code = "revisions-shared"
    message = "{target} would share its revisions with other targets: all would keep them in schema {schema!r}."
    hint = "Let each schema keep its own: remove REVISIONS_SCHEMA."
    target: str
    schema: str


class ConnectionRefused(ConfigError):
    """The server answers, but refuses the connection."""

    code = "connection-refused"
    hint = "{advice}"
    problem: str
    advice: str = ""


class SchemaMissing(ConfigError):
    """The database has no such schema."""

    code = "schema-missing"
    hint = "{advice}"
    problem: str
    advice: str
    is_target: bool = False
    """A list of targets names it."""


class SearchPathIgnored(ConfigError):
    """The session does not work in the schema that its URL or settings ask for."""

    code = "search-path-ignored"
    message = (
        "{target}: its search_path begins with {wanted}, but the session works in"
        " {schema}."
    )
    hint = (
        "A pooler did not pass it on (ignore_startup_parameters of PgBouncer). Give the"
        " server's own address, or let the role have it: ALTER ROLE ... IN DATABASE ... SET"
        " search_path = {wanted}."
    )
    target: str
    wanted: str
    schema: str


class AutocommitOff(ConfigError):
    """``AUTOCOMMIT`` is off, but files end their transactions themselves."""

    code = "autocommit-off"
    message = "AUTOCOMMIT is off for the database {alias!r}, but files begin and end their transactions themselves."
    hint = "Give the database by its URL: SCHEMA_MIGRATIONS_URL."
    alias: str


class InsideTransaction(ConfigError):
    """Files were to run inside ``transaction.atomic()``."""

    code = "inside-transaction"
    message = "Migration files cannot run inside transaction.atomic()."
    hint = "Call the command outside it; in tests, use a TransactionTestCase."


class TargetReadOnly(ConfigError):
    """The target is a standby or a file that cannot be written."""

    code = "target-read-only"
    message = "{target} is not writable: {reason}."
    hint = "Give the URL of the primary server, or of a writable file."
    target: str
    reason: str


class SessionShared(ConfigError):
    """A connection pooler does not keep this session's locks."""

    code = "session-shared"
    hint = (
        "Give the server's own address (SCHEMA_MIGRATIONS_URL), or a pooler's address"
        " with pool_mode = session. The application may keep the pooled address."
    )
    problem: str


class DatabaseNotEmpty(ConfigError):
    """A database without history has tables already."""

    code = "database-not-empty"
    message = "The database has no history of migrations but is not empty: it has {count} ({first})."
    hint = (
        "If the files up to some version made these tables, name that version as the"
        " baseline: it is recorded, and the files after it run. If the tables have"
        " nothing to do with these files, allow a dirty database."
    )
    tables: tuple[str, ...]

    @property
    def count(self) -> str:
        number = len(self.tables)
        return f"{number} table{'s' if number > 1 else ''}"

    @property
    def first(self) -> str:
        return ", ".join(self.tables[:3]) + (", …" if len(self.tables) > 3 else "")


class HistoryElsewhere(ConfigError):
    """Atlas keeps the history of the database in a schema of its own."""

    code = "history-elsewhere"
    message = (
        "{target}: the history {found} in schema {schema!r}, where Atlas puts it;"
        " {looked_in!r} has none. Nothing was run."
    )
    hint = (
        "Go on with it: set REVISIONS_SCHEMA to {schema!r}. If that history is another"
        " one, set it to {looked_in!r}."
    )
    target: str
    found: str
    schema: str
    looked_in: str


class RevisionsSchemaMissing(ConfigError):
    """A database in use lacks the schema of the revisions."""

    code = "revisions-schema-missing"
    message = "{target} has tables but no schema {schema!r} for the revisions."
    hint = (
        "{suggestion}Name the schema that holds atlas_schema_revisions in"
        " REVISIONS_SCHEMA. If there is none yet, a first run with a baseline, or one"
        " that allows a dirty database, creates it."
    )
    target: str
    schema: str
    known: tuple[str, ...]

    @property
    def suggestion(self) -> str:
        return suggest_nearest(self.schema, self.known)


class RevisionsSchemaUnsupported(ConfigError):
    """SQLite has no schemas, but one is set for the revisions."""

    code = "revisions-schema-unsupported"
    message = "SQLite has no schema {schema!r} for the revisions."
    hint = "Remove REVISIONS_SCHEMA."
    schema: str


class RevisionsNotCreated(ConfigError):
    """The server refused to create the table of revisions."""

    code = "revisions-not-created"
    message = "Cannot create the revisions table in schema {schema!r}: {reason}"
    hint = "Grant the right to create tables there, or name another schema in REVISIONS_SCHEMA."
    schema: str
    reason: str


class RevisionsNotReadable(ConfigError):
    """The server refused to read the table of revisions."""

    code = "revisions-not-readable"
    message = "{table} cannot be read: {reason}"
    hint = (
        "Connect as the role that applies the files, or grant this role SELECT, INSERT"
        " and UPDATE on the table. If another program made the table, choose another"
        " schema in REVISIONS_SCHEMA."
    )
    table: str
    reason: str


class RevisionsReadOnly(ConfigError):
    """A program or a fixture would write the table of revisions."""

    code = "revisions-read-only"
    message = "revision {version} cannot be saved: only schemaapply and schemaset write the table of revisions"
    hint = (
        "A fixture with revisions holds the history of another database. To load its"
        " other rows: python manage.py loaddata FIXTURE --exclude schema_migrations"
    )
    version: str


class ServerUnreachable(Unreachable):
    """A server does not answer, or not yet."""

    code = "server-unreachable"
    message = "The server does not answer: {reason}"
    hint = "Check the host and port, and that the server is running."
    reason: str


class TargetUnreachable(Unreachable):
    """The target's server does not answer, or not yet."""

    code = "target-unreachable"
    message = "{target}: {reason}"
    hint = ServerUnreachable.hint
    target: str
    reason: str


class TargetLocked(Unreachable):
    """Another session holds a lock that keeps the target from being read."""

    code = "target-locked"
    message = "{target}: {reason}"
    hint = "Another process has locked it. Run the command again when that has ended."
    target: str
    reason: str


class ConnectionLost(Unreachable):
    """The connection to the target was lost."""

    code = "connection-lost"
    message = "{target}: {reason}"
    hint = RESUME_HINT
    target: str
    reason: str


class LockNotAcquired(Unreachable):
    """Another run holds the lock of this target."""

    code = "lock-not-acquired"
    message = "{problem}: {holder}."
    hint = "Waited {waited:g}s. Run again after it has ended, or wait longer with LOCK_WAIT."
    problem: str
    holder: str
    waited: float


class RevisionTaken(Unreachable):
    """Another run wrote a row of the revisions while this one ran."""

    code = "revision-taken"
    message = "Another run of {version} began or ended meanwhile, so this one stops."
    hint = (
        "What this run had not committed is rolled back. Run the command again: it goes on"
        " from where the database is then. If no other run was there, the file itself"
        " changes its row of atlas_schema_revisions."
    )
    version: str


class LockLost(Unreachable):
    """A file gave up the lock of its run, and another run holds it now."""

    code = "lock-lost"
    message = "{file} gave up the lock of this run, and another one took it: {holder}."
    hint = (
        "What it has done so far is recorded. Run the command again once that run has"
        " ended. What gives a lock up is pg_advisory_unlock_all() or DISCARD ALL, or on"
        " SQLite the removal of the lock file."
    )
    file: str
    holder: str


class TargetFailed(SchemaMigrationsError):
    """The server refused something that is not a statement of a file."""

    code = "target-failed"
    message = "{target}: {reason}"
    target: str
    reason: str


class StatementFailed(SchemaMigrationsError):
    """The server refused a statement; the exit code is 5 if the same run may pass later."""

    code = "statement-failed"
    hint = "{explanation}"
    problem: str
    outcome: str = ""
    """What it left."""
    advice: str = ""
    """What to do."""
    cause: str = ""
    """A word for what kept the statement from running; empty: the statement itself."""
    file: str = ""
    line: int = 0
    sql: str = ""
    server_message: str = ""
    sqlstate: str = ""
    retryable: bool = False

    @property
    def explanation(self) -> str:
        return "\n".join(filter(None, (self.outcome, self.advice)))


class DoneStatementNotRecorded(StatementFailed):
    """A statement outside a transaction is done, but its revision does not say so."""

    code = "done-statement-not-recorded"
    hint = "The statement is done, but this could not be recorded: the next run checks the database and resumes after it."


class SignalHandlerFailed(SchemaMigrationsError):
    """A handler of ``pre_migrate`` or ``post_migrate`` raised an exception."""

    code = "signal-handler-failed"
    message = "A handler of the signal {signal} failed: {reason}"
    hint = "{outcome} Run the command again to send the signal again, or skip it."
    signal: str
    reason: str
    outcome: str


class SessionLostToHandler(SchemaMigrationsError):
    """A handler of ``pre_migrate`` closed the connection or left a transaction open."""

    code = "session-lost-to-handler"
    message = "A handler of the signal pre_migrate closed the connection that holds the lock of this run, or left a transaction open."
    hint = "Nothing was applied. Let the handler use its own connection, or run without signals."


class WorkerKilled(SchemaMigrationsError):
    """The process that worked on a target was killed."""

    code = "worker-killed"
    message = (
        "A worker process was killed. Its target's revisions say what was applied."
    )
    hint = "Run the same command again: each target resumes where it stopped. If memory ran out, work on fewer targets at a time."
