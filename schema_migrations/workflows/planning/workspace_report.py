"""What is said of a dev database and a directory before anything is planned."""

from __future__ import annotations

from collections.abc import Iterator

from schema_migrations.workflows.planning.reporter import Reporter
from schema_migrations.workflows.states.extra import is_about_privileges
from schema_migrations.workflows.states.replayed_files import list_directive_warnings
from schema_migrations.workflows.states.workspace import (
    Workspace,
)


def show_workspace(workspace: Workspace, reporter: Reporter) -> None:
    """Say which dev database it is, and warn of what a plan would not show."""
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
