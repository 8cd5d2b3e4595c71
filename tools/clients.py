"""Find PostgreSQL's client programs on this machine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schema_migrations.dev.programs import find_installed_programs


@cache
def find_clients(major: int) -> Path | None:
    """Find the folder of a ``pg_dump`` that reads this major; an older one does not."""
    able = {
        p.major: p.bin_folder
        for p in find_installed_programs()
        if (p.bin_folder / "pg_dump").is_file()
    }
    return able[min(fitting)] if (fitting := [m for m in able if m >= major]) else None
