"""Read what a command plans from, once: settings, directory and ``EXTRA``.

Invariant: nothing is imported, started or asked here; the directory is intact.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.apps import apps as installed_apps
from django.apps.registry import Apps

from schema_migrations.conf import Settings, read_settings
from schema_migrations.history.checkpoint import select_from_checkpoint
from schema_migrations.history.directory import Directory, load, verify
from schema_migrations.history.origin import Destination, refuse_other_engine
from schema_migrations.workflows.states.extra_files import ExtraStatement, read_extra
from schema_migrations.workflows.states.model_tables import find_excluded_tables
from schema_migrations.workflows.targets.connection import open_target

if TYPE_CHECKING:
    from schema_migrations.engines.engine import Engine
    from schema_migrations.schema.key import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What files and settings say, as they were at one moment."""

    alias: str
    settings: Settings
    engine: Engine
    """Of the alias."""
    directory: Directory
    """Loaded and verified."""
    extra_statements: tuple[ExtraStatement, ...]
    """The statements that ``EXTRA`` adds to the desired state."""
    excluded_tables: frozenset[Key]
    """Tables that Django's own migrations create; the engine does not see them."""
    registry: Apps


def read_inputs(
    alias: str, *, directory: Path | None = None, registry: Apps = installed_apps
) -> Inputs:
    """Read and verify what belongs to an alias.

    ``directory`` stands for that of the settings.  Raises ``ConfigError`` and
    ``IntegrityError``.
    """
    settings = read_settings(alias, directory=directory)
    with open_target(alias, None) as (_, engine):
        pass
    excluded_tables = find_excluded_tables(registry, settings.apps, engine.dialect)
    loaded_directory = load(settings.directory)
    verify(loaded_directory)
    refuse_other_engine(
        select_from_checkpoint(loaded_directory.files),
        Destination(name=f"the database {alias!r}", engine=engine.dialect.name),
    )
    extra_statements = read_extra(
        settings.extra_paths,
        engine.dialect.syntax,
        migration_directory=settings.directory,
    )
    return Inputs(
        alias=alias,
        settings=settings,
        engine=engine,
        directory=loaded_directory,
        extra_statements=extra_statements,
        excluded_tables=excluded_tables,
        registry=registry,
    )
