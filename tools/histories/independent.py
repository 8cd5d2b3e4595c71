"""Compare two databases with programs that are not ours."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from tools.catalogs import read_restored_postgresql_facts, read_sqlite_facts
from tools.clients import describe_gap, find_clients, is_gap_known
from tools.histories.database import Database


def find_differences(reached: Database, desired: Database) -> Iterator[str]:
    """Yield the facts that only one of the databases has.

    A missing ``pg_dump`` is a difference too, unless there is a reason for it.
    """
    if gap := find_gap(desired):
        if not is_gap_known(gap):
            yield describe_gap(gap)
        return
    one, other = (_read_facts(db) for db in (desired, reached))
    for sign, facts in (("-", one - other), ("+", other - one)):
        yield from (f"{sign} {fact}" for fact in sorted(facts))


def find_gap(db: Database) -> int:
    """Find the major of a server that no ``pg_dump`` here reads; 0: one does."""
    unread = db.is_postgresql and find_clients(db.major) is None
    return db.major if unread else 0


def _read_facts(db: Database) -> frozenset[str]:
    if not db.is_postgresql:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "copy.sqlite3")
            with closing(sqlite3.connect(path)) as copy:
                db.connection.connection.backup(copy)
            return read_sqlite_facts(path)
    programs = find_clients(db.major)
    assert programs is not None
    settings = db.connection.settings_dict
    user, port = quote(settings["USER"]), settings["PORT"]
    host = quote(settings["HOST"], safe="")
    url = f"postgresql://{user}@/{settings['NAME']}?host={host}&port={port}"
    return read_restored_postgresql_facts(url, programs)
