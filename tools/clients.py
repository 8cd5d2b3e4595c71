"""Find PostgreSQL's client programs on this machine.

Invariant: what could not be compared for want of them is a difference, unless a reason for
that is written down here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from schema_migrations.dev.programs import find_installed_programs

WITHOUT_PG_DUMP: Mapping[int, str] = {}
"""PostgreSQL's major → why no ``pg_dump`` that reads it need be here."""


@cache
def find_clients(major: int) -> Path | None:
    """Find the folder of a ``pg_dump`` that reads this major; an older one does not."""
    able = {
        p.major: p.bin_folder
        for p in find_installed_programs()
        if (p.bin_folder / "pg_dump").is_file()
    }
    return able[min(fitting)] if (fitting := [m for m in able if m >= major]) else None


def is_gap_known(major: int, known: Mapping[int, str] = WITHOUT_PG_DUMP) -> bool:
    """Tell whether there is a reason why databases of this major are not compared."""
    return major in known


def describe_gap(major: int, known: Mapping[int, str] = WITHOUT_PG_DUMP) -> str:
    """Say that databases of this major are not compared, and why that may be."""
    text = f"NOT COMPARED by pg_dump: none here reads PostgreSQL {major}"
    reason = known.get(major)
    if reason is not None:
        return f"{text}, which is known: {reason}"
    return f"{text}. Install it, or write down in {__name__} why it is missing"
