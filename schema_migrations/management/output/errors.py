"""How every command shows that it failed; as text the command's own message says it."""

from __future__ import annotations

from typing import TypedDict

from schema_migrations.errors import (
    SchemaMigrationsError,
    StatementFailed,
    SyntaxProblem,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.management.hints import message_of
from schema_migrations.management.output.lines import Formats, make_json_format


class ErrorJson(TypedDict):
    code: str
    """Names the error; stays the same."""
    version: str | None
    """The version of the file."""
    statement: str | None
    """The SQL that failed."""
    line: int | None
    """In the file, 1-based."""
    message: str
    sqlstate: str | None


class FailureJson(TypedDict):
    error: ErrorJson


def error_as_json(error: SchemaMigrationsError) -> ErrorJson:
    """Return the contract's JSON object; null for what the error does not know."""
    values = ErrorJson(
        code=error.code,
        version=None,
        statement=None,
        line=None,
        message=message_of(error),
        sqlstate=None,
    )
    match error:
        case StatementFailed():
            values["statement"] = error.sql or None
            values["message"] = error.server_message or error.message
            values["sqlstate"] = error.sqlstate or None
        case SyntaxProblem():
            pass
        case _:
            return values
    values["version"] = MigrationFile(name=error.file, content=b"").version
    values["line"] = error.line or None
    return values


def failure_as_json(error: SchemaMigrationsError) -> FailureJson:
    return {"error": error_as_json(error)}


FORMATS: Formats = {"json": make_json_format(failure_as_json)}
