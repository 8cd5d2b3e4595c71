"""The error for a statement that the server refused: where and why.

Invariant: it names a line of the file and keeps the server's own words, except passwords.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.errors import REHASH_COMMAND, StatementFailed
from schema_migrations.errors.interruption import raise_interruption
from schema_migrations.history.excerpt import format_excerpt, locate_position
from schema_migrations.history.secrets import mask_secrets
from schema_migrations.history.statements import find_transaction_control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.engine import Engine
    from schema_migrations.history.statements import SourceStatement

NO_TRANSACTION_HINT = (
    "This statement cannot run inside a transaction. Move it to a file of its own that"
    " begins with the line '-- atlas:txmode none' and a blank line."
)


def make_no_transaction_advice(loose_line: int) -> str:
    """Return what to do about a statement that cannot run inside a transaction.

    ``loose_line`` is the line with an ``atlas:txmode`` that has no effect; 0: none.
    """
    if not loose_line:
        return NO_TRANSACTION_HINT
    return (
        "This statement cannot run inside a transaction, and the atlas:txmode on line"
        f" {loose_line} has no effect:\nput it at the top of the file, and a blank line"
        " below it."
    )


def make_statement_error(
    statement: SourceStatement | None,
    driver_error: DriverError,
    *,
    file: str,
    outcome: str = "",
    advice: str = "",
) -> StatementFailed:
    """Return the error of a statement; without one, of the file around it."""
    line, column = (
        locate_position(statement, driver_error.position) if statement else (0, 0)
    )
    location = ":".join(str(part) for part in (file, line, column) if part)
    state = f" ({driver_error.sqlstate})" if driver_error.sqlstate else ""
    moment = "" if statement else f"{_describe_moment(driver_error)}: "
    lines = [f"{location}: {moment}{driver_error.message}{state}"]
    lines += [format_excerpt(statement, driver_error.position)] if statement else []
    lines += [f"detail: {driver_error.detail}"] if driver_error.detail else []
    lines += [f"hint from the server: {driver_error.hint}"] if driver_error.hint else []
    sql = statement.sql if statement else ""
    return StatementFailed(
        problem=mask_secrets("\n".join(lines), sql),
        file=file,
        line=line,
        column=column,
        sql=mask_secrets(sql),
        server_message=mask_secrets(driver_error.message, sql),
        sqlstate=driver_error.sqlstate,
        cause=driver_error.obstacle or "",
        retryable=driver_error.retryable,
        outcome=outcome,
        advice=advice,
    )


def _describe_moment(driver_error: DriverError) -> str:
    """Say when an error came that no statement of the file caused."""
    violates_constraint = driver_error.sqlstate.startswith("23")  # a deferred one
    return (
        "at the end of its transaction"
        if violates_constraint
        else "before or after its statements"
    )


@contextmanager
def translate_statement_errors(
    engine: Engine,
    *,
    file: str,
    outcome: str,
    advise: Callable[[str], str] = lambda cause: "",
    statement: SourceStatement | None = None,
    is_as_written: bool = True,
) -> Iterator[None]:
    """Raise ``StatementFailed`` with file and line for an error inside.

    Its hint says what the failure left, ``outcome``, and what to do about its cause,
    ``advise``.  ``is_as_written``: the server was sent the statement; else something for
    it, in which a position means nothing to the reader.
    """

    def error_of(driver_error: DriverError) -> StatementFailed:
        is_lost = driver_error.retryable and not driver_error.gave_up_on_lock
        if not is_as_written:
            driver_error = replace(driver_error, position=0)
        return make_statement_error(
            statement,
            driver_error,
            file=file,
            outcome="" if is_lost else outcome,
            advice=advise(driver_error.obstacle or ""),
        )

    try:
        # A driver's error may come while an interruption unwinds: that is no failure.
        with translate_driver_errors(engine, error_of), raise_interruption():
            yield
    except StatementFailed as error:
        if error.file:
            raise
        line = statement.line if statement else 0
        place = f"{file}:{line}" if line else file
        raise StatementFailed(
            problem=f"{place}: {error.message}",
            file=file,
            line=line,
            sql=mask_secrets(statement.sql) if statement else "",
            server_message=error.message if line else "",
            retryable=error.retryable,
            outcome=outcome,
            advice=error.hint,
        ) from error


def make_left_open_error(
    statements: Sequence[SourceStatement], *, file: str
) -> StatementFailed:
    """Return the error for a file that does not end the last transaction it begins."""
    line = max(
        (each.line for each in statements if find_transaction_control(each.sql)),
        default=0,
    )
    place = f"{file}:{line}" if line else file
    return StatementFailed(
        problem=f"{place}: the file begins a transaction but does not end it.",
        file=file,
        line=line,
        outcome="The transaction was rolled back.",
        advice=f"Add COMMIT at its end, and run {REHASH_COMMAND}.",
    )
