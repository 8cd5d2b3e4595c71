"""What a database holds, what its revisions claim, and how the two compare."""

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
from schema_migrations.revision_store import REVISIONS_TABLE, RevisionStore
from schema_migrations.schema.changes import subject_of
from schema_migrations.schema.model import Schema
from tools.faults.places import Database
from tools.faults.scenarios import File

NO_MOMENT = datetime.min.replace(tzinfo=UTC)

Done = Mapping[str, tuple[bool | None, ...]]
"""Version → for each statement whether its effect is there; None: nobody can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that must be the same after an undisturbed run and after a broken one."""

    schema: Schema
    rows: Mapping[str, Sequence[str]]
    """Table → its rows as text, in order."""
    revisions: tuple[Revision, ...]
    """Without moments and durations."""


def snapshot(database: Database) -> Snapshot:
    with database.opened() as connection:
        schema = api.inspect(connection)
        names = engine_for(connection.vendor).executor.list_tables(connection, None)
        return Snapshot(
            schema=schema,
            rows={
                name: _rows(connection, name)
                for name in names
                if name != REVISIONS_TABLE
            },
            revisions=_revisions(connection),
        )


def differences(expected: Snapshot, found: Snapshot) -> Iterator[str]:
    """Yield what is not as after an undisturbed run, in words."""
    for change in api.diff(expected.schema, found.schema):
        yield f"the schema differs: {type(change).__name__} {subject_of(change)}"
    for name in sorted(expected.rows.keys() | found.rows.keys()):
        one, other = expected.rows.get(name, ()), found.rows.get(name, ())
        if one != other:
            lost, more = Counter(one) - Counter(other), Counter(other) - Counter(one)
            yield (
                f"the rows of {name} differ: {len(other)} instead of {len(one)};"
                f" missing {list(lost)[:3]}, one too many {list(more)[:3]}"
            )
    yield from _of_revisions(expected.revisions, found.revisions)


def _of_revisions(
    expected: Sequence[Revision], found: Sequence[Revision]
) -> Iterator[str]:
    theirs, ours = (
        {row.version: asdict(row) for row in each} for each in (expected, found)
    )
    for version in sorted(theirs.keys() - ours.keys()):
        yield f"the revision {version} is missing"
    for version in sorted(ours.keys() - theirs.keys()):
        yield f"the revision {version} is one too many"
    for version in sorted(theirs.keys() & ours.keys()):
        for name, value in theirs[version].items():
            if ours[version][name] != value:
                yield (
                    f"the revision {version} differs: {name} is"
                    f" {ours[version][name]!r} instead of {value!r}"
                )


def claims(database: Database, files: Sequence[File]) -> Iterator[str]:
    """Yield what the revisions say and the database does not show, or the reverse."""
    with database.opened() as connection:
        rows = {row.version: row for row in _revisions(connection)}
        done = {
            file.version: tuple(
                any(_answers(connection, query) for query in step.done)
                if step.done
                else None
                for step in file.steps
            )
            for file in files
        }
    yield from overclaimed(files, rows, done)


def overclaimed(
    files: Sequence[File], rows: Mapping[str, Revision], done: Done
) -> Iterator[str]:
    """Compare the statements that revisions count with those whose effect is there.

    Only a statement outside a transaction may be in force and not yet counted, and then
    its row must say so.
    """
    for file in files:
        row = rows.get(file.version)
        counted = row.applied if row else 0
        for number, there in enumerate(done[file.version], start=1):
            running = (
                bool(row and row.error)
                and number == counted + 1
                and file.steps[number - 1].outside
            )
            if there is False and number <= counted:
                yield f"{file.name}: statement {number} is claimed and was not done"
            if there and number > counted and not running:
                yield f"{file.name}: statement {number} was done and is not recorded"


def progress(database: Database, files: Sequence[File]) -> tuple[int, int]:
    """Return how many statements the revisions count, and how many there are."""
    with database.opened() as connection:
        counted = sum(row.applied for row in _revisions(connection))
    return counted, sum(len(file.steps) for file in files)


def _revisions(connection: BaseDatabaseWrapper) -> tuple[Revision, ...]:
    engine = engine_for(connection.vendor)
    schema = engine.executor.describe_target(connection).schema
    store = RevisionStore(connection=connection, engine=engine, namespace=schema)
    return tuple(
        replace(row, executed_at=NO_MOMENT, execution_time=0) for row in store.read()
    )


def _rows(connection: BaseDatabaseWrapper, table: str) -> Sequence[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        return sorted(map(repr, cursor.fetchall()))


def _answers(connection: BaseDatabaseWrapper, query: str) -> bool:
    """Whether a query has a row; what it names may not be there yet."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"{query} LIMIT 1")
            return bool(cursor.fetchall())
    except Error:
        return False
