"""Why a server refuses rows, in words that hold no value of a row.  Pure."""

from __future__ import annotations

from schema_migrations.workflows.states.migrated_database import strip_values

_FOREIGN_KEY = "23503"
_NO_FOREIGN_KEY = "FOREIGN KEY constraint failed"
"""What SQLite says."""


def describe_refusal(sqlstate: str, server_message: str) -> str:
    """Return the reason of a server's error.

    Where a function refuses a row, it says what it likes, so that is not repeated.
    https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    reason = strip_values(server_message, sqlstate)
    if sqlstate.startswith("P0"):
        return "a trigger, or a function that it calls, refuses a row"
    if sqlstate == _FOREIGN_KEY or reason == _NO_FOREIGN_KEY:
        return (
            f"{reason}: the row that it needs is left out, or comes later. Where rows"
            " refer to one another in a circle, only foreign keys that are DEFERRABLE"
            " INITIALLY DEFERRED, as Django makes them, take them"
        )
    return reason or "the server gives no reason"
