"""Say what to do about a statement of a file that a dev database refused.  Pure."""

from __future__ import annotations

from schema_migrations.engines.statement_error import advise_no_transaction
from schema_migrations.errors import REHASH_COMMAND, RESUME_HINT

REHASH_HINT = f"Then run {REHASH_COMMAND}."


def choose_advice(cause: str, *, loose_line: int = 0) -> str:
    """Return what to do about a statement that a dev database refused.

    ``loose_line`` is the line with an ``atlas:txmode`` that has no effect; 0: none.
    """
    match cause:
        case "in transaction":
            return f"{advise_no_transaction(loose_line)}\n{REHASH_HINT}"
        case "not on this server" | "rights" | "no room":
            return "Name another dev server with DEV."
        case "no role":
            return (
                "Create the role on the dev server, or name another server with DEV:"
                " one of our own makes a stand-in for each role."
            )
        case "retry" | "cancelled" | "in use":
            return RESUME_HINT
        case _:
            return f"If no database has the file yet, correct it. {REHASH_HINT}"
