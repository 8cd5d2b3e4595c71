"""How changes become SQL for SQLite."""

from __future__ import annotations

from schema_migrations.engines.sqlite.ddl.conversion import (
    COMPUTED_DEFAULTS,
    find_conversion,
)
from schema_migrations.engines.sqlite.ddl.render import render
from schema_migrations.engines.sqlite.ddl.render_content import render_content
from schema_migrations.engines.sqlite.ddl.row_queries import ROW_QUERIES
from schema_migrations.engines.sqlite.ddl.type_change import may_alter_values
from schema_migrations.engines.sqlite.passes import PASSES
from schema_migrations.plan.plan import Planner

PLANNER = Planner(
    passes=PASSES,
    render=render,
    render_content=render_content,
    find_conversion=find_conversion,
    may_alter_values=may_alter_values,
    computed_defaults=COMPUTED_DEFAULTS,
    row_queries=ROW_QUERIES,
)
