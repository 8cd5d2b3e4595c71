"""The last comparison, by programs that are not ours."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote

from schema_migrations.dev.programs import find_installed_programs
from tools.catalogs import of_postgresql, of_sqlite
from tools.histories.database import Database


@cache
def clients(major: int) -> Path | None:
    """Return the folder of a ``pg_dump`` that reads this major: no older one does."""
    able = {
        p.major: p.bin_folder
        for p in find_installed_programs()
        if (p.bin_folder / "pg_dump").is_file()
    }
    return able[min(fitting)] if (fitting := [m for m in able if m >= major]) else None


def differences(reached: Database, desired: Database) -> Iterator[str]:
    """Yield what one database has and the other has not, in SQL's words.

    Nothing without a ``pg_dump``.
    """
    one, other = (_facts(db) for db in (desired, reached))
    for sign, facts in (("-", one - other), ("+", other - one)):
        yield from (f"{sign} {fact}" for fact in sorted(facts))


def _facts(db: Database) -> frozenset[str]:
    if not db.on_postgresql:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "copy.sqlite3")
            db.connection.connection.execute(f"VACUUM INTO '{path}'")
            return of_sqlite(path)
    programs = clients(db.major)
    if programs is None:
        return frozenset()
    place = db.connection.settings_dict
    user, port = quote(place["USER"]), place["PORT"]
    host = quote(place["HOST"], safe="")
    url = f"postgresql://{user}@/{place['NAME']}?host={host}&port={port}"
    return of_postgresql(url, programs)
