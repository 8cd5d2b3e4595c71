"""Which Django migrations the next file is to record, once what they do was acknowledged.

Invariant: nothing is recorded between other sources than the files and the models.
"""

from __future__ import annotations

from dataclasses import replace

from schema_migrations.errors import (
    AcknowledgementNeeded,
    MigrationsNotImportable,
    MigrationsTurnedOff,
)
from schema_migrations.history.django_coverage import read_coverage
from schema_migrations.workflows.planning.acknowledge import (
    acknowledge,
    check_names,
    describe_operations,
    find_unacknowledged,
)
from schema_migrations.workflows.planning.next_file_request import NextFileRequest
from schema_migrations.workflows.planning.questions import NextFileAsker
from schema_migrations.workflows.planning.reporter import Reporter
from schema_migrations.workflows.planning.run_sql import DeclaredSql
from schema_migrations.workflows.planning.uncovered_migrations import (
    UncoveredMigrations,
    find_uncovered_migrations,
    find_unread_apps,
)
from schema_migrations.workflows.states.django_migrations import is_turned_off
from schema_migrations.workflows.states.foundations import list_extensions
from schema_migrations.workflows.states.workspace import (
    Workspace,
)


def acknowledge_migrations(
    request: NextFileRequest,
    workspace: Workspace,
    asker: NextFileAsker | None,
    reporter: Reporter,
) -> tuple[UncoveredMigrations, bool, AcknowledgementNeeded | None]:
    """Return what the next file is to record, whether a file of rows is to follow, and
    the question that nobody was asked.

    Nothing is recorded between other sources.  Raises ``AnswerNeeded`` and
    ``ConfigError``.
    """
    check_names(request.acknowledged, workspace.django_migrations)
    if not request.has_default_sources:
        return UncoveredMigrations(), False, None
    uncovered = find_uncovered_migrations(
        read_coverage(workspace.directory.files),
        workspace.django_migrations,
        workspace.alias,
        beside=_read_desired_beside(workspace),
        labels=request.app_labels or None,
        own_labels=workspace.settings.apps,
    )
    for warning in uncovered.warnings:
        reporter.warn(warning)
    takes_rows = request.rows or _wants_rows(request, workspace, uncovered, asker)
    asked = uncovered
    if takes_rows:
        not_run = find_apps_not_run(workspace)
        asked = replace(
            uncovered,
            operations=tuple(
                op
                for op in uncovered.operations
                if op.app in not_run and op.may_change_rows
            ),
        )
        if not_run:
            reporter.warn(
                f"MIGRATION_MODULES turns off the migrations of {', '.join(sorted(not_run))}:"
                " what they leave is in no file."
            )
    try:
        lines = acknowledge(
            asked,
            request.acknowledged,
            asker=asker,
            strict=request.strict,
            in_full=request.in_full,
            may_take_rows=not (workspace.directory.files or takes_rows),
        )
    except AcknowledgementNeeded as needed:
        if not workspace.directory.files:  # nothing else can be open
            raise
        return uncovered, takes_rows, needed
    for line in lines:
        reporter.say(line)
    return uncovered, takes_rows, None


def find_apps_not_run(workspace: Workspace) -> frozenset[str]:
    """Return the apps with migrations that ``migrate`` would not run."""
    return frozenset(filter(is_turned_off, workspace.django_migrations.on_disk))


def _wants_rows(
    request: NextFileRequest,
    workspace: Workspace,
    uncovered: UncoveredMigrations,
    asker: NextFileAsker | None,
) -> bool:
    """Ask about rows before the first file, where migrations do more than the schema."""
    open_ = find_unacknowledged(uncovered.operations, request.acknowledged)
    open_ = tuple(op for op in open_ if op.may_change_rows)
    if workspace.directory.files or not open_ or not request.strict or asker is None:
        return False
    apps = frozenset() if request.in_full else uncovered.new_apps
    return asker.confirm_rows(describe_operations(open_, summarized_apps=apps))


def _read_desired_beside(workspace: Workspace) -> DeclaredSql:
    extra = workspace.extra_statements
    return DeclaredSql(
        syntax=workspace.engine.dialect.syntax,
        extensions=frozenset(list_extensions(workspace.prerequisites, extra)),
        extra=frozenset(" ".join(each.statement.sql.split()) for each in extra),
    )


def check_migrations(request: NextFileRequest, workspace: Workspace) -> None:
    """Raise ``MigrationsNotImportable`` if the next file must record what is unknown."""
    found = workspace.django_migrations
    unread = find_unread_apps(found, workspace.alias, labels=request.app_labels)
    if unread and request.has_default_sources:
        raise MigrationsNotImportable(reasons=found.describe_errors(unread))
    not_run = find_apps_not_run(workspace).intersection(request.app_labels)
    if request.rows and not_run:
        raise MigrationsTurnedOff(apps=tuple(sorted(not_run)))
