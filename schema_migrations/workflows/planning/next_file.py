"""Plan the next file of a directory, and write it: the job of ``schemadiff``.

Invariant: nothing is written unless the whole file was proved; file and ``atlas.sum``
appear together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from schema_migrations.conf import read_settings
from schema_migrations.errors import (
    AcknowledgementNeeded,
    MigrationsNotImportable,
    QuestionsOpen,
)
from schema_migrations.history.comparison import select_from_checkpoint
from schema_migrations.history.directory import (
    Directory,
    load,
    next_name,
    save,
    verify,
)
from schema_migrations.history.django_coverage import read_coverage
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.history.sums import SUM_FILE
from schema_migrations.plan.answers import NO_ANSWERS, Answers
from schema_migrations.plan.summary import suggest_name
from schema_migrations.workflows.planning.acknowledge import (
    acknowledge,
    check_names,
    choose_file_name,
    describe_operations,
    find_unacknowledged,
    make_notes,
)
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    propose,
)
from schema_migrations.workflows.planning.questions import (
    NextFileAsker,
    RememberingAsker,
)
from schema_migrations.workflows.planning.reporter import (
    SILENCE,
    RememberingReporter,
    Reporter,
)
from schema_migrations.workflows.planning.rows_file import (
    RowsFile,
    RowsRequest,
    propose_rows,
)
from schema_migrations.workflows.planning.run_sql import DeclaredSql
from schema_migrations.workflows.planning.uncovered_migrations import (
    UncoveredMigrations,
    find_uncovered_migrations,
    find_unread_apps,
)
from schema_migrations.workflows.states.app_tables import check_labels
from schema_migrations.workflows.states.extra import is_about_privileges
from schema_migrations.workflows.states.foundations import list_extensions
from schema_migrations.workflows.states.migrated_database import (
    refuse_shared_server,
    warn_of_own_migrate,
)
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.replayed_files import list_directive_warnings
from schema_migrations.workflows.states.source_forms import FILES, MODELS
from schema_migrations.workflows.states.sources import (
    Workspace,
)
from schema_migrations.workflows.states.workspace_run import run_in_workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class NextFileRequest:
    """Which file is wanted, and what was answered beforehand."""

    alias: str = "default"
    directory: Path | None = None
    """None: the setting's own."""
    dev: str | None = None
    """None: the setting's own."""
    source: str = FILES
    target: str = MODELS
    name: str = ""
    """Of the file; empty: what the changes suggest."""
    app_labels: tuple[str, ...] = ()
    """Limit the change to these apps; empty: every app."""
    answers: Answers = NO_ANSWERS
    acknowledged: tuple[str, ...] = ()
    """Data operations of Django migrations that were handled: APP.MIGRATION, APP, all."""
    strict: bool = True
    """Refuse what nobody answers; else only name it."""
    prove: bool = True
    write: bool = True
    in_full: bool = False
    """Name every data operation of an app's whole history."""
    rows: bool = False
    """Write a file with the rows that Django migrations leave, too."""
    large_tables: Mapping[str, bool] = field(default_factory=dict)
    """Name of a table with many of these rows → whether the file gets them."""

    @property
    def has_default_sources(self) -> bool:
        return (self.source, self.target) == (FILES, MODELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextFile:
    """What was planned, and which files were written."""

    proposal: Proposal
    uncovered: UncoveredMigrations = field(default_factory=UncoveredMigrations)
    """Django migrations that do more than the schema."""
    paths: tuple[Path, ...] = ()
    """The new files and ``atlas.sum``; empty: nothing was written."""
    rows: RowsFile | None = None
    """None: they were not asked for."""
    dev_server: str = ""
    phases: Phases = field(default_factory=Phases)

    @property
    def has_text(self) -> bool:
        """Whether there is a file to write."""
        return bool(self.proposal.file_text or (self.rows and self.rows.text))


def write_next_file(
    request: NextFileRequest,
    *,
    asker: NextFileAsker | None = None,
    reporter: Reporter = SILENCE,
) -> NextFile:
    """Plan the next file, prove it and write it, as far as the request goes.

    ``asker`` is asked what the request leaves open; None: nobody can be asked.  Raises
    what ``run_in_workspace`` and ``plan_change`` raise; then nothing was written.
    """
    asker = asker and RememberingAsker(asker)
    reporter = RememberingReporter(reporter)
    planned = run_in_workspace(
        lambda workspace: _plan(request, workspace, asker, reporter),
        request.alias,
        directory=request.directory,
        dev=request.dev,
        report=reporter.say,
        report_progress=reporter.show_progress,
    )
    workspace = planned.workspace
    paths: tuple[Path, ...] = ()
    if request.write and planned.files:
        paths = _write_files(workspace.directory, planned.files)
    return NextFile(
        proposal=planned.proposal,
        uncovered=planned.uncovered,
        paths=paths,
        rows=planned.rows,
        dev_server=workspace.server.description,
        phases=workspace.phases,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """What is to be written, and where it was proved."""

    workspace: Workspace
    uncovered: UncoveredMigrations
    proposal: Proposal
    rows: RowsFile | None
    files: tuple[MigrationFile, ...]


def _plan(
    request: NextFileRequest,
    workspace: Workspace,
    asker: NextFileAsker | None,
    reporter: Reporter,
) -> _Planned:
    check_labels(request.app_labels, workspace.registry)
    _require_migrations(request, workspace)
    if request.rows:
        refuse_shared_server(workspace.server)
    _report_workspace(workspace, reporter)
    uncovered, takes_rows, needed = _acknowledge(request, workspace, asker, reporter)
    if takes_rows:
        refuse_shared_server(workspace.server)
        warn_of_own_migrate(reporter.warn)
    try:
        proposal = propose(
            workspace,
            ChangeRequest(
                answers=request.answers,
                asker=asker,
                strict=request.strict,
                app_labels=request.app_labels,
                app_tables=workspace.app_tables,
                prove=request.prove and needed is None,
                notes=make_notes(uncovered, rows_follow=takes_rows),
            ),
            source=request.source,
            target=request.target,
        )
    except QuestionsOpen as error:
        raise error.with_more(needed, leads_further=takes_rows) from None
    if needed is not None:
        raise needed
    directory, name, now = workspace.directory, request.name, datetime.now(UTC)
    files: tuple[MigrationFile, ...] = ()
    if proposal.file_text:
        name = name or _suggest_name(proposal, uncovered, directory)
        files = (_make_file(directory, name, proposal.file_text, now),)
    rows = None
    if takes_rows:
        directory = directory.with_files(files)
        rows = propose_rows(
            workspace,
            select_from_checkpoint(directory.files),
            RowsRequest(
                app_labels=request.app_labels,
                answers=request.large_tables,
                asker=asker,
            ),
        )
        if rows.text:
            name = f"{name}_rows" if name and files else name or "rows"
            files += (_make_file(directory, name, rows.text, now),)
    return _Planned(
        workspace=workspace,
        uncovered=uncovered,
        proposal=proposal,
        rows=rows,
        files=files,
    )


def write_empty_file(
    alias: str, *, directory: Path | None = None, name: str = ""
) -> tuple[Path, ...]:
    """Write a file for SQL by hand; return its path and that of ``atlas.sum``."""
    loaded = load(read_settings(alias, directory=directory).directory)
    verify(loaded)
    text = format_file(header=("Write SQL below this line.",), statements=())
    return _write_files(loaded, [_make_file(loaded, name, text, datetime.now(UTC))])


def _make_file(
    directory: Directory, name: str, text: str, now: datetime
) -> MigrationFile:
    return MigrationFile(name=next_name(directory, name, now), content=text.encode())


def _write_files(
    directory: Directory, files: Sequence[MigrationFile]
) -> tuple[Path, ...]:
    folder = Path(directory.path)
    save(folder, directory, files)
    return *(folder / file.name for file in files), folder / SUM_FILE


def _suggest_name(
    proposal: Proposal, uncovered: UncoveredMigrations, directory: Directory
) -> str:
    if not directory.files:
        return "initial"
    return suggest_name(proposal.summary) or choose_file_name(uncovered.operations)


def _acknowledge(
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
    if request.rows or _wants_rows(request, workspace, uncovered, asker):
        return uncovered, True, None
    try:
        lines = acknowledge(
            uncovered,
            request.acknowledged,
            asker=asker,
            strict=request.strict,
            in_full=request.in_full,
            may_take_rows=not workspace.directory.files,
        )
    except AcknowledgementNeeded as needed:
        if not workspace.directory.files:  # nothing else can be open
            raise
        return uncovered, False, needed
    for line in lines:
        reporter.say(line)
    return uncovered, False, None


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


def _require_migrations(request: NextFileRequest, workspace: Workspace) -> None:
    """Raise ``MigrationsNotImportable`` if the next file must record what is unknown."""
    found = workspace.django_migrations
    unread = find_unread_apps(found, workspace.alias, labels=request.app_labels)
    if unread and request.has_default_sources:
        raise MigrationsNotImportable(reasons=found.describe_errors(unread))


def _report_workspace(workspace: Workspace, reporter: Reporter) -> None:
    for line in workspace.server.describe():
        reporter.say(line)
    for warning in _find_warnings(workspace):
        reporter.warn(warning)


def _find_warnings(workspace: Workspace) -> Iterator[str]:
    server = workspace.server
    target = workspace.ask_target() if server.probes_target else None
    if target is not None and server.has_other_major(target.major):
        yield (
            f"The target runs {target.version}, the dev database {server.description}:"
            " choose the same major version with DEV."
        )
    for label, reason in workspace.django_migrations.read_errors.items():
        yield (
            f"The Django migrations of {label} cannot be imported, so what they make besides"
            f" models (extensions, collations, rows) is not known: {reason}"
        )
    yield from workspace.directory.warnings
    if not workspace.settings.compares_privileges:
        ignored = list(filter(is_about_privileges, workspace.extra_statements))
        for extra in ignored[:1]:
            rest = f" ({len(ignored) - 1} more in EXTRA)" if ignored[1:] else ""
            yield (
                f"{extra.file}:{extra.statement.line}: No plan has this{rest}, since owners"
                ' and grants are not compared: set PRIVILEGES to "compare", or move it to a'
                " file of the directory."
            )
    yield from list_directive_warnings(workspace)
