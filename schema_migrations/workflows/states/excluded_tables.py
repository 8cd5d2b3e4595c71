"""Tables that Django's own migrations keep creating because ``APPS`` leaves them out.

Models may refer to them, so they are created on every scratch database before files or
models, and are never part of a schema.
"""

from __future__ import annotations

import re
from dataclasses import replace

from django.apps.registry import Apps

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.engine import Engine
from schema_migrations.workflows.states.collecting import DdlPart
from schema_migrations.workflows.states.loaded_models import load_models
from schema_migrations.workflows.states.model_tables import find_referenced_models
from schema_migrations.workflows.states.models_ddl import (
    collect_ddl,
)

_CREATE_TABLE = re.compile(r"\s*CREATE\s+TABLE\b", re.IGNORECASE)


def load_referenced_tables(
    engine: Engine,
    connection: Connection,
    registry: Apps,
    alias: str,
    labels: tuple[str, ...] | None,
) -> None:
    """Create the excluded tables that models of ``labels`` refer to, without foreign keys.

    Nor are there indexes, triggers, or what else a backend adds.  Raises ``ConfigError``.
    """
    referenced = find_referenced_models(registry, labels)
    if not referenced:
        return
    ddl = collect_ddl(
        connection,
        registry,
        referenced,
        computed_defaults=engine.planner.computed_defaults,
    )
    tables = tuple(map(_with_tables_only, ddl.parts))
    load_models(engine, connection, replace(ddl, parts=tables), alias=alias)


def _with_tables_only(part: DdlPart) -> DdlPart:
    created = filter(_CREATE_TABLE.match, part.statements)
    return replace(part, statements=tuple(created))
