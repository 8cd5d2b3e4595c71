"""How changes become SQL for PostgreSQL."""

from __future__ import annotations

from schema_migrations.engines.postgresql.ddl.alter_table import fold_alterations
from schema_migrations.engines.postgresql.ddl.conversion import (
    COMPUTED_DEFAULTS,
    find_conversion,
)
from schema_migrations.engines.postgresql.ddl.number_restrictions import (
    find_number_restrictions,
)
from schema_migrations.engines.postgresql.ddl.partition_restrictions import (
    find_partition_restrictions,
)
from schema_migrations.engines.postgresql.ddl.render import render
from schema_migrations.engines.postgresql.ddl.render_content import render_content
from schema_migrations.engines.postgresql.ddl.row_queries import ROW_QUERIES
from schema_migrations.engines.postgresql.ddl.silent_changes import find_silent_changes
from schema_migrations.engines.postgresql.ddl.type_change import may_alter_values
from schema_migrations.engines.postgresql.online import ONLINE
from schema_migrations.engines.postgresql.passes import PASSES
from schema_migrations.engines.postgresql.passes.privileges import (
    find_lost_privileges,
)
from schema_migrations.plan.existing_rows import FindRows
from schema_migrations.plan.plan import Changes, Planner
from schema_migrations.plan.restriction import Restriction
from schema_migrations.schema.model import Schema


def _find_engine_restrictions(
    changes: Changes, current: Schema, desired: Schema, find_rows: FindRows
) -> tuple[Restriction, ...]:
    return (
        *find_partition_restrictions(changes, current, desired, find_rows),
        *find_number_restrictions(changes, desired, find_rows),
    )


PLANNER = Planner(
    passes=PASSES,
    render=render,
    render_content=render_content,
    find_conversion=find_conversion,
    may_alter_values=may_alter_values,
    computed_defaults=COMPUTED_DEFAULTS,
    row_queries=ROW_QUERIES,
    fold_statements=fold_alterations,
    find_lost_privileges=find_lost_privileges,
    find_silent_changes=find_silent_changes,
    find_engine_restrictions=_find_engine_restrictions,
    online=ONLINE,
)
