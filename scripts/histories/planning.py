"""Our plan from one state to the other, asked for as a person would."""

from __future__ import annotations

from collections.abc import Mapping

from histories.answers import Renames
from schema_migrations.engines.engine import Engine
from schema_migrations.history.file import format_file
from schema_migrations.plan.fills import fill
from schema_migrations.plan.plan import build
from schema_migrations.schema.carry import carry
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Key
from schema_migrations.schema.unsettled import unsettled
from schema_migrations.workflows.states import State, settled


def planned(
    engine: Engine,
    current: State,
    desired: State,
    renames: Renames,
    defaults: Mapping[str, str],
) -> str:
    keys = unsettled(current.schema, desired.schema)
    current, desired = settled(engine, current, keys), settled(engine, desired, keys)
    goal = carry(current.schema, desired.schema)
    fills = dict(desired.fills)
    for name, sql in defaults.items():
        table, column = name.split(".")
        if sql != "NULL":
            fills[Key(kind="column", name=table, part=column)] = sql
    plan = build(
        fill(diff(current.schema, goal), fills),
        current.schema,
        goal,
        passes=engine.passes,
        render=engine.render,
    )
    return format_file(
        header=(),
        statements=[(s.comment, s.sql) for s in plan.statements],
        txmode="" if all(s.transactional for s in plan.statements) else "none",
    )
