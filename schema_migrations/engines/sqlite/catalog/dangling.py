"""Views and triggers that name what is not there: SQLite makes them without a word.

Invariant: leaves no trace.  Renaming a table makes SQLite read every view and trigger
again, and fail at the first one that it cannot make sense of.
https://www.sqlite.org/lang_altertable.html#alter_table_rename
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_migrations.engines.engine import Cursor

_REREAD_STATEMENTS = (
    'CREATE TABLE "dangling probe" (a)',
    'ALTER TABLE "dangling probe" RENAME TO "dangling probe read"',
)


def explain_dangling(cursor: Cursor) -> str:
    """Return SQLite's words on one broken view or trigger, or nothing."""
    cursor.execute("SAVEPOINT dangling")
    try:
        for statement in _REREAD_STATEMENTS:
            cursor.execute(statement)
    except sqlite3.OperationalError as error:
        return str(error)
    finally:
        cursor.execute("ROLLBACK TO dangling")
        cursor.execute("RELEASE dangling")
    return ""
