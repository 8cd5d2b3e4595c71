"""Read what a database holds and what its revisions claim, and compare the two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper

from schema_migrations import api
from schema_migrations.engines.registry import engine_for
from schema_migrations.history.revision import Revision
from schema_migrations.history.revisions_table import REVISIONS_TABLE
from schema_migrations.revision_store import RevisionStore
from schema_migrations.schema.changes import subject_of
from schema_migrations.schema.model import Schema
from tools.catalogs import read_postgresql_facts, read_sqlite_facts
from tools.clients import describe_gap, find_clients, is_gap_known
from tools.faults.databases import Database
from tools.faults.steps import POSTGRESQL, File

NO_MOMENT = datetime.min.replace(tzinfo=UTC)

Effects = Mapping[str, tuple[bool | None, ...]]
"""Version → for each statement whether its effect is visible; None: it cannot be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What must be the same after an undisturbed run and after a broken one."""

    schema: Schema
    rows: Mapping[str, Sequence[str]]
    """Table → its rows as text, in order."""
    unusable: Sequence[str]
    """The indexes that are INVALID."""
    revisions: tuple[Revision, ...]
    """Without times and durations."""
    facts: frozenset[str]
    """The catalog as ``pg_dump`` or SQLite's pragmas show it."""
    unread_major: int = 0
    """The major of a server that no ``pg_dump`` here reads; 0: one does."""


def take_snapshot(database: Database) -> Snapshot:
    with database.open_connection() as connection:
        schema = api.inspect(connection)
        names = engine_for(connection.vendor).executor.list_tables(connection, None)
        return Snapshot(
            schema=schema,
            rows={
                name: _read_rows(connection, name)
                for name in names
                if name != REVISIONS_TABLE
            },
            unusable=_find_invalid_indexes(connection),
            revisions=_read_revisions(connection),
            facts=_read_facts(database),
            unread_major=_find_unread_major(database),
        )


def omit_operators(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot without the names of the programs that wrote the revisions."""
    rows = (replace(row, operator_version="") for row in snapshot.revisions)
    return replace(snapshot, revisions=tuple(rows))


def find_differences(expected: Snapshot, found: Snapshot) -> Iterator[str]:
    """Describe each difference to the snapshot of an undisturbed run."""
    for change in api.diff(expected.schema, found.schema):
        yield f"the schema differs: {type(change).__name__} {subject_of(change)}"
    for name in sorted(expected.rows.keys() | found.rows.keys()):
        one, other = expected.rows.get(name, ()), found.rows.get(name, ())
        if one != other:
            lost, more = Counter(one) - Counter(other), Counter(other) - Counter(one)
            yield (
                f"the rows of {name} differ: {len(other)} instead of {len(one)};"
                f" missing {list(lost)[:3]}, surplus {list(more)[:3]}"
            )
    for name in sorted({*found.unusable} - {*expected.unusable}):
        yield f"the index {name} is INVALID"
    if found.unread_major and not is_gap_known(found.unread_major):
        yield describe_gap(found.unread_major)
    for sign, facts in (
        ("missing", expected.facts - found.facts),
        ("surplus", found.facts - expected.facts),
    ):
        yield from (f"the catalog differs: {sign} {fact}" for fact in sorted(facts))
    yield from _find_revision_differences(expected.revisions, found.revisions)


def _find_revision_differences(
    expected: Sequence[Revision], found: Sequence[Revision]
) -> Iterator[str]:
    wanted, present = (
        {row.version: asdict(row) for row in each} for each in (expected, found)
    )
    for version in sorted(wanted.keys() - present.keys()):
        yield f"the revision {version} is missing"
    for version in sorted(present.keys() - wanted.keys()):
        yield f"the revision {version} is surplus"
    for version in sorted(wanted.keys() & present.keys()):
        for name, value in wanted[version].items():
            if present[version][name] != value:
                yield (
                    f"the revision {version} differs: {name} is"
                    f" {present[version][name]!r} instead of {value!r}"
                )


def find_wrong_claims(database: Database, files: Sequence[File]) -> Iterator[str]:
    """Describe what revisions claim and the database does not show, or the reverse."""
    with database.open_connection() as connection:
        rows = {row.version: row for row in _read_revisions(connection)}
        effects = {
            file.version: tuple(
                any(_has_rows(connection, query) for query in step.done_queries)
                if step.done_queries
                else None
                for step in file.steps
            )
            for file in files
        }
    yield from compare_claims(files, rows, effects)


def compare_claims(
    files: Sequence[File], rows: Mapping[str, Revision], effects: Effects
) -> Iterator[str]:
    """Compare the statements that revisions count with those whose effect is visible.

    Only a statement outside of transactions may have its effect and not yet be counted,
    and then its revision must say so.
    """
    for file in files:
        row = rows.get(file.version)
        counted = row.applied if row else 0
        for number, is_visible in enumerate(effects[file.version], start=1):
            running = (
                bool(row and row.error)
                and number == counted + 1
                and file.steps[number - 1].is_outside_transaction
            )
            if is_visible is False and number <= counted:
                yield f"{file.name}: statement {number} is recorded and was not done"
            if is_visible and number > counted and not running:
                yield f"{file.name}: statement {number} was done and is not recorded"


def read_rows_by_version(database: Database) -> Mapping[str, Revision]:
    """Return the revisions by version, without times and durations."""
    with database.open_connection() as connection:
        return {row.version: row for row in _read_revisions(connection)}


def _read_revisions(connection: BaseDatabaseWrapper) -> tuple[Revision, ...]:
    engine = engine_for(connection.vendor)
    schema = engine.executor.describe_target(connection).schema
    store = RevisionStore(connection=connection, engine=engine, namespace=schema)
    return tuple(
        replace(row, executed_at=NO_MOMENT, execution_time=0) for row in store.read()
    )


def _read_rows(connection: BaseDatabaseWrapper, table: str) -> Sequence[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        return sorted(map(repr, cursor.fetchall()))


def _read_facts(database: Database) -> frozenset[str]:
    if database.server is None:
        return read_sqlite_facts(database.folder / database.name)
    programs = find_clients(database.server.programs.major)
    return read_postgresql_facts(database.url, programs) if programs else frozenset()


def _find_unread_major(database: Database) -> int:
    """Find the major of the server if no ``pg_dump`` here reads it."""
    major = database.server.programs.major if database.server else 0
    return 0 if database.server is None or find_clients(major) else major


def _find_invalid_indexes(connection: BaseDatabaseWrapper) -> Sequence[str]:
    """Find the indexes that a broken statement left; SQLite has no such."""
    if connection.vendor != POSTGRESQL:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
        )
        return sorted(name for (name,) in cursor.fetchall())


def _has_rows(connection: BaseDatabaseWrapper, query: str) -> bool:
    """Tell whether a query returns a row; what it names may not exist yet."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"{query} LIMIT 1")
            return bool(cursor.fetchall())
    except Error:
        return False
