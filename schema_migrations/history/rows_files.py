"""Files of rows: what Django migrations leave in a new database, as a file of its own.

A database that ``migrate`` brought to the migrations which the file before covers has
these rows, so it is never to run such a file: a baseline at the file before counts this
one as applied, too.  Rows of later migrations are none of them: that database may lack
them.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from schema_migrations.history.file import MigrationFile

ROWS_LINE = "rows: of Django migrations; a database that migrate made has them"
"""The header line that marks such a file, without the comment sign."""

LATER_ROWS_LINE = (
    "rows: of Django migrations that no file before covers; a database that migrate made"
    " may lack them"
)
"""The header line of a file that comes with migrations of its own."""


def is_part_of_baseline(file: MigrationFile) -> bool:
    """Return whether a database at the file before has the rows if ``migrate`` made it."""
    return f"-- {ROWS_LINE}" in file.leading_comments


def find_baseline_with_rows(
    files: Sequence[MigrationFile], baseline: MigrationFile
) -> MigrationFile:
    """Return the last of the files of rows that belong to a baseline, or itself."""
    last = baseline
    for file in files[files.index(baseline) + 1 :]:
        if not is_part_of_baseline(file):
            break
        last = file
    return last
