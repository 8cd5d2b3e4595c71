"""Plan the next file of a directory, and write it: the job of ``schemadiff``.

Invariant: nothing is written unless the whole file was proved; file and ``atlas.sum``
appear together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from schema_migrations.conf import read_settings
from schema_migrations.errors import (
    QuestionsOpen,
)
from schema_migrations.history.checkpoint import select_from_checkpoint
from schema_migrations.history.directory import (
    Directory,
    load,
    next_name,
    save,
    verify,
)
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.history.rows_files import (
    LATER_ROWS_LINE,
    ROWS_LINE,
    is_part_of_baseline,
)
from schema_migrations.history.sums import SUM_FILE
from schema_migrations.plan.summary import suggest_name
from schema_migrations.workflows.planning.acknowledge import (
    RowsOutcome,
    choose_file_name,
    make_notes,
)
from schema_migrations.workflows.planning.between_sources import (
    propose,
    propose_in_slice,
)
from schema_migrations.workflows.planning.next_file_request import NextFileRequest
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    with_notes,
)
from schema_migrations.workflows.planning.questions import (
    NextFileAsker,
    RememberingAsker,
)
from schema_migrations.workflows.planning.recorded_migrations import (
    acknowledge_migrations,
    check_migrations,
    find_apps_not_run,
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
from schema_migrations.workflows.planning.rows_header import list_omitted
from schema_migrations.workflows.planning.uncovered_migrations import (
    UncoveredMigrations,
)
from schema_migrations.workflows.planning.workspace_report import show_workspace
from schema_migrations.workflows.states.app_labels import check_labels
from schema_migrations.workflows.states.inputs import Inputs
from schema_migrations.workflows.states.migrated_database import (
    refuse_shared_server,
    warn_of_own_migrate,
)
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.slice import Slice
from schema_migrations.workflows.states.workspace import (
    Workspace,
)
from schema_migrations.workflows.states.workspace_run import run_in_workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class NextFile:
    """What was planned, and which files were written."""

    proposal: Proposal
    uncovered: UncoveredMigrations = field(default_factory=UncoveredMigrations)
    """Django migrations that do more than the schema."""
    paths: tuple[Path, ...] = ()
    """The new files and ``atlas.sum``; empty: nothing was written."""
    directory: Directory | None = None
    """As it is with them; None: nothing was written."""
    within: Slice | None = None
    """What the change was planned and proved on; None: all that the files make."""
    rows: RowsFile | None = None
    """None: they were not asked for."""
    shown_text: str = ""
    """The text of the file for the schema, without values of Django migrations."""
    rows_are_baseline: bool = False
    """Whether the rows are the first of a file, and ``migrate`` makes all of them."""
    dev_server: str = ""
    has_warned: bool = False
    """Whether something deserved a warning on the way."""
    phases: Phases = field(default_factory=Phases)

    @property
    def has_text(self) -> bool:
        """Whether there is a file to write."""
        return bool(self.proposal.file_texts or (self.rows and self.rows.text))


def write_next_file(
    request: NextFileRequest,
    *,
    asker: NextFileAsker | None = None,
    reporter: Reporter = SILENCE,
    inputs: Inputs | None = None,
    within: Slice | None = None,
    reads_rows: bool = False,
) -> NextFile:
    """Plan the next file, prove it and write it, as far as the request goes.

    ``inputs`` are what was read already, ``within`` is what the change is known to touch.
    ``asker`` is asked what the request leaves open; None: nobody can be asked.
    ``reads_rows``: read which tables have rows in the end.  Raises
    what ``run_in_workspace`` and ``plan_change`` raise; then nothing was written.
    """
    asker = asker and RememberingAsker(asker)
    reporter = RememberingReporter(reporter)
    planned = run_in_workspace(
        lambda workspace: _plan(
            request, workspace, asker, reporter, within, reads_rows=reads_rows
        ),
        request.alias,
        directory=request.directory,
        dev=request.dev,
        inputs=inputs,
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
        directory=workspace.directory.with_files(planned.files) if paths else None,
        within=planned.within,
        rows=planned.rows,
        shown_text=planned.shown_text,
        rows_are_baseline=bool(planned.rows and ROWS_LINE in planned.rows.text)
        and not any(map(is_part_of_baseline, workspace.directory.files)),
        dev_server=workspace.server.description,
        has_warned=reporter.has_warned,
        phases=workspace.phases,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """What is to be written, and where it was proved."""

    workspace: Workspace
    uncovered: UncoveredMigrations
    proposal: Proposal
    within: Slice | None
    rows: RowsFile | None
    shown_text: str
    files: tuple[MigrationFile, ...]


def _plan(
    request: NextFileRequest,
    workspace: Workspace,
    asker: NextFileAsker | None,
    reporter: Reporter,
    within: Slice | None,
    *,
    reads_rows: bool,
) -> _Planned:
    check_labels(request.app_labels, workspace.registry)
    check_migrations(request, workspace)
    if request.rows:
        refuse_shared_server(workspace.server)
    show_workspace(workspace, reporter)
    uncovered, takes_rows, needed = acknowledge_migrations(
        request, workspace, asker, reporter
    )
    taken = None
    if takes_rows:
        refuse_shared_server(workspace.server)
        warn_of_own_migrate(reporter.warn)
        taken = RowsOutcome(follow=True, apps_not_run=find_apps_not_run(workspace))
    change = ChangeRequest(
        answers=request.answers,
        asker=asker,
        strict=request.strict,
        app_labels=request.app_labels,
        app_tables=workspace.app_tables,
        prove=request.prove and needed is None,
        reads_rows=reads_rows,
        notes=make_notes(uncovered, taken=taken),
        online=workspace.settings.plan == "online"
        if request.online is None
        else request.online,
    )
    try:
        found = None if within is None else propose_in_slice(workspace, change, within)
        within = None if found is None else within
        proposal = found or propose(
            workspace, change, source=request.source, target=request.target
        )
    except QuestionsOpen as error:
        raise error.with_more(needed, leads_further=takes_rows) from None
    if needed is not None:
        raise needed
    rows = None
    if taken:
        rows = _take_rows(request, workspace, asker, proposal, uncovered)
        if not rows.text:
            omitted = tuple(
                list_omitted(
                    numbered_apart=rows.numbered_apart,
                    left_out=rows.left_out,
                    altered=rows.altered,
                    missing=rows.missing,
                )
            )
            taken = replace(taken, follow=False, omitted_lines=omitted)
            notes = make_notes(uncovered, taken=taken)
            proposal = with_notes(workspace.engine, proposal, notes)
    shown = make_notes(uncovered.without_values, taken=taken)
    return _Planned(
        workspace=workspace,
        uncovered=uncovered,
        proposal=proposal,
        within=within,
        rows=rows,
        shown_text=with_notes(workspace.engine, proposal, shown).script,
        files=_make_files(request, workspace.directory, proposal, uncovered, rows),
    )


def _take_rows(
    request: NextFileRequest,
    workspace: Workspace,
    asker: NextFileAsker | None,
    proposal: Proposal,
    uncovered: UncoveredMigrations,
) -> RowsFile:
    """Return the file of rows that follows the files, with that of the proposal.

    What no file before it records, the file of rows does.
    """
    directory = workspace.directory
    before = _make_files(request, directory, proposal, uncovered, None)
    coverage_lines = make_notes(uncovered).coverage_lines
    is_later = not before and (coverage_lines or request.app_labels)
    return propose_rows(
        workspace,
        select_from_checkpoint(directory.with_files(before).files),
        RowsRequest(
            app_labels=request.app_labels,
            answers=request.large_tables,
            asker=asker,
            header_lines=(LATER_ROWS_LINE, *coverage_lines)
            if is_later
            else (ROWS_LINE,),
        ),
    )


def _make_files(
    request: NextFileRequest,
    directory: Directory,
    proposal: Proposal,
    uncovered: UncoveredMigrations,
    rows: RowsFile | None,
) -> tuple[MigrationFile, ...]:
    """Return the files to write: what changes the schema, then what adds rows."""
    name, now = request.name, datetime.now(UTC)
    files: tuple[MigrationFile, ...] = ()
    if proposal.file_texts:
        name = name or _suggest_name(proposal, uncovered, directory)
    for number, text in enumerate(proposal.file_texts, 1):
        suffix = f"_part{number}" if number > 1 else ""
        file = _make_file(directory, f"{name}{suffix}", text, now)
        directory = directory.with_files((file,))
        files += (file,)
    if rows and rows.text:
        name = f"{name}_rows" if name and files else name or "rows"
        files += (_make_file(directory, name, rows.text, now),)
    return files


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
