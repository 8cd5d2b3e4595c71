"""The files that another tool ran on a database become revisions, and no file runs.

Invariant: the other tool's table is only read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.errors import (
    FilesNotAdopted,
    HistoryPresent,
    OtherHistoryMissing,
    OtherHistoryNotReadable,
)
from schema_migrations.history.directory import Directory
from schema_migrations.history.django_coverage import read_coverage
from schema_migrations.history.marking import (
    Marking,
    plan_marking,
    plan_marking_of_files,
)
from schema_migrations.history.other_tools.applied import (
    HISTORY_TABLES,
    OtherHistory,
    find_adopted_tool,
    find_last_applied,
)
from schema_migrations.history.other_tools.django_applied import find_applied_files
from schema_migrations.history.other_tools.tools import DJANGO
from schema_migrations.workflows.applying.events import ReportEvent
from schema_migrations.workflows.applying.runner import OPERATOR
from schema_migrations.workflows.applying.set_version import (
    TargetRequest,
    preview_planned_marking,
    write_planned_marking,
)
from schema_migrations.workflows.states.django_migrations import (
    nodes_of,
    read_all_migrations,
)

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.engine import Engine
    from schema_migrations.history.file import MigrationFile
    from schema_migrations.history.revision import Revision
    from schema_migrations.workflows.targets.connected_target import ConnectedTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedHistory:
    """What was taken over from a tool's record, or with a preview would be."""

    tool: str
    table: str
    marking: Marking
    passed_over: tuple[MigrationFile, ...] = ()
    """Files that the tool did not run, before others that it ran."""


def adopt_history(
    connection: BaseDatabaseWrapper,
    engine: Engine,
    directory: Directory,
    request: TargetRequest,
    report: ReportEvent,
    *,
    writes: bool,
) -> AdoptedHistory:
    """Record as applied what the tool has recorded; raise ``SchemaMigrationsError``."""
    tool = find_adopted_tool(directory.files)
    if not tool:
        raise FilesNotAdopted(directory=directory.path)
    run = write_planned_marking if writes else preview_planned_marking
    plan = partial(_plan_adopted_marking, directory, tool)
    marking = run(connection, engine, directory, request, report, plan)
    return AdoptedHistory(
        tool=tool,
        table=HISTORY_TABLES[tool].name,
        marking=marking,
        passed_over=_find_passed_over(directory, marking),
    )


def _find_passed_over(
    directory: Directory, marking: Marking
) -> tuple[MigrationFile, ...]:
    marked = {each.revision.version for each in marking.written}
    last = max(marked, default="")
    return tuple(
        file
        for file in directory.files
        if file.version < last and file.version not in marked
    )


def _plan_adopted_marking(
    directory: Directory,
    tool: str,
    connected: ConnectedTarget,
    revisions: Sequence[Revision],
) -> Marking:
    history = read_other_history(connected, tool)
    if tool == DJANGO:
        marking = _plan_marking_of_django(directory, history, connected, revisions)
        return _refuse_other_revisions(marking, connected, revisions)
    last = find_last_applied(directory.files, history, tool=tool)
    if last is None and not revisions:
        return Marking()
    marking = plan_marking(
        directory.files,
        revisions,
        last=last,
        now=datetime.now(UTC),
        operator=OPERATOR,
    )
    return _refuse_other_revisions(marking, connected, revisions)


def _refuse_other_revisions(
    marking: Marking, connected: ConnectedTarget, revisions: Sequence[Revision]
) -> Marking:
    if revisions and marking:
        raise HistoryPresent(
            target=connected.target.name,
            version=max(row.version for row in revisions),
        )
    return marking


def _plan_marking_of_django(
    directory: Directory,
    history: OtherHistory,
    connected: ConnectedTarget,
    revisions: Sequence[Revision],
) -> Marking:
    """Mark each file whose migrations ran: which come first, only dependencies say."""
    adopted = read_coverage(directory.files)
    on_disk = read_all_migrations(adopted).on_disk
    done_versions = {row.version for row in revisions if row.has_effect}
    ran: dict[str, list[str]] = {}
    for label in history.applied:
        app, _, name = label.partition(".")
        ran.setdefault(app, []).append(name)
    done = find_applied_files(
        directory.files,
        ran,
        {app: nodes_of(migrations) for app, migrations in on_disk.items()},
        known=[file for file in directory.files if file.version in done_versions],
    )
    return plan_marking_of_files(
        directory.files,
        revisions,
        done=done,
        now=datetime.now(UTC),
        operator=OPERATOR,
    )


def read_other_history(connected: ConnectedTarget, tool: str) -> OtherHistory:
    """Return what a tool has recorded in a database; raise ``ConfigError``."""
    table, store = HISTORY_TABLES[tool], connected.store
    if table.name not in store.engine.executor.list_tables(store.connection, None):
        raise OtherHistoryMissing(
            target=connected.target.name, table=table.name, tool=tool
        )

    def error_of(driver_error: DriverError) -> OtherHistoryNotReadable | None:
        if driver_error.retryable:
            return None
        return OtherHistoryNotReadable(
            table=table.name, tool=tool, reason=driver_error.message
        )

    quote = store.engine.dialect.quote
    with (
        translate_driver_errors(store.engine, error_of),
        store.connection.cursor() as cursor,
    ):
        # All columns: SQLite takes the quoted name of one that is missing for a text.
        # https://www.sqlite.org/quirks.html#double_quoted_string_literals_are_accepted
        cursor.execute(f"SELECT * FROM {quote(table.name)}")
        places = {column[0]: place for place, column in enumerate(cursor.description)}
        rows = cursor.fetchall()
    missing = [name for name in (*table.columns, table.order) if name not in places]
    if missing:
        raise OtherHistoryNotReadable(
            table=table.name, tool=tool, reason=f"it has no column {missing[0]}."
        )
    rows = sorted(rows, key=lambda row: row[places[table.order]])
    return table.read(
        [tuple(row[places[name]] for name in table.columns) for row in rows]
    )
