"""Errors about the revisions of a target and its lock."""

from __future__ import annotations

from schema_migrations.errors.base import (
    ConfigError,
    Unreachable,
    suggest_nearest,
)


class RevisionsShared(ConfigError):
    """Several schemas would keep their revisions in one table."""

    code = "revisions-shared"
    message = "{target} would share its revisions with other targets: all would keep them in schema {schema!r}."
    hint = "Let each schema keep its own: remove REVISIONS_SCHEMA."
    target: str
    schema: str


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
    other_history: str = ""
    """The table in which the tool that the files came from records what it ran; empty:
    the database has none."""

    @property
    def count(self) -> str:
        number = len(self.tables)
        return f"{number} table{'s' if number > 1 else ''}"

    @property
    def first(self) -> str:
        return ", ".join(self.tables[:3]) + (", …" if len(self.tables) > 3 else "")


class HistoryElsewhere(ConfigError):
    """The history is not in the current schema but in another, and nobody named one."""

    code = "history-elsewhere"
    message = (
        "{target}: the history is not in {looked_in!r}, the first schema of search_path."
        " {finding} Nothing was run."
    )
    hint = (
        "Go on with it: set REVISIONS_SCHEMA to {schema!r}. If that history is another"
        " one, set it to {looked_in!r}.{warning}"
    )
    target: str
    schema: str
    is_of_atlas: bool
    """That schema is the one that Atlas makes, for the history only."""
    reason: str
    """Why that schema's history cannot be read; empty: it can."""
    looked_in: str

    @property
    def warning(self) -> str:
        if self.is_of_atlas:
            return ""
        return (
            f"\nNew tables go into {self.looked_in!r} unless search_path begins with"
            f" {self.schema!r}: in a URL, ?search_path={self.schema}."
        )

    @property
    def finding(self) -> str:
        if not self.reason:
            return f"It is in {self.schema!r}."
        return f"It may be in {self.schema!r}, but cannot be read there: {self.reason}."


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
    message = "Another run changed the record of version {version} meanwhile, so this one stops."
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
        "What the file has done so far is recorded. Run the command again once that run"
        " has ended. pg_advisory_unlock_all() and DISCARD ALL give up the lock; on SQLite,"
        " so does removing the lock file."
    )
    file: str
    holder: str
