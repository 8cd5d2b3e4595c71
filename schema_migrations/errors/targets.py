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
    """A URL cannot be read: of a database, a ``docker://`` or a ``file://`` URL."""

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


class DjangoMigrationsUnreadable(ConfigError):
    """The role of the connection may not read what Django recorded of its migrations."""

    code = "django-migrations-unreadable"
    message = "{target}: the table django_migrations cannot be read: {reason}"
    hint = "Give the role of this connection the right: GRANT SELECT ON django_migrations TO ..."
    target: str
    reason: str


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


class SettingIgnored(ConfigError):
    """The session does not have a setting of the server that its URL asks for."""

    code = "setting-ignored"
    message = "{target}: the URL asks for {name}, but the session has another value."
    hint = (
        "A pooler did not pass it on (ignore_startup_parameters of PgBouncer). Give the"
        " server's own address, let the role have it (ALTER ROLE ... SET {name}), or leave"
        " it out."
    )
    target: str
    name: str


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
    column: int = 0
    """Of the place in that line, 1-based; 0: unknown."""
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
    hint = (
        "The statement is done, but this could not be recorded. The next run resumes after"
        " it if the database shows that it is done. What a CALL has committed it does not"
        " show: the next run calls it again, unless you remove it from the file."
    )


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
