"""The first files of a history that comes from Django's migrations: all before a day.

Invariant: one makes the schema that these migrations make, and on request another one the
rows that they leave.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.migrations import Migration

from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.history.origin import format_origin
from schema_migrations.history.other_tools.adoption import format_file_name
from schema_migrations.history.other_tools.origin import (
    FIRST_OF_DJANGO,
    OtherOrigin,
    format_other_origin,
)
from schema_migrations.history.other_tools.tools import DJANGO
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import EMPTY
from schema_migrations.workflows.planning.acknowledge import (
    FileNotes,
    RowsOutcome,
    make_notes,
)
from schema_migrations.workflows.planning.data_operations import (
    DataOperation,
    find_data_operations,
)
from schema_migrations.workflows.planning.migration_dates import MigrationKey
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    plan_change,
    with_notes,
)
from schema_migrations.workflows.planning.recorded_file import FileContext
from schema_migrations.workflows.planning.rows_file import (
    RowsFile,
    RowsRequest,
    find_rows,
)
from schema_migrations.workflows.planning.run_sql import DeclaredSql
from schema_migrations.workflows.planning.uncovered_migrations import (
    CONTRIB_PREFIX,
    UncoveredMigrations,
)
from schema_migrations.workflows.states.migrated_database import MigrationRun
from schema_migrations.workflows.states.replay import replay
from schema_migrations.workflows.states.sources import (
    open_scratch_database,
)
from schema_migrations.workflows.states.state import State, inspect_database
from schema_migrations.workflows.states.workspace import (
    Workspace,
)

_DONE_BY_SQL = ("django.contrib.contenttypes.", "django.contrib.auth.management.")
"""Operations that Django puts beside a renamed model: ``recorded_file`` writes the SQL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedMigration:
    """A new file, and the migration that it comes from."""

    source: str
    """``shop.0003_stock``; empty: all migrations before the date, or their rows."""
    file: MigrationFile
    left_out: tuple[DataOperation, ...] = ()
    """What the file does not do."""

    @property
    def transactional(self) -> bool:
        return self.file.directives.txmode != "none"


def key_of(migration: Migration) -> MigrationKey:
    return migration.app_label, migration.name


