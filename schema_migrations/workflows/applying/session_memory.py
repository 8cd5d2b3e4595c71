"""Remembering what a file's statements set for their session, for a run that goes on.

Only statements that may set something without ``SET`` cost a query: ``SELECT``, ``DO``,
``CALL`` and their kin.  What statements that write rows set is not seen, nor a project's own
parameters, which the server does not list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from schema_migrations.errors import REHASH_COMMAND, StatementFailed
from schema_migrations.history.batches import read_progress, with_progress
from schema_migrations.history.session_changes import (
    Session,
    SessionChanges,
    advance_changes,
    describe_changes,
    find_changed_values,
    read_changes,
)
from schema_migrations.history.statements import (
    BEGIN_WORDS,
    SourceStatement,
    find_transaction_control,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.executor import Executor
    from schema_migrations.history.revision import Revision

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
_GOES_BACK = re.compile(rf"{_BEFORE}ROLLBACK\b.*\bTO\b", re.IGNORECASE | re.DOTALL)
_SPELLED_OUT = {
    "timezone": "time zone",
    "session_authorization": "session authorization",
}
"""Parameters that SET has words of its own for."""

TEMPORARY_WARNING = (
    "a temporary table ends with its session. If this run is interrupted, no later run"
    " can go on from here. Put BEGIN and COMMIT around the statements that use the table."
)

THEN_APPLY = f"Run {REHASH_COMMAND},\nthen schemaapply again."


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
        own = [each for each in statements if not find_transaction_control(each.sql)]
        repeatable = not may_undo_settings(own) and all(
            is_only_setting(each, self.executor.is_session_setting, "") for each in own
        )
        if not self._may_set(own, committed=committed):
            return _keep_changes(row, self.changes)
        now = self.executor.read_session(self.connection)
        changes = advance_changes(self.changes, self.known, now, repeatable=repeatable)
        if committed:
            self.changes, self.known = changes, now
        else:
            names = find_changed_values(self.known, now)
            changes = replace(
                self.changes, temporary=changes.temporary, maybe_local=names
            )
        return _keep_changes(row, changes)

    def _may_set(
        self, statements: Sequence[SourceStatement], *, committed: bool
    ) -> bool:
        """Tell whether the statements may have set what must be looked at."""
        for statement in statements:
            if any(map(_may_change_session, statement.texts)):
                return True
            are_settings = [
                self.executor.is_session_setting(sql, "") for sql in statement.texts
            ]
            if any(are_settings) and (committed or not all(are_settings)):
                return True
        return False


def _keep_changes(row: Revision, changes: SessionChanges) -> Revision:
    """Return the row with the changes, and still with what is done of a later statement."""
    kept = replace(row, session_changes=describe_changes(changes))
    for progress in read_progress(row):
        kept = with_progress(kept, progress)
    return kept


def is_only_setting(
    statement: SourceStatement, is_session_setting: Callable[[str, str], bool], end: str
) -> bool:
    """Tell whether a statement did nothing but set something for the session.

    ``end`` is what ended its transaction; empty: it had none.
    """
    return all(is_session_setting(sql, end) for sql in statement.texts)


def find_settings(
    statements: Sequence[SourceStatement],
    is_session_setting: Callable[[str, str], bool],
) -> Sequence[SourceStatement]:
    """Return the statements whose settings the session had after these."""
    found, together = list[SourceStatement](), list[SourceStatement]()

    def add(end: str) -> None:
        if not may_undo_settings(together):  # then the row says what is left
            found.extend(
                e for e in together if is_only_setting(e, is_session_setting, end)
            )
        together.clear()

    for statement in statements:
        word = find_transaction_control(statement.sql)
        if word:
            add("" if word in BEGIN_WORDS else word)
        else:
            together.append(statement)
    add("")
    return found


def may_undo_settings(statements: Iterable[SourceStatement]) -> bool:
    """Tell whether one of them goes back to a savepoint: what was SET may be undone."""
    return any(_GOES_BACK.match(sql) for each in statements for sql in each.texts)


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
    following: Sequence[SourceStatement],
    *,
    file: str,
) -> None:
    """Set what the done statements of a file had set; raise ``StatementFailed``.

    What is temporary, and what may have been set only for a transaction, the first of the
    ``following`` statements must make or set.
    """
    if revision.written_by_atlas:  # which went on in another session
        return
    changes = read_changes(revision.session_changes)
    place, line = f"{file}:{following[0].line}", following[0].line
    gone = changes.temporary
    if gone:
        gone -= executor.read_session(connection).temporary
    made = takewhile(lambda each: _MAKES_TEMPORARY.match(each.sql), following)
    if missing := _find_unnamed(gone, made):
        names = ", ".join(missing)
        raise StatementFailed(
            problem=f"{place}: an earlier run made {names}. That was temporary, and ended"
            " with its session.",
            file=file,
            line=line,
            outcome="Nothing was run.",
            advice="Make it again: put CREATE TEMPORARY directly before this statement."
            f"\n{THEN_APPLY}",
        )
    set_next = takewhile(
        lambda each: is_only_setting(each, executor.is_session_setting, ""), following
    )
    if missing := _find_unnamed(changes.maybe_local, set_next):
        names = ", ".join(missing)
        raise StatementFailed(
            problem=f"{place}: the statement before this one set {names}, then its run"
            " ended. It may have been for the session, or for one transaction only.",
            file=file,
            line=line,
            outcome="Nothing was run.",
            advice="Say the value to go on with: put SET or RESET directly before this"
            f" statement.\n{THEN_APPLY}",
        )
    if changes.values:
        executor.set_session_values(connection, changes.values)


def _find_unnamed(
    names: Iterable[str], statements: Iterable[SourceStatement]
) -> tuple[str, ...]:
    """Return the names that no statement mentions."""
    text = " ".join(each.sql for each in statements).lower()
    for name, spelled in _SPELLED_OUT.items():
        text = text.replace(spelled, name)
    words = set(re.findall(r"\w+", text))
    if re.search(r"\breset\s+all\b", text):
        return ()
    return tuple(name for name in sorted(names) if name.lower() not in words)
