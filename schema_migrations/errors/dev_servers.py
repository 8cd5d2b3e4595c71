"""Errors about dev servers."""

from __future__ import annotations

from schema_migrations.errors.base import ConfigError, Unreachable


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
