"""Errors as JSON values.  Pure."""

from __future__ import annotations

from typing import Any

from schema_migrations.errors import (
    SchemaMigrationsError,
    StatementFailed,
    SyntaxProblem,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.management.hints import message_of


def error_as_json(error: SchemaMigrationsError) -> dict[str, Any]:
    """Return the contract's JSON object; null for what the error does not know."""
    values: dict[str, Any] = dict.fromkeys(
        ("code", "version", "statement", "line", "message", "sqlstate")
    )
    values["code"] = error.code
    values["message"] = message_of(error)
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
