"""Run a job in a workspace, on another dev server if the first one is not for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from django.apps import apps as installed_apps
from django.apps.registry import Apps

from schema_migrations.conf import read_settings
from schema_migrations.dev.open_server import Sharing
from schema_migrations.errors import LeavesDevDatabase, NoDevServer
from schema_migrations.workflows.states.inputs import Inputs
from schema_migrations.workflows.states.workspace import (
    Workspace,
    open_workspace,
)

Result = TypeVar("Result")


def run_in_workspace(
    job: Callable[[Workspace], Result],
    alias: str,
    *,
    directory: Path | None = None,
    dev: str | None = None,
    registry: Apps = installed_apps,
    inputs: Inputs | None = None,
    report: Callable[[str], None] = lambda line: None,
    report_progress: Callable[[str], None] = lambda text: None,
) -> Result:
    """Open a workspace for a job, and return what the job returns.

    ``inputs`` are what was read of the alias already.
    If a statement needs a server of our own, ``auto`` takes one, and the job starts again.
    Raises what ``open_workspace`` and the job raise.
    """

    def run(sharing: Sharing | None) -> Result:
        with open_workspace(
            alias,
            directory=directory,
            dev=dev,
            registry=registry,
            inputs=inputs,
            sharing=sharing,
            report=report,
            report_progress=report_progress,
        ) as workspace:
            return job(workspace)

    try:
        return run(None)
    except LeavesDevDatabase as error:
        if (dev or read_settings(alias, directory=directory).dev) != "auto":
            raise
        leaving = error
    report(f"{leaving.problem}\n{leaving.reason_to_move}")
    try:
        return run("never")
    except NoDevServer as error:
        raise leaving.with_tried(error.tried) from error
