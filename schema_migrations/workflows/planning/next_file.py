"""Plan the next file of a directory, and write it: the job of ``schemadiff``.

Invariant: nothing is written unless the whole file was proved; file and ``atlas.sum``
appear together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from schema_migrations.conf import read_settings
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
    make_notes,
)
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    propose,
)
from schema_migrations.workflows.planning.questions import Asker, RememberingAsker
from schema_migrations.workflows.planning.uncovered_migrations import (
    UncoveredMigrations,
    find_uncovered_migrations,
)
from schema_migrations.workflows.states.app_tables import check_labels
from schema_migrations.workflows.states.extra import is_about_privileges
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.replayed_files import list_directive_warnings
from schema_migrations.workflows.states.source_forms import FILES, MODELS
from schema_migrations.workflows.states.sources import (
    Workspace,
    run_in_workspace,
)


class Reporter(Protocol):
    """Tell a person what happens before the result is there."""

    def say(self, text: str = "") -> None: ...
    def warn(self, text: str) -> None: ...
    def show_progress(self, text: str) -> None: ...


class _Silence:
    def say(self, text: str = "") -> None:
        """Say nothing."""

    def warn(self, text: str) -> None:
        """Say nothing."""

    def show_progress(self, text: str) -> None:
        """Show nothing."""


SILENCE: Reporter = _Silence()


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
    """The new file and ``atlas.sum``; empty: nothing was written."""
    dev_server: str = ""
    phases: Phases = field(default_factory=Phases)


def write_next_file(
    request: NextFileRequest,
    *,
    asker: Asker | None = None,
    reporter: Reporter = SILENCE,
) -> NextFile:
    """Plan the next file, prove it and write it, as far as the request goes.

    ``asker`` is asked what the request leaves open; None: nobody can be asked.  Raises
    what ``run_in_workspace`` and ``plan_change`` raise; then nothing was written.
    """
    asker = asker and RememberingAsker(asker)
    workspace, uncovered, proposal = run_in_workspace(
        lambda workspace: _propose(request, workspace, asker, reporter),
        request.alias,
        directory=request.directory,
        dev=request.dev,
        report=reporter.say,
        report_progress=reporter.show_progress,
    )
    paths: tuple[Path, ...] = ()
    if request.write and proposal.file_text:
        directory = workspace.directory
        name = request.name or _suggest_name(proposal, uncovered, directory)
        paths = _write_file(directory, name, proposal.file_text)
    return NextFile(
        proposal=proposal,
        uncovered=uncovered,
        paths=paths,
        dev_server=workspace.server.description,
        phases=workspace.phases,
    )


def _propose(
    request: NextFileRequest,
    workspace: Workspace,
    asker: Asker | None,
    reporter: Reporter,
) -> tuple[Workspace, UncoveredMigrations, Proposal]:
    _report_workspace(workspace, reporter)
    check_labels(request.app_labels, workspace.registry)
    uncovered = _acknowledge(request, workspace, asker, reporter)
    proposal = propose(
        workspace,
        ChangeRequest(
            answers=request.answers,
            asker=asker,
            strict=request.strict,
            app_labels=request.app_labels,
            app_tables=workspace.app_tables,
            prove=request.prove,
            notes=make_notes(uncovered),
        ),
        source=request.source,
        target=request.target,
    )
    return workspace, uncovered, proposal


def write_empty_file(
    alias: str, *, directory: Path | None = None, name: str = ""
) -> tuple[Path, ...]:
    """Write a file for SQL by hand; return its path and that of ``atlas.sum``."""
    loaded = load(read_settings(alias, directory=directory).directory)
    verify(loaded)
    text = format_file(header=("Write SQL below this line.",), statements=())
    return _write_file(loaded, name, text)


def _write_file(directory: Directory, name: str, text: str) -> tuple[Path, ...]:
    file = MigrationFile(
        name=next_name(directory, name, datetime.now(UTC)), content=text.encode()
    )
    folder = Path(directory.path)
    save(folder, directory, [file])
    return folder / file.name, folder / SUM_FILE


def _suggest_name(
    proposal: Proposal, uncovered: UncoveredMigrations, directory: Directory
) -> str:
    if not directory.files:
        return "initial"
    return suggest_name(proposal.summary) or choose_file_name(uncovered.operations)


def _acknowledge(
    request: NextFileRequest,
    workspace: Workspace,
    asker: Asker | None,
    reporter: Reporter,
) -> UncoveredMigrations:
    """Return what the next file is to record; nothing between other sources.

    It comes before the slow work.  Raises ``AnswerNeeded`` and ``ConfigError``.
    """
    check_names(request.acknowledged, workspace.django_migrations)
    if not request.has_default_sources:
        return UncoveredMigrations()
    uncovered = find_uncovered_migrations(
        read_coverage(workspace.directory.files),
        workspace.django_migrations,
        workspace.alias,
        labels=request.app_labels or None,
        own_labels=workspace.settings.apps,
    )
    for warning in uncovered.warnings:
        reporter.warn(warning)
    lines = acknowledge(
        uncovered,
        request.acknowledged,
        asker=asker,
        strict=request.strict,
        in_full=request.in_full,
    )
    for line in lines:
        reporter.say(line)
    return uncovered


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
            f"The Django migrations of {label} cannot be read, so what they make besides"
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
