"""How changes become SQL for PostgreSQL."""

from __future__ import annotations

from schema_migrations.engines.engine import Planner
from schema_migrations.engines.postgresql.ddl.conversion import (
    COMPUTED_DEFAULTS,
    find_conversion,
)
from schema_migrations.engines.postgresql.ddl.render import render
from schema_migrations.engines.postgresql.passes import PASSES

PLANNER = Planner(
    passes=PASSES,
    render=render,
    find_conversion=find_conversion,
    computed_defaults=COMPUTED_DEFAULTS,
)
