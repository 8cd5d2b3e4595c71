"""How changes become SQL for SQLite."""

from __future__ import annotations

from schema_migrations.engines.engine import Planner
from schema_migrations.engines.sqlite.ddl.conversion import (
    COMPUTED_DEFAULTS,
    find_conversion,
)
from schema_migrations.engines.sqlite.ddl.render import render
from schema_migrations.engines.sqlite.passes import PASSES

PLANNER = Planner(
    passes=PASSES,
    render=render,
    find_conversion=find_conversion,
    computed_defaults=COMPUTED_DEFAULTS,
)
