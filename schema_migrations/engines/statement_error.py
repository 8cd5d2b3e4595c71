"""The error for a statement that the server refused: where and why.

Invariant: it names a line of the file and keeps the server's own words, except passwords.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.errors import StatementFailed
from schema_migrations.history.excerpt import format_excerpt, locate_position
from schema_migrations.history.secrets import mask_secrets

if TYPE_CHECKING:
    from schema_migrations.engines.engine import DriverError
    from schema_migrations.history.statements import SourceStatement

NO_TRANSACTION_HINT = (
    "This statement cannot run inside a transaction. Move it to a file of its own that"
    " begins with the line '-- atlas:txmode none' and a blank line."
)


def make_statement_error(
    statement: SourceStatement | None,
    driver_error: DriverError,
    *,
    file: str,
    hint: str = "",
) -> StatementFailed:
    """Return the error of a statement; without one, the error of the file's commit."""
    line, column = (
        locate_position(statement, driver_error.position) if statement else (0, 0)
    )
    location = ":".join(str(part) for part in (file, line, column) if part)
    state = f" ({driver_error.sqlstate})" if driver_error.sqlstate else ""
    moment = "" if statement else "at the end of its transaction: "
    lines = [f"{location}: {moment}{driver_error.message}{state}"]
    lines += [format_excerpt(statement, driver_error.position)] if statement else []
    lines += [f"detail: {driver_error.detail}"] if driver_error.detail else []
    lines += [f"hint from the server: {driver_error.hint}"] if driver_error.hint else []
    if driver_error.refused_in_transaction:
        hint = f"{NO_TRANSACTION_HINT} {hint}"
    sql = statement.sql if statement else ""
    return StatementFailed(
        problem=mask_secrets("\n".join(lines), sql),
        file=file,
        line=line,
        sql=mask_secrets(sql),
        server_message=mask_secrets(driver_error.message, sql),
        sqlstate=driver_error.sqlstate,
        retryable=driver_error.retryable,
        advice=hint,
    )
