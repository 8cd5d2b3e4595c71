"""A project's Django migrations become a history of SQL: run, record, prove, write.

Invariant: the files ran on an empty dev database and made what the migrations make; all of
them are written, or none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.apps import apps
from django.db.migrations import Migration

from schema_migrations.conf import read_settings
from schema_migrations.errors import (
    DirectoryInUse,
    HistoryDiffers,
    MigrationFailed,
    MigrationNotTaken,
    StatementFailed,
)
from schema_migrations.history.directory import load, read_file, save
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.rows_files import is_part_of_baseline
from schema_migrations.history.sums import SUM_FILE
from schema_migrations.plan.summary import summarize
from schema_migrations.schema.diff import diff
from schema_migrations.workflows.planning.first_of_history import (
    AdoptedMigration,
    FirstRequest,
    key_of,
    list_left_out,
    plan_first_files,
    read_current_state,
)
from schema_migrations.workflows.planning.keeping import canonicalize_both
from schema_migrations.workflows.planning.migration_dates import (
    MigrationKey,
    choose_versions,
    find_dates,
    order_since,
    read_header_date,
)
from schema_migrations.workflows.planning.recorded_file import (
    FileContext,
    RecordedMigration,
    make_recorded_file,
)
from schema_migrations.workflows.planning.reporter import SILENCE, Reporter
from schema_migrations.workflows.planning.rows_file import RowsFile, RowsRequest
from schema_migrations.workflows.planning.uncovered_migrations import (
    is_app_allowed,
)
from schema_migrations.workflows.states.migrated_database import (
    MigrationRun,
    prepare_migration_run,
    refuse_shared_server,
    run_migrations,
    warn_of_own_migrate,
)
from schema_migrations.workflows.states.recorded_sql import (
    RecordedOperation,
    record_operations,
)
from schema_migrations.workflows.states.replay import replay
from schema_migrations.workflows.states.sources import (
    load_extensions_beforehand,
    open_scratch_database,
)
from schema_migrations.workflows.states.state import State
from schema_migrations.workflows.states.workspace import (
    Workspace,
)
from schema_migrations.workflows.states.workspace_run import run_in_workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptMigrationsRequest:
    """Which migrations become files, and where."""

    alias: str
    directory: Path | None = None
    """None: the setting's own."""
    dev: str | None = None
    since: datetime | None = None
    """Those made before are one file together; None: each is a file."""
    rows: RowsRequest | None = None
    """The rows that those before leave become a file, too; None: they do not."""
    writes: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedMigrations:
    """What became of a project's migrations."""

    files: tuple[AdoptedMigration, ...]
    rows: RowsFile | None
    """Those before the date; None: they were not asked for."""
    early_count: int
    """Migrations in the first file."""
    app_count: int
    since: datetime | None
    directory: Path
    is_written: bool


def adopt_migrations(
    request: AdoptMigrationsRequest, *, reporter: Reporter = SILENCE
) -> AdoptedMigrations:
    """Run the project's migrations on a dev database and write what they did as files.

    Raises ``DirectoryInUse``, ``MigrationNotTaken``, ``HistoryDiffers``, and what
    ``run_in_workspace`` and ``replay`` raise; then nothing was written.
    """
    folder = read_settings(request.alias, directory=request.directory).directory
    before = load(folder)
    found = [file.name for file in before.files] or [SUM_FILE] * bool(before.problems)
    if found:
        raise DirectoryInUse(files=tuple(str(folder / name) for name in found[:3]))
    try:
        adopted = run_in_workspace(
            lambda workspace: _adopt(request, workspace, reporter),
            request.alias,
            directory=request.directory,
            dev=request.dev,
            report=reporter.say,
            report_progress=reporter.show_progress,
        )
    except MigrationFailed as error:
        raise MigrationNotTaken(
            migration=error.migration, reason=error.reason, place=error.place
        ) from error
    if request.writes:
        save(folder, before, [each.file for each in adopted.files])
    return adopted


def _adopt(
    request: AdoptMigrationsRequest, workspace: Workspace, reporter: Reporter
) -> AdoptedMigrations:
    refuse_shared_server(workspace.server)
    warn_of_own_migrate(reporter.warn)
    for line in workspace.server.describe():
        reporter.say(line)
    engine, phases = workspace.engine, workspace.phases
    began = datetime.now(UTC)
    settings = workspace.servers.take_unused().settings
    with engine.dev_server.create_scratch_database(
        settings, workspace.alias
    ) as connection:
        load_extensions_beforehand(workspace, connection)
        with phases("migrate"):
            run = prepare_migration_run(connection, workspace.alias)
            dates = _find_dates(run)
            later = _choose_later(run, dates, request.since)
            early = tuple(each for each in run.plan if each not in later)
            run_migrations(run, early, report_progress=phases.report)
        date_first = _date_first(dates, early, request.since)
        first_version, rows_version, *versions = choose_versions(
            [date_first, date_first, *(dates[key_of(m)] for m in later)]
        )
        context = FileContext(
            alias=workspace.alias,
            dialect=engine.dialect,
            excluded_tables=workspace.excluded_tables,
            proved_on=engine.executor.describe_target(connection).version,
        )
        own = tuple(each for each in early if _is_own(each, workspace))
        first = plan_first_files(
            workspace,
            run,
            FirstRequest(
                early=own,
                since=request.since,
                versions=(first_version, rows_version),
                began=began,
                rows=request.rows,
            ),
            context,
        )
        made = _record(workspace, run, later, versions)
        files = (
            *first.files,
            *(
                AdoptedMigration(
                    source=each.label,
                    file=make_recorded_file(each, context),
                    left_out=each.left_out,
                )
                for each in made
            ),
        )
        migrated = read_current_state(workspace, connection, "the Django migrations")
        every = [each.file for each in files]
        _prove(workspace, [e for e in every if not is_part_of_baseline(e)], migrated)
        if any(map(is_part_of_baseline, every)):
            for warning in _try_with_rows(workspace, every):
                reporter.warn(warning)
    return AdoptedMigrations(
        files=files,
        rows=first.rows,
        early_count=len(own),
        app_count=len({m.app_label for m in (*own, *(m.migration for m in made))}),
        since=request.since,
        directory=workspace.settings.directory,
        is_written=request.writes,
    )


