"""Which files a new database needs.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_migrations.history.file import MigrationFile


def select_from_checkpoint(files: Sequence[MigrationFile]) -> tuple[MigrationFile, ...]:
    """Return the files of an empty database: the last checkpoint and those after it."""
    starts = [i for i, file in enumerate(files) if file.directives.is_checkpoint]
    return tuple(files[starts[-1] if starts else 0 :])
