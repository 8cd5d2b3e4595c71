"""Templates: databases with the files of an alias applied, to be copied for tests.

Invariant: the content follows from the files alone; rows that come from the models
(content types, permissions) are created in each copy, by ``migrate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.conf import read_settings
from schema_migrations.history.checkpoint import select_from_checkpoint
from schema_migrations.history.directory import verify
from schema_migrations.history.origin import Destination, refuse_other_engine
from schema_migrations.version import VERSION
from schema_migrations.workflows.applying.apply import apply, request_from_settings
from schema_migrations.workflows.targets.connection import (
    ServerPart,
    open_target,
    read_directory,
)

if TYPE_CHECKING:
    from schema_migrations.workflows.applying.events import Event

TEMPLATE_KEY = "TEMPLATE"
"""Key of ``DATABASES[alias]["TEST"]``; Django hands it to CREATE DATABASE."""


def use_template(alias: str) -> str:
    """Let Django copy the test database of an alias from a template; return its name.

    Return "" if the engine cannot copy databases.  Raise what ``apply`` raises.
    """
    settings = read_settings(alias)
    with open_target(alias, None) as (connection, engine):
        if engine.dev_server.ensure_template is None:
            return ""
        directory = read_directory(settings.directory)
        verify(directory)
        refuse_other_engine(
            select_from_checkpoint(directory.files),
            Destination(name=f"the database {alias!r}", engine=engine.dialect.name),
        )

        def build(name: str) -> None:
            with open_target(alias, None, ServerPart(database=name)) as (template, _):
                apply(
                    template,
                    engine,
                    directory,
                    request_from_settings(settings),
                    _ignore_event,
                )

        contents = (
            *(
                directory.computed_sums.total_hash,
                settings.revisions_schema or "",
                VERSION,
            ),
            connection.timezone_name,  # for literals without a time zone
        )
        name = engine.dev_server.ensure_template(connection, " ".join(contents), build)
        connection.settings_dict["TEST"][TEMPLATE_KEY] = name
    return name


def _ignore_event(event: Event) -> None:
    """Ignore an event, since nobody watches."""
