"""The stable names of the package: functions that do the work of the commands.

Everything here is typed and raises only ``SchemaMigrationsError``; ``errors`` and
``changes`` hold the classes of errors and changes.  Schemas, changes
and plans are frozen values; connections are Django's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.db.backends.base.base import BaseDatabaseWrapper

from schema_migrations import errors
from schema_migrations.conf import (
    list_managed_aliases,
    read_settings,
    settings_from_entry,
)
from schema_migrations.engines.connection import Connection
from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.history.directory import (
    Directory,
    load,
    next_name,
    rehash,
    save,
    verify,
)
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.history.statements import SourceStatement
from schema_migrations.history.statements import split as split_with
from schema_migrations.plan.fills import with_fills
from schema_migrations.plan.plan import Plan, Statement, build_plan
from schema_migrations.schema import changes
from schema_migrations.schema.changes import Change
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import EMPTY, Key, Schema, Table
from schema_migrations.workflows.applying.apply import Outcome, request_from_settings
from schema_migrations.workflows.applying.apply import apply as apply_request
from schema_migrations.workflows.applying.events import Event, StatementDone
from schema_migrations.workflows.applying.selection import Selection
from schema_migrations.workflows.planning.next_file import (
    NextFile,
    write_next_file,
)
from schema_migrations.workflows.planning.next_file_request import NextFileRequest
from schema_migrations.workflows.standing.health import Health, health
from schema_migrations.workflows.states.source_forms import MODELS
from schema_migrations.workflows.states.sources import (
    open_state,
)
from schema_migrations.workflows.states.state import inspect_database as inspect_with
from schema_migrations.workflows.states.workspace import (
    Workspace,
)
from schema_migrations.workflows.states.workspace_run import run_in_workspace

__all__ = [
    "EMPTY",
    "Change",
    "Directory",
    "Event",
    "Health",
    "Key",
    "MigrationFile",
    "NextFile",
    "NextFileRequest",
    "Outcome",
    "Plan",
    "Schema",
    "SchemaMigrationsError",
    "Selection",
    "SourceStatement",
    "Statement",
    "Table",
    "apply",
    "changes",
    "diff",
    "errors",
    "format_file",
    "health",
    "inspect",
    "load",
    "make_plan",
    "next_name",
    "read_schema",
    "rehash",
    "save",
    "split",
    "verify",
    "write_next_file",
]


def read_schema(
    source: str = MODELS,
    *,
    alias: str = "default",
    directory: Path | None = None,
    dev: str | None = None,
    registry: Apps = installed_apps,
) -> Schema:
    """Return the schema of a source, as the dev database of ``alias`` has it.

    ``source`` is ``files``, ``models``, a path, ``db:ALIAS`` or a URL; ``registry`` may
    be any app registry, such as ``ProjectState.apps`` of a historical state.
    """

    def read(workspace: Workspace) -> Schema:
        with open_state(source, workspace) as state:
            return state.schema

    return run_in_workspace(
        read, alias, directory=directory, dev=dev, registry=registry
    )


def inspect(connection: BaseDatabaseWrapper) -> Schema:
    """Return the schema of the database behind ``connection``; reads only."""
    opened = cast(Connection, connection)
    return inspect_with(engine_for(connection.vendor), opened)


def make_plan(
    current: Schema,
    desired: Schema,
    *,
    vendor: str,
    fills: Mapping[Key, str] | None = None,
    online: bool = False,
) -> Plan:
    """Return a plan with the statements that lead from one schema to the other.

    ``vendor`` is ``postgresql`` or ``sqlite``; ``fills`` maps column keys to SQL values
    for existing rows.  ``online``: others can read and write meanwhile, on PostgreSQL; then
    statements of different ``part`` belong to different files.  The plan is not proved:
    ``schemadiff`` does that.
    """
    engine = engine_for(vendor)
    changes = with_fills(
        diff(current, desired),
        fills or {},
        find_conversion=engine.planner.find_conversion,
    )
    return build_plan(
        changes,
        current,
        desired,
        planner=engine.planner,
        online=online,
    )


def split(
    text: str, *, vendor: str, file: str = "<text>", delimiter: str = ";"
) -> tuple[SourceStatement, ...]:
    """Return the statements of SQL text, each with its position and comments."""
    return split_with(
        text, engine_for(vendor).dialect.syntax, file=file, delimiter=delimiter
    )


def apply(
    connection: BaseDatabaseWrapper,
    directory: Directory,
    *,
    selection: Selection | None = None,
    signals: bool = True,
    report: Callable[[Event], None] = lambda event: None,
) -> Outcome:
    """Apply the pending files of a directory; pass each event to ``report``.

    The revisions' schema, the timeouts and the default of ``selection`` come from the
    settings of the connection's alias, or from their defaults.  ``Blocked`` and
    ``StillRunning`` are reported from another thread, while the statement runs.
    Passwords in the events are masked.
    """
    managed = connection.alias in list_managed_aliases()
    settings = (
        read_settings(connection.alias)
        if managed
        else settings_from_entry({}, base=Path())
    )
    request = request_from_settings(settings)
    request = replace(
        request, selection=selection or request.selection, sends_signals=signals
    )
    engine = engine_for(connection.vendor)

    def report_masked(event: Event) -> None:
        report(event.mask() if isinstance(event, StatementDone) else event)

    return apply_request(connection, engine, directory, request, report_masked)