def read_current_state(
    workspace: Workspace, connection: Any, description: str
) -> State:
    return State(
        schema=inspect_database(workspace.engine, connection),
        connection=connection,
        description=description,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstFiles:
    """The files of all that is there before the first recorded migration."""

    files: tuple[AdoptedMigration, ...] = ()
    """None: nothing is there."""
    rows: RowsFile | None = None
    """None: they were not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRequest:
    """Of what the first files are, and what they are called."""

    early: Sequence[Migration]
    """The migrations that ran."""
    since: datetime | None
    versions: tuple[str, str]
    """Of the schema and of the rows."""
    began: datetime
    """When migrations began to run."""
    rows: RowsRequest | None
    """None: no file of rows is wanted."""


def plan_first_files(
    workspace: Workspace,
    run: MigrationRun,
    request: FirstRequest,
    context: FileContext,
) -> FirstFiles:
    """Return the files of what the database of the run has now.

    Raises what ``plan_change`` and ``find_rows`` raise.
    """
    migrated = read_current_state(workspace, run.connection, "the Django migrations")
    if not request.early and not diff(EMPTY, migrated.schema):
        return FirstFiles()
    operations = tuple(list_left_out(request.early, workspace, with_sql=True))
    taken = RowsOutcome(follow=True) if request.rows is not None else None
    with open_scratch_database(workspace) as empty:
        proposal = plan_change(
            workspace.engine,
            read_current_state(workspace, empty, "an empty database"),
            migrated,
            ChangeRequest(strict=False, prove=False, app_tables=workspace.app_tables),
            phases=workspace.phases,
        )

    def make_file(taken: RowsOutcome | None) -> MigrationFile:
        notes = _make_notes(run, request, operations, taken)
        text = with_notes(workspace.engine, proposal, notes).script
        return MigrationFile(
            name=format_file_name(request.versions[0], "initial"),
            content=(text or _format_notes(notes, context)).encode(),
        )

    file = make_file(taken)
    if request.rows is None:
        first = AdoptedMigration(source="", file=file, left_out=operations)
        return FirstFiles(files=(first,))
    rows = _find_first_rows(workspace, migrated, file, request.rows, request.began)
    if not rows.text:
        file = make_file(RowsOutcome(follow=False))
        return FirstFiles(files=(AdoptedMigration(source="", file=file),), rows=rows)
    rows_file = MigrationFile(
        name=format_file_name(request.versions[1], "initial_rows"),
        content=rows.text.encode(),
    )
    files = (AdoptedMigration(source="", file=each) for each in (file, rows_file))
    return FirstFiles(files=tuple(files), rows=rows)


def _make_notes(
    run: MigrationRun,
    request: FirstRequest,
    operations: tuple[DataOperation, ...],
    taken: RowsOutcome | None,
) -> FileNotes:
    origin = OtherOrigin(
        tool=DJANGO,
        version=FIRST_OF_DJANGO,
        file=_describe_first(request.early, request.since),
    )
    leaves = tuple(_find_leaves(request.early, run))
    notes = make_notes(
        UncoveredMigrations(unrecorded_leaves=leaves, operations=operations),
        taken=taken,
    )
    line = format_other_origin(origin).removeprefix("-- ")
    return replace(notes, coverage_lines=(line, *notes.coverage_lines))


def _find_first_rows(
    workspace: Workspace,
    migrated: State,
    file: MigrationFile,
    request: RowsRequest,
    began: datetime,
) -> RowsFile:
    """Return the rows that the migrations left, tried after the first file."""
    with open_scratch_database(
        workspace, workspace.servers.take_unused()
    ) as connection:
        tx_mode = workspace.settings.tx_mode
        replay(workspace.engine, connection, [file], tx_mode=tx_mode, may_split=True)
        replayed = read_current_state(workspace, connection, "the first file")
        return find_rows(workspace, migrated, replayed, request, began)


def _describe_first(early: Sequence[Migration], since: datetime | None) -> str:
    if not early:
        return "tables of apps without migrations"
    count = f"{len(early)} migration{'s' * (len(early) != 1)}"
    return f"{count} before {since:%Y-%m-%d}"


def _format_notes(notes: FileNotes, context: FileContext) -> str:
    return format_file(
        header=(
            "The schema does not change.",
            *notes.review_lines,
            format_origin(context.proved_on),
            *notes.coverage_lines,
        ),
        statements=(),
        footer=notes.footer_lines,
    )


def _find_leaves(
    early: Collection[Migration], run: MigrationRun
) -> Iterator[MigrationKey]:
    """Yield the last of some migrations of each app."""
    keys = {key_of(each) for each in early}
    followed = {
        parent
        for key in keys
        for parent in run.parents.get(key, ())
        if parent[0] == key[0]
    }
    yield from sorted(keys - followed)


def list_left_out(
    migrations: Iterable[Migration], workspace: Workspace, *, with_sql: bool
) -> Iterator[DataOperation]:
    """Yield what migrations do to rows; ``with_sql``: by SQL, too.

    Rows that old migrations of Django's own apps repaired are none that a new database
    has.
    """
    beside = DeclaredSql(syntax=workspace.engine.dialect.syntax)
    for migration in migrations:
        name = apps.get_app_config(migration.app_label).name
        if with_sql and name.startswith(CONTRIB_PREFIX):
            continue
        for operation in find_data_operations(
            migration,
            workspace.alias,
            beside=beside,
            own_labels=workspace.settings.apps,
        ):
            if not operation.may_change_rows or operation.kind.startswith(_DONE_BY_SQL):
                continue
            if with_sql or not operation.sql:
                yield replace(operation, extra=(), extensions=())
