"""An error as a JSON value.  Pure."""

from __future__ import annotations

from typing import Any

from schema_migrations.errors import (
    SchemaMigrationsError,
    StatementFailed,
    SyntaxProblem,
)
from schema_migrations.history.file import MigrationFile


def error_as_json(error: SchemaMigrationsError) -> dict[str, Any]:
    """Return the contract's object; null is what the error does not know."""
    known: dict[str, Any] = dict.fromkeys(
        ("version", "statement", "line", "message", "sqlstate")
    )
    known["message"] = error.message
    match error:
        case StatementFailed():
            known["statement"] = error.sql or None
            known["message"] = error.server_message or error.message
            known["sqlstate"] = error.sqlstate or None
        case SyntaxProblem():
            pass
        case _:
            return known
    known["version"] = MigrationFile(name=error.file, content=b"").version
    known["line"] = error.line or None
    return known
