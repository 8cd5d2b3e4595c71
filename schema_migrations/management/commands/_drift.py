"""``schemastatus --drift``: find the drift on a dev database."""

from __future__ import annotations

from dataclasses import replace

from schema_migrations.history.applied_files import find_applied_files
from schema_migrations.management.commands._base import Options, SchemaCommand
from schema_migrations.workflows.standing.drift import Drift, find_drift
from schema_migrations.workflows.standing.status import Status
from schema_migrations.workflows.states.sources import (
    check_same_vendor,
)
from schema_migrations.workflows.states.workspace import (
    Workspace,
)
from schema_migrations.workflows.states.workspace_run import run_in_workspace


def add_drift(status: Status, options: Options, command: SchemaCommand) -> Status:
    """Return the status with its drift.

    The dev server is the one of the alias, even if the target is reached by a URL.
    """
    assert status.schema is not None
    schema = status.schema

    def find(workspace: Workspace) -> Drift:
        check_same_vendor(status.vendor, workspace)
        server = workspace.server
        for line in server.describe():
            command.say(line)
        if server.has_other_major(status.target.major):
            command.warn(
                f"the target runs {status.target.version}: another major version may "
                "print the same thing differently; choose the same one with --dev"
            )
        files = workspace.directory.files
        return find_drift(
            workspace,
            schema,
            find_applied_files(files, status.revisions, status.standing),
            plan_mending=not options["keep"]
            and (options["format"] == "sql" or options["verbosity"] > 1),
            plans_keeping=options["keep"],
            allow_data_loss=options["allow_data_loss"],
        )

    drift = run_in_workspace(
        find,
        options["database"],
        directory=options["dir"],
        dev=options["dev"],
        report=command.say,
        report_progress=command.show_progress,
    )
    return replace(status, drift=drift)
