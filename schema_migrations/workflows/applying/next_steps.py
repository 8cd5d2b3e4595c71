"""What to do after a statement failed in a run: one table, by what kept it from running.

Pure.  Invariant: "correct the file" is said only where the file is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.statement_error import (
    NO_TRANSACTION_HINT,
    make_no_transaction_advice,
)
from schema_migrations.errors import MARK_COMMAND, REHASH_COMMAND, RESUME_HINT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.engines.driver_error import Obstacle
    from schema_migrations.history.failure import Failure

AGAIN = "Then run schemaapply again."

CORRECT_FILE = f"Correct the file, run {REHASH_COMMAND},\nthen schemaapply again."

UNKNOWN_STEP = (
    f"Mend what the error names. If that is the file,\nrun {REHASH_COMMAND}.\n{AGAIN}"
)

TIMEOUT_SETTING = "STATEMENT_TIMEOUT"
TIMEOUT_OF_URL = "statement_timeout in the URL"

NEXT_STEPS: Mapping[Obstacle, str] = {
    "retry": RESUME_HINT.replace("the command", "schemaapply"),
    "rights": "The role of this run has no right to do this. Connect as the owner of the"
    f" object, or let the owner grant the right.\n{AGAIN}",
    "no room": f"Make room on the server (its disk, memory or limits).\n{AGAIN}",
    "cancelled": "The statement timeout, or somebody, cancelled the statement. Allow more"
    f" time with {TIMEOUT_SETTING} (0: no limit).\n{AGAIN}",
    "rows": f"Rows or values break it. Correct the rows in the database.\n{AGAIN}\n"
    f"Or let a statement before this one correct them, and run\n{REHASH_COMMAND} first.",
    "pending events": "Deferred constraints of this transaction are still to be checked."
    " Put this line before the statement:\n"
    "    SET CONSTRAINTS ALL IMMEDIATE;\n"
    f"Then run {REHASH_COMMAND},\nand schemaapply again.",
    "in use": f"Another session uses it. Let that session end.\n{AGAIN}",
    "no schema": "Create the schema, in an earlier file or by hand, or name another in"
    f" search_path.\n{AGAIN}",
    "not on this server": "This server lacks the extension or the tablespace. Let an"
    f" administrator add it there.\n{AGAIN}",
    "no role": "This server lacks the role. Let an administrator create it there.\n"
    f"{AGAIN}",
    "exists": "The database has it already. If it has all that this file makes, mark the"
    f" file\nas applied with {MARK_COMMAND} {{version}}.\nIf not, drop it there, or"
    f" correct the file and run\n{REHASH_COMMAND}. {AGAIN}",
    "raised": "A function, a trigger or the file itself stopped it with these words. Mend"
    f" what they\nname; if that is the file, run {REHASH_COMMAND}.\n{AGAIN}",
    "in transaction": f"{NO_TRANSACTION_HINT}\nThen run {REHASH_COMMAND},\nand"
    " schemaapply again.",
}


def choose_next_step(
    cause: str, *, version: str, loose_line: int = 0, is_timeout_of_url: bool = False
) -> str:
    """Return what to do about a statement that failed; ``""``: it is wrong itself.

    ``version`` is the one to mark, so that the file counts as applied; ``loose_line``
    that of an ``atlas:txmode`` without effect; ``is_timeout_of_url``: the setting has none.
    """
    if not cause:
        return CORRECT_FILE
    step = next((s for c, s in NEXT_STEPS.items() if c == cause), UNKNOWN_STEP)
    if is_timeout_of_url:
        step = step.replace(TIMEOUT_SETTING, TIMEOUT_OF_URL)
    step = step.replace(NO_TRANSACTION_HINT, make_no_transaction_advice(loose_line))
    return step.format(version=version)


def choose_step_of_row(failure: Failure, *, version: str, loose_line: int = 0) -> str:
    """Return what to do about the failure of a row: what was said at the time.

    Without an SQLSTATE another program, or an older release, wrote the row.
    """
    if failure.advice:
        return failure.advice
    if not failure.sqlstate:
        return UNKNOWN_STEP
    return choose_next_step(failure.cause, version=version, loose_line=loose_line)
