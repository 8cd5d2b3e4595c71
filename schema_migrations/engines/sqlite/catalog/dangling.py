"""Find views and triggers that name a missing object, which SQLite lets exist.

Invariant: leaves no trace.  When a table is renamed, SQLite reads every view and
trigger again and fails at the first one that it cannot resolve.
https://www.sqlite.org/lang_altertable.html#alter_table_rename
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Cursor

_REREAD_STATEMENTS = (
    'CREATE TABLE "dangling probe" (a)',
    'ALTER TABLE "dangling probe" RENAME TO "dangling probe read"',
)


def explain_dangling(cursor: Cursor) -> str:
    """Return SQLite's error for one broken view or trigger; empty if there is none."""
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
