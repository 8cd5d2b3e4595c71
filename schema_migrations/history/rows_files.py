"""Files of rows: what Django migrations leave in a new database, as a file of its own.

A database that ``migrate`` made has these rows, so it is never to run such a file: a
baseline at the file before counts this one as applied, too.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from schema_migrations.history.file import MigrationFile

ROWS_LINE = "rows: of Django migrations; a database that migrate made has them"
"""The header line that marks such a file, without the comment sign."""


def is_rows_file(file: MigrationFile) -> bool:
    return f"-- {ROWS_LINE}" in file.leading_comments


def find_baseline_with_rows(
    files: Sequence[MigrationFile], baseline: MigrationFile
) -> MigrationFile:
    """Return the last of the files of rows that follow a baseline at once, or itself."""
    last = baseline
    for file in files[files.index(baseline) + 1 :]:
        if not is_rows_file(file):
            break
        last = file
    return last
