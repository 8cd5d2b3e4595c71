"""Errors about a project's own Django migrations, when they are run on a dev database."""

from __future__ import annotations

from schema_migrations.errors.base import AnswerNeeded, ConfigError, PlanError
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


class MigrationsLeaveDevDatabase(LeavesDevDatabase):
    """Django migrations are Python, which no room of a shared server can hold."""

    code = "migrations-leave-dev-database"
    message = "{problem}"
    reason_to_move = "So they run on a server that nobody else uses."


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