def _find_dates(run: MigrationRun) -> dict[MigrationKey, datetime]:
    headers = {}
    for migration in run.plan:
        if date := read_header_date(_read_source(migration)):
            headers[key_of(migration)] = date
    return find_dates(map(key_of, run.plan), run.parents, headers)


def _read_source(migration: Migration) -> str:
    path = _path_of(migration)
    if not path.endswith(".py"):
        return ""
    try:
        return read_file(path).decode(errors="replace")
    except OSError:  # in an archive
        return ""


def _path_of(migration: Migration) -> str:
    module = sys.modules.get(type(migration).__module__)
    return getattr(module, "__file__", None) or ""


def _choose_later(
    run: MigrationRun,
    dates: Mapping[MigrationKey, datetime],
    since: datetime | None,
) -> tuple[Migration, ...]:
    by_key = {key_of(migration): migration for migration in run.plan}
    return tuple(by_key[key] for key in order_since(dates, since))


def _date_first(
    dates: Mapping[MigrationKey, datetime],
    early: Iterable[Migration],
    since: datetime | None,
) -> datetime:
    """Return the date of the first file: that of the newest migration in it."""
    newest = max((dates[key_of(each)] for each in early), default=None)
    return newest or min((*dates.values(), *([since] if since else [])))


def _is_own(migration: Migration, workspace: Workspace) -> bool:
    """Tell whether the tables of a migration's app belong to the files."""
    labels = workspace.settings.apps
    if labels is not None and migration.app_label not in labels:
        return False
    return is_app_allowed(apps.get_app_config(migration.app_label), workspace.alias)


def _record(
    workspace: Workspace,
    run: MigrationRun,
    migrations: Sequence[Migration],
    versions: Sequence[str],
) -> tuple[RecordedMigration, ...]:
    """Run migrations, and return those whose tables belong to the files."""
    held: dict[MigrationKey, Sequence[RecordedOperation]] = {}

    @contextmanager
    def record(migration: Migration) -> Iterator[None]:
        with record_operations(run.connection, migration) as recorded:
            yield
        held[key_of(migration)] = recorded

    with workspace.phases("migrate"):
        run_migrations(
            run, migrations, watch=record, report_progress=workspace.phases.report
        )
    return tuple(
        RecordedMigration(
            migration=migration,
            version=version,
            path=_shorten_path(_path_of(migration)),
            recorded=held[key_of(migration)],
            left_out=tuple(list_left_out([migration], workspace, with_sql=False)),
        )
        for migration, version in zip(migrations, versions, strict=True)
        if _is_own(migration, workspace)
    )


def _shorten_path(path: str) -> str:
    """Return the end of a path: where a project lies differs from machine to machine."""
    return "/".join(Path(path).parts[-3:])


def _prove(
    workspace: Workspace, files: Sequence[MigrationFile], migrated: State
) -> None:
    """Run the files on a dev database; raise ``HistoryDiffers`` if it is another one.

    Without rows: what Python did to them is in no file, and later SQL may need it.
    """
    with _replay_anew(workspace, files) as replayed:
        replayed, wanted = canonicalize_both(workspace.engine, replayed, migrated)
        remaining = summarize(diff(replayed.schema, wanted.schema))
    if remaining:
        raise HistoryDiffers(
            differences=tuple(f"{line}  {line.detail}".rstrip() for line in remaining)
        )


def _try_with_rows(
    workspace: Workspace, files: Sequence[MigrationFile]
) -> Iterator[str]:
    """Yield a warning where the rows of the first migrations stop a later file."""
    try:
        with _replay_anew(workspace, files):
            pass
    except StatementFailed as error:
        reason = error.server_message.partition("\n")[0] or "the server refuses it"
        yield (
            f"{error.file}:{error.line}: This fails with the rows of the first migrations:"
            f" {reason}. Write into this file, or one before it, what Python did to them."
        )


@contextmanager
def _replay_anew(
    workspace: Workspace, files: Sequence[MigrationFile]
) -> Iterator[State]:
    """Hold the state that the files make of an empty dev database."""
    with (
        workspace.phases("proof"),
        open_scratch_database(workspace, workspace.servers.take_unused()) as connection,
    ):
        replay(
            workspace.engine,
            connection,
            files,
            tx_mode=workspace.settings.tx_mode,
            may_split=True,
            report_progress=workspace.phases.report,
        )
        yield read_current_state(workspace, connection, "the files")
