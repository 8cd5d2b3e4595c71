"""Errors about a project's own Django migrations, when they are run on a dev database."""

from __future__ import annotations

from schema_migrations.errors.base import (
    AnswerNeeded,
    ConfigError,
    IntegrityError,
    PlanError,
)
from schema_migrations.errors.dev_servers import LeavesDevDatabase


class MigrationFailed(ConfigError):
    """A Django migration fails on an empty database."""

    code = "migration-failed"
    message = "{subject} failed on the dev database: {reason}{where}"
    hint = (
        "Nothing was written. {cause} If it needs a network, a file or a secret that is"
        " not here, leave the rows out, and write those that you need by hand."
    )
    migration: str
    """``shop.0003_fill``; empty: none was running."""
    reason: str
    """The last line of the traceback."""
    place: str
    """``file:line`` where it failed; empty: not in a file."""
    cause: str = (
        "`migrate` fails alike on an empty database: correct the migration there first."
    )

    @property
    def subject(self) -> str:
        if not self.migration:
            return "Django's migrate"
        return f"The Django migration {self.migration}"

    @property
    def where(self) -> str:
        return f"\n  {self.place}" if self.place else ""


class MigrationNotTaken(MigrationFailed):
    """A Django migration that was to become a file fails on an empty database."""

    code = "migration-not-taken"
    hint = (
        "Nothing was written. Does `migrate` fail alike on an empty database? Correct the"
        " migration. If not: migrations run by their dates here, and one that relies on"
        " another must name it in its dependencies. If it needs a network, a file or a"
        " secret, run this where that is."
    )


class MigrationsLeaveDevDatabase(LeavesDevDatabase):
    """Django migrations are Python, which no room of a shared server can hold."""

    code = "migrations-leave-dev-database"
    message = "{problem}"
    reason_to_move = "So they run on a server that nobody else uses."


class MigrationsTurnedOff(ConfigError):
    """The rows of an app are asked for whose migrations ``migrate`` does not run."""

    code = "migrations-turned-off"
    message = (
        "MIGRATION_MODULES turns off the migrations of {names}, so they leave no rows."
    )
    hint = "Turn them on for this command, or do without the rows of this app."
    apps: tuple[str, ...]

    @property
    def names(self) -> str:
        return ", ".join(self.apps)


class LargeTablesOpen(AnswerNeeded):
    """Django migrations leave many rows in some tables: are they to become a file?"""

    code = "large-tables-open"
    message = "Django migrations leave many rows here:\n{listed}"
    hint = "Nothing was written. Say of each table whether its rows go into the file."
    lines: tuple[str, ...]
    """Each with its number of rows."""
    names: tuple[str, ...]
    """Of the tables."""

    @property
    def listed(self) -> str:
        return "\n".join(self.lines)


class UnknownRowsTable(ConfigError):
    """An answer about the rows of a table that has none."""

    code = "unknown-rows-table"
    message = "{table} is no table in which Django migrations leave rows."
    hint = "Those with rows: {known}."
    table: str
    tables: tuple[str, ...]

    @property
    def known(self) -> str:
        return ", ".join(self.tables) or "none"


class RowsRefused(PlanError):
    """The dev database refuses a statement of the file of rows."""

    code = "rows-refused"
    message = "The file of rows was tried, and the dev database refused this:\n  {step}\n  {reason}"
    hint = "Nothing was written. Leave the table out, and write its rows by hand."
    step: str
    """What the statement does, without values."""
    reason: str
    """Without values, too."""


class RowsDiffer(PlanError):
    """The file of rows does not leave what the Django migrations leave."""

    code = "rows-differ"
    message = "The file of rows was tried, and leaves other rows than Django's migrations:\n{listed}"
    hint = (
        "Nothing was written. A trigger or a rule of the table may add or change rows."
        " Leave these tables out, and write their rows by hand."
    )
    lines: tuple[str, ...]
    """Each table, and how it differs, without values."""

    @property
    def listed(self) -> str:
        return "\n".join(self.lines)


class HistoryDiffers(PlanError):
    """The files of SQL do not make what the Django migrations make."""

    code = "history-differs"
    message = "The files were tried, and make another schema than Django's migrations (there -> in the migrations):\n{listed}"
    hint = "Nothing was written. Python of a migration may change the schema in a way that depends on rows. Choose a later date, so that the first file holds it."
    differences: tuple[str, ...]

    @property
    def listed(self) -> str:
        return "\n".join(f"  {difference}" for difference in self.differences)


class MigrationsNotRun(IntegrityError):
    """A database has a part of the migrations that are one file."""

    code = "migrations-not-run"
    message = "django_migrations lacks {migrations}, which {file} holds with others."
    hint = "Nothing was changed. Let `migrate` run them, from a release that has its migrations; or take the migrations over again from an earlier date, so that each is a file."
    file: str
    migrations: tuple[str, ...]


class MigrationsWithoutFile(IntegrityError):
    """A database has run Django migrations that the files do not hold."""

    code = "migrations-without-file"
    message = "django_migrations has {migrations}, of which the directory has no file."
    hint = "Nothing was changed. Use the release that the database has, and take its migrations over again. A migration that was renamed or removed since: delete its row from django_migrations."
    migrations: tuple[str, ...]
