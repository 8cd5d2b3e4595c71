"""Errors about dev servers."""

from __future__ import annotations

from schema_migrations.errors.base import ConfigError, Unreachable
from schema_migrations.errors.targets import StatementFailed


class DevServerUnusable(ConfigError):
    """A form of dev server is not possible here; ``other`` is one that may be."""

    code = "dev-server-unusable"
    hint = "{advice}"
    problem: str
    remedy: str = ""
    other: str = ""

    @property
    def advice(self) -> str:
        return suggest_other_server(self)


class DevServerUnreachable(Unreachable):
    """A dev server does not answer or does not start; ``other`` is one that may."""

    code = "dev-server-unreachable"
    hint = "{advice}"
    problem: str
    remedy: str = ""
    other: str = ""

    @property
    def advice(self) -> str:
        return suggest_other_server(self)


def suggest_other_server(
    error: DevServerUnusable | DevServerUnreachable, form: str = "{}"
) -> str:
    """Return the remedy and the other dev server, which ``form`` says how to name."""
    if not error.other:
        return f"{error.remedy}." if error.remedy else ""
    other = f"another dev database, e.g. {form.format(error.other)}."
    return f"{error.remedy}, or name {other}" if error.remedy else f"Name {other}"


class NoDevServer(ConfigError):
    """``auto`` found no dev server."""

    code = "no-dev-server"
    message = "No dev database is available. Tried:\n{listed}"
    hint = (
        'Simplest fix: pip install "django-schema-migrations[embedded]". Or let the'
        " project's user create databases, start Docker, or name a server in DEV:"
        " postgres://user@host/db."
    )
    tried: tuple[str, ...]
    """Each form of dev server with its problem."""

    @property
    def listed(self) -> str:
        return "\n".join(f"  {attempt}" for attempt in self.tried)


class DevServersDown(NoDevServer, Unreachable):
    """``auto`` found no dev server, and one of those tried did not answer."""

    code = "dev-servers-down"


class LeavesDevDatabase(StatementFailed):
    """A statement would act on more than its dev database, on a server that is shared."""

    code = "leaves-dev-database"
    message = (
        "{problem}\nThe dev database shares its server with others, so a statement may"
        " change nothing outside of it: no role, database, file or session."
    )
    hint = (
        "Use a dev database with a server of its own, where this may run: set DEV to"
        " embedded or docker://postgres/17.{listed}"
    )
    reason_to_move = "This would change more than the dev database."
    """Why ``auto`` takes another server."""
    tried: tuple[str, ...] = ()
    """Each form of dev server that ``auto`` tried instead, with its problem."""

    @property
    def listed(self) -> str:
        return "\n".join(("\nTried:", *self.tried)) if self.tried else ""

    def with_tried(self, tried: tuple[str, ...]) -> LeavesDevDatabase:
        """Return the same error, which says what else was tried."""
        return type(self)(
            problem=self.problem,
            file=self.file,
            line=self.line,
            sql=self.sql,
            server_message=self.server_message,
            sqlstate=self.sqlstate,
            tried=tried,
        )


class RoleMissing(LeavesDevDatabase):
    """A statement names a role that a dev server does not have, which others use, too."""

    code = "role-missing"
    message = (
        "{problem}\nThe dev database shares its server with others, so no role is created"
        " there."
    )
    hint = (
        "Create the role on that server. Or use a dev database with a server of its own,"
        " where a stand-in is made for each role: set DEV to embedded or"
        " docker://postgres/17.{listed}"
    )
    reason_to_move = "A server of our own makes a stand-in for it."
