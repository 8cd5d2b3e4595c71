"""A database that holds the files of an alias, to be copied for the tests.

Invariant: what it holds follows from the files alone; rows that come from the models
(content types, permissions) are made in each copy, by ``migrate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.conf import read_settings
from schema_migrations.history.directory import verify
from schema_migrations.version import VERSION
from schema_migrations.workflows.applying.apply import apply, request_by
from schema_migrations.workflows.targets.connecting import Part, directory_of, target

if TYPE_CHECKING:
    from schema_migrations.workflows.applying.events import Event

TEMPLATE = "TEMPLATE"
"""Key of ``DATABASES[alias]["TEST"]``; Django hands it to CREATE DATABASE."""


def use_template(alias: str) -> str:
    """Let Django make the test database of an alias as a copy; return of which one.

    Empty where the engine cannot copy databases.  Raises what ``apply`` raises.
    """
    settings = read_settings(alias)
    with target(alias, None) as (connection, engine):
        if engine.template is None:
            return ""
        directory = directory_of(settings.directory)
        verify(directory)

        def build(name: str) -> None:
            with target(alias, None, Part(database=name)) as (there, _):
                apply(there, engine, directory, request_by(settings), _ignore)

        contents = (
            *(
                directory.computed_sums.total_hash,
                settings.revisions_schema or "",
                VERSION,
            ),
            connection.timezone_name,  # of a literal without one
        )
        name = engine.template(connection, " ".join(contents), build)
        connection.settings_dict["TEST"][TEMPLATE] = name
    return name


def _ignore(event: Event) -> None:
    """Nobody watches."""
