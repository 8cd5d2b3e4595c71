"""The last comparison, by programs that are not ours."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from catalogs import of_postgresql, of_sqlite

from histories.database import Database


def differences(
    reached: Database, desired: Database, programs: Path | None
) -> Iterator[str]:
    """Yield what one database has and the other has not, in SQL's words."""
    one, other = (_facts(db, programs) for db in (desired, reached))
    for sign, facts in (("-", one - other), ("+", other - one)):
        yield from (f"{sign} {fact}" for fact in sorted(facts))


def _facts(db: Database, programs: Path | None) -> frozenset[str]:
    if not db.on_postgresql:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "copy.sqlite3")
            db.connection.connection.execute(f"VACUUM INTO '{path}'")
            facts: frozenset[str] = of_sqlite(path)
            return facts
    found = shutil.which("pg_dump")
    if programs is None or not (programs / "pg_dump").exists():
        if found is None:
            return frozenset()
        programs = Path(found).parent
    place = db.connection.settings_dict
    user, port = quote(place["USER"]), place["PORT"]
    host = quote(place["HOST"], safe="")
    url = f"postgresql://{user}@/{place['NAME']}?host={host}&port={port}"
    found_there: frozenset[str] = of_postgresql(url, programs)
    return found_there
