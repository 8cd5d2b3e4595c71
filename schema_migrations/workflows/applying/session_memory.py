"""Remembering what a file's statements set for their session, for a run that goes on.

Only statements that may set something without ``SET`` cost a query: ``SELECT``, ``DO``,
``CALL`` and their kin.  What a trigger sets is not seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schema_migrations.errors import StatementFailed
from schema_migrations.history.session_changes import (
    Session,
    SessionChanges,
    advance_changes,
    describe_changes,
    find_changed_values,
    read_changes,
)
from schema_migrations.history.statements import find_transaction_control

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_migrations.engines.engine import Connection, Executor
    from schema_migrations.history.revision import Revision
    from schema_migrations.history.statements import SourceStatement

_BEFORE = r"(?:[\s(]|--[^\r\n]*|/\*.*?\*/)*"
_MAKES_TEMPORARY = re.compile(
    rf"{_BEFORE}(?:CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:LOCAL|GLOBAL)\s+)?"
    r"|SELECT\s.*\sINTO\s+)TEMP(?:ORARY)?\s",
    re.IGNORECASE | re.DOTALL,
)
_MAY_SET = re.compile(
    rf"{_BEFORE}(?:SELECT|WITH|VALUES|TABLE|DO|CALL|EXECUTE|EXPLAIN|DISCARD)\b",
    re.IGNORECASE | re.DOTALL,
)

TEMPORARY_WARNING = (
    "a temporary table ends with its session: if this run is interrupted, no later run can"
    " go on from here (put BEGIN and COMMIT around the statements that use it)"
)


@dataclass(slots=True, kw_only=True)
class SessionMemory:
    """What the session had when last looked at, and what must be kept of it."""

    executor: Executor
    connection: Connection
    changes: SessionChanges
    known: Session

    def note(
        self, row: Revision, statements: Sequence[SourceStatement], *, committed: bool
    ) -> Revision:
        """Return the row with what the statements set for the session.

        Before the commit it cannot be told from what they set for the transaction.
        """
        if row.applied >= row.total:
            return replace(row, session_changes="")
        texts = [
            each.sql for each in statements if not find_transaction_control(each.sql)
        ]
        are_settings = [self.executor.is_session_setting(sql, "") for sql in texts]
        if not any(map(_may_change_session, texts)) and not (
            committed and any(are_settings)
        ):
            return replace(row, session_changes=describe_changes(self.changes))
        now = self.executor.read_session(self.connection)
        changes = advance_changes(
            self.changes, self.known, now, repeatable=all(are_settings)
        )
        if committed:
            self.changes, self.known = changes, now
        else:
            names = find_changed_values(self.known, now)
            changes = replace(
                self.changes, temporary=changes.temporary, maybe_local=names
            )
        return replace(row, session_changes=describe_changes(changes))


def _may_change_session(sql: str) -> bool:
    return bool(_MAY_SET.match(sql) or _MAKES_TEMPORARY.match(sql))


def find_temporary(statements: Sequence[SourceStatement]) -> Iterator[SourceStatement]:
    """Yield each statement outside a file's own transactions that makes what is temporary."""
    in_transaction = False
    for statement in statements:
        if word := find_transaction_control(statement.sql):
            in_transaction = word in {"BEGIN", "START TRANSACTION"}
        elif not in_transaction and _MAKES_TEMPORARY.match(statement.sql):
            yield statement


def restore_changes(
    executor: Executor,
    connection: Connection,
    revision: Revision,
    following: SourceStatement,
    *,
    file: str,
) -> None:
    """Set what the done statements of a file had set; raise ``StatementFailed``.

    It cannot be done for what is temporary, unless the ``following`` statement does it.
    """
    if revision.written_by_atlas:  # which went on in another session
        return
    changes = read_changes(revision.session_changes)
    place = f"{file}:{following.line}"
    gone = changes.temporary and (
        changes.temporary - executor.read_session(connection).temporary
    )
    if gone and not _MAKES_TEMPORARY.match(following.sql):
        names = ", ".join(sorted(gone))
        raise StatementFailed(
            problem=f"{place}: the statements before this one made {names}, which was"
            " temporary and ended with the session of an earlier run.",
            file=file,
            line=following.line,
            outcome="Nothing was run.",
            advice="Put a CREATE TEMPORARY statement directly before it, which makes that"
            " anew, and rehash.",
        )
    is_set = executor.is_session_setting(following.sql, "")
    if changes.maybe_local and not is_set:
        names = ", ".join(sorted(changes.maybe_local))
        raise StatementFailed(
            problem=f"{place}: the statement before this one set {names}, and an earlier"
            " run ended before it could see whether that was for the session or only for"
            " a transaction.",
            file=file,
            line=following.line,
            outcome="Nothing was run.",
            advice="Put a SET or RESET statement directly before it, which says the value"
            " to go on with, and rehash.",
        )
    if changes.values:
        executor.set_session_values(connection, changes.values)
