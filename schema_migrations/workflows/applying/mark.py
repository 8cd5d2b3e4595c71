"""Make a target's revisions say what its files are, without running any of them.

Invariant: what was agreed to is what is written: one lock is held from the reading to
the writing, and the rows change in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schema_migrations.engines.engine import SessionOptions
from schema_migrations.history.directory import Directory, verify
from schema_migrations.history.marking import Marking, plan_marking
from schema_migrations.workflows.applying.choice import file_of
from schema_migrations.workflows.applying.events import Reached, Report
from schema_migrations.workflows.applying.running import OPERATOR
from schema_migrations.workflows.applying.writing import locked, made, visited_to_write
from schema_migrations.workflows.targets.reading import Site, history, visited_to_read

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import Engine
    from schema_migrations.history.file import MigrationFile
    from schema_migrations.revision_store import RevisionStore

NOTHING = "zero"
"""Stands for a version before the first file, as in Django's ``migrate APP zero``."""

PATIENCE = 5.0
"""Seconds for another program's lock on the table of revisions."""

Agree = Callable[[Marking], None]
"""Told what is about to be written; raises to forbid it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which version a database is to be at, and how to reach it."""

    version: str
    """Of a file, or its name, or ``zero``."""
    revisions_schema: str | None = None
    wait: float = 0.0
    lock_wait: float = 60.0


def mark(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    wish: Wish,
    report: Report,
    *,
    agree: Agree,
) -> Marking:
    """Write the rows, and return what was written; raises ``SchemaMigrationsError``."""
    verify(directory)
    last = _last(directory, wish.version)
    site = visited_to_write(
        connection, engine, revisions_schema=wish.revisions_schema, wait=wish.wait
    )
    report(Reached(target=site.target))
    with locked(site, report, wait=wish.lock_wait):
        found = _marking(site, directory, last)
        agree(found)
        if found:
            _write(site, found)
    return found


def preview(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    wish: Wish,
    report: Report,
) -> Marking:
    """Return what ``mark`` would write; reads only."""
    verify(directory)
    last = _last(directory, wish.version)
    with visited_to_read(
        connection, engine, revisions_schema=wish.revisions_schema, wait=wish.wait
    ) as site:
        report(Reached(target=site.target))
        return _marking(site, directory, last)


def _last(directory: Directory, version: str) -> MigrationFile | None:
    known = {file.version for file in directory.files}
    if version == NOTHING and NOTHING not in known:
        return None
    return file_of(directory, version, option="schemaset")


def _marking(site: Site, directory: Directory, last: MigrationFile | None) -> Marking:
    revisions, _ = history(site)
    return plan_marking(
        directory.files,
        revisions,
        last=last,
        now=datetime.now(UTC),
        operator=OPERATOR,
    )


def _write(site: Site, found: Marking) -> None:
    store = site.store
    session = store.engine.session
    with session.prepared(store.connection, SessionOptions(lock_timeout=PATIENCE)):
        made(store)
        with session.transaction(store.connection):
            _rewrite(store, found)


def _rewrite(store: RevisionStore, found: Marking) -> None:
    for each in found.deleted:
        store.delete(each.revision.version)
    for each in found.written:
        store.write(each.revision)
