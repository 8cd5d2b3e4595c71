"""An app's models: a database of Django's making and one of ours are the same.

Invariant: Django's database comes first, so that what Django itself refuses is told
from what we get wrong.
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
from schema_migrations.engines.engine import Connection
from schema_migrations.engines.registry import engine_for
from schema_migrations.history.directory import Directory, next_name, save
from schema_migrations.history.file import MigrationFile
from schema_migrations.plan.summary import summarize
from schema_migrations.schema.diff import diff
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.planning.proposal import propose
from schema_migrations.workflows.states.sources import Workspace, open_workspace
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    inspect_database,
)
from tools.django_suite.loading import Group, extensions
from tools.django_suite.places import (
    DJANGOS,
    OURS,
    Place,
    different,
    two_databases,
)

Operations = tuple[CreateExtension, ...]

SHOWN = 40
"""Lines of a difference."""


class Differs(Exception):
    """Something is not as it must be; the text says what."""


class NotMade(Exception):
    """Django itself cannot make the tables; the text says why."""


def prove(group: Group, names: Iterable[str], place: Place) -> None:
    """Make both databases for a group of these apps, and compare them.

    Raises ``Differs``, ``NotMade`` and whatever our own code raises.
    """
    made: Operations = ()
    if place.vendor == "postgresql":
        made = tuple(operation for name in names for operation in extensions(name))
    with two_databases(place) as folder:
        try:
            _make_by_django(group, made)
        except Exception as error:
            raise NotMade(f"{type(error).__name__}: {error}") from error
        _make_by_us(group, folder)
        _compare_by_inspector(place.vendor)
        theirs, ours = different(place)
        _equal("the catalog", theirs, ours)


def _make_by_django(group: Group, made: Operations) -> None:
    """As ``migrate --run-syncdb`` does where there are no migrations."""
    connection = connections[DJANGOS]
    with connection.schema_editor() as editor:
        for operation in made:
            operation.database_forwards("", editor, ProjectState(), ProjectState())
        for model in group.registry.get_models():
            chosen = model._meta.app_label in group.labels
            if chosen and model._meta.can_migrate(connection):
                editor.create_model(model)


def _make_by_us(group: Group, folder: Path) -> None:
    """Models → plan → file → applied; then there is nothing left to plan."""
    settings.SCHEMA_MIGRATIONS = {
        "default": {"DIR": folder / "migrations", "APPS": sorted(group.labels)}
    }
    with open_workspace("default", registry=group.registry) as workspace:
        directory = _written(workspace, propose(workspace).file_text)
        apply(connections[OURS], directory, signals=False)
        second = propose(replace(workspace, directory=directory))
    _equal("the second diff", (), [str(line) for line in second.summary])


def _written(workspace: Workspace, text: str) -> Directory:
    name = next_name(workspace.directory, "initial", datetime.now(UTC))
    file = MigrationFile(name=name, content=text.encode())
    return save(workspace.settings.directory, workspace.directory, [file])


def _compare_by_inspector(vendor: str) -> None:
    engine = engine_for(vendor)
    theirs, ours = (_live(alias, vendor) for alias in (DJANGOS, OURS))
    keys = find_uncertain_definitions(theirs.schema, ours.schema)
    theirs, ours = (canonicalize_state(engine, state, keys) for state in (theirs, ours))
    lines = summarize(diff(theirs.schema, ours.schema))
    _equal("our inspector", (), [str(line) for line in lines])


def _live(alias: str, vendor: str) -> State:
    connection = cast(Connection, connections[alias])
    schema = inspect_database(engine_for(vendor), connection)
    return State(schema=schema, connection=connection, description=alias)


def _equal(what: str, theirs: Iterable[str], ours: Iterable[str]) -> None:
    lines = [*(f"- {x}" for x in sorted(theirs)), *(f"+ {x}" for x in sorted(ours))]
    if lines:
        text = "\n".join(lines[:SHOWN])
        raise Differs(f"{what} (- Django's, + ours, {len(lines)}):\n{text}")
