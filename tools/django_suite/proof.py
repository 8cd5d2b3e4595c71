"""Prove that Django and we create the same database from an app's models.

Invariant: Django's database is created first, so that what Django itself refuses does
not count as our mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from django.conf import settings
from django.contrib.postgres.operations import CreateExtension
from django.db import connections
from django.db.migrations.state import ProjectState

from schema_migrations.api import apply
from schema_migrations.engines.connection import Connection
from schema_migrations.engines.registry import engine_for
from schema_migrations.history.directory import Directory, next_name, save
from schema_migrations.history.file import MigrationFile
from schema_migrations.plan.summary import summarize
from schema_migrations.schema.diff import diff
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.planning.between_sources import propose
from schema_migrations.workflows.planning.proposal import ChangeRequest
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    inspect_database,
)
from schema_migrations.workflows.states.workspace import (
    Workspace,
    open_workspace,
)
from tools.django_suite.databases import (
    DJANGOS,
    OURS,
    Backend,
    compare_catalogs,
    create_two_databases,
)
from tools.django_suite.loading import Group, find_extensions

Operations = tuple[CreateExtension, ...]

SHOWN = 40
"""How many lines of a difference are shown."""


class Differs(Exception):
    """Something is not as it must be; the text says what it is."""


class NotMade(Exception):
    """Django itself cannot create the tables; the text says why."""


def prove(group: Group, names: Iterable[str], backend: Backend) -> None:
    """Create both databases for a group of these apps, and compare them.

    Raises ``Differs``, ``NotMade`` and whatever our own code raises.
    """
    operations: Operations = ()
    if backend.vendor == "postgresql":
        operations = tuple(
            operation for name in names for operation in find_extensions(name)
        )
    with create_two_databases(backend) as folder:
        try:
            _make_by_django(group, operations)
        except Exception as error:
            raise NotMade(f"{type(error).__name__}: {error}") from error
        _make_by_us(group, folder)
        _compare_by_inspector(backend.vendor)
        theirs, ours = compare_catalogs(backend)
        _expect_equal("the catalog", theirs, ours)


def _make_by_django(group: Group, operations: Operations) -> None:
    """Create the tables as ``migrate --run-syncdb`` does without migrations."""
    connection = connections[DJANGOS]
    with connection.schema_editor() as editor:
        for operation in operations:
            operation.database_forwards("", editor, ProjectState(), ProjectState())
        for model in group.registry.get_models():
            chosen = model._meta.app_label in group.labels
            if chosen and model._meta.can_migrate(connection):
                editor.create_model(model)


def _make_by_us(group: Group, folder: Path) -> None:
    """Plan the models, save and apply the file; expect that a second plan is empty."""
    settings.SCHEMA_MIGRATIONS = {
        "default": {"DIR": folder / "migrations", "APPS": sorted(group.labels)}
    }
    with open_workspace("default", registry=group.registry) as workspace:
        directory = _save_file(workspace, propose(workspace, ChangeRequest()).script)
        apply(connections[OURS], directory, signals=False)
        second = propose(replace(workspace, directory=directory), ChangeRequest())
    _expect_equal("the second diff", (), [str(line) for line in second.summary])


def _save_file(workspace: Workspace, text: str) -> Directory:
    name = next_name(workspace.directory, "initial", datetime.now(UTC))
    file = MigrationFile(name=name, content=text.encode())
    return save(workspace.settings.directory, workspace.directory, [file])


def _compare_by_inspector(vendor: str) -> None:
    engine = engine_for(vendor)
    theirs, ours = (_inspect_live(alias, vendor) for alias in (DJANGOS, OURS))
    keys = find_uncertain_definitions(theirs.schema, ours.schema)
    theirs, ours = (canonicalize_state(engine, state, keys) for state in (theirs, ours))
    lines = summarize(diff(theirs.schema, ours.schema))
    _expect_equal("our inspector", (), [str(line) for line in lines])


def _inspect_live(alias: str, vendor: str) -> State:
    connection = cast(Connection, connections[alias])
    schema = inspect_database(engine_for(vendor), connection)
    return State(schema=schema, connection=connection, description=alias)


def _expect_equal(what: str, theirs: Iterable[str], ours: Iterable[str]) -> None:
    lines = [*(f"- {x}" for x in sorted(theirs)), *(f"+ {x}" for x in sorted(ours))]
    if lines:
        text = "\n".join(lines[:SHOWN])
        raise Differs(f"{what} (- Django's, + ours, {len(lines)}):\n{text}")
