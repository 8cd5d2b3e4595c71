"""Every case of ``tests/cases/diff`` on its engine, proved on a real database.

A case is one file ``<name>.<vendor>.sql`` with the sections ``-- before``, ``-- after``
and ``-- plan``.  The plan is golden text: it is what a reviewer will read.  ``-- back``
is the refusal where there is no plan from ``after`` to ``before``.  A case without a
plan holds a view, which each version of PostgreSQL prints in its own way.
Run with ``UPDATE_GOLDEN=1`` to rewrite the plans, and review them as a diff.
"""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.engine import Engine
from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import UnsupportedChange
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.plan.plan import Plan, build_plan
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Schema
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.states.replay import load_sql, replay
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    inspect_database,
)
from tests.fixtures.scratch import Scratch

CASES = Path(__file__).parents[2] / "cases" / "diff"


def sections(path: Path) -> dict[str, str]:
    """Return the sections of a case by name."""
    parts = re.split(
        r"^-- (before|after|plan|back)$", path.read_text(), flags=re.MULTILINE
    )
    return {k: v.strip() for k, v in zip(parts[1::2], parts[2::2], strict=True)}


def cases(vendor: str) -> list[Any]:
    found = sorted(CASES.glob(f"*.{vendor}.sql"))
    assert found, f"no case for {vendor}"
    return [pytest.param(path, id=path.name.split(".")[0]) for path in found]


def state(engine: Engine, connection: Connection, sql: str, *, file: str) -> State:
    load_sql(engine, connection, sql, file=file)
    schema = inspect_database(engine, connection)
    return State(schema=schema, connection=connection, description=file)


def planned(engine: Engine, current: State, desired: State) -> tuple[Plan, Schema]:
    keys = find_uncertain_definitions(current.schema, desired.schema)
    before = canonicalize_state(engine, current, keys).schema
    after = canonicalize_state(engine, desired, keys).schema
    changes = diff(before, after)
    plan = build_plan(
        changes,
        before,
        after,
        planner=engine.planner,
    )
    return plan, after


def text_of(plan: Plan) -> str:
    statements = [(s.comment, s.sql) for s in plan.statements]
    txmode = "" if all(s.transactional for s in plan.statements) else "none"
    return format_file(header=(), statements=statements, txmode=txmode).strip()


def carried_out(engine: Engine, current: State, plan: Plan, goal: Schema) -> None:
    """Run the plan's text and see that nothing is left to do."""
    file = MigrationFile(name="1_plan.sql", content=text_of(plan).encode())
    replay(engine, current.connection, [file])
    reached = State(
        schema=inspect_database(engine, current.connection),
        connection=current.connection,
        description="reached",
    )
    reached = canonicalize_state(
        engine, reached, find_uncertain_definitions(reached.schema, goal)
    )

    assert diff(reached.schema, goal) == ()


def check(path: Path, engine: Engine, scratch: Scratch) -> None:
    case = sections(path)
    with scratch() as one, scratch() as other:
        current = state(engine, one, case["before"], file="before")
        desired = state(engine, other, case["after"], file="after")
        plan, goal = planned(engine, current, desired)
        if os.environ.get("UPDATE_GOLDEN") and "plan" in case:
            case["plan"] = text_of(plan)
            text = "\n\n".join(
                f"-- {name}\n{case[name]}"
                for name in ("before", "after", "plan", "back")
                if name in case
            )
            path.write_text(text + "\n")
        if "plan" in case:
            assert text_of(plan) == case["plan"]
        carried_out(engine, current, plan, goal)
    with scratch() as one, scratch() as other:
        there = state(engine, one, case["after"], file="after")
        back = state(engine, other, case["before"], file="before")
        if "back" in case:
            with pytest.raises(
                UnsupportedChange, match=case["back"].removeprefix("-- ")
            ):
                planned(engine, there, back)
            return
        plan, goal = planned(engine, there, back)
        carried_out(engine, there, plan, goal)


@pytest.mark.parametrize("path", cases("postgresql"))
def test_postgresql(path: Path, scratch: Scratch) -> None:
    """The plan reads as agreed, leads there, and a plan leads back."""
    check(path, engine_for("postgresql"), scratch)


@pytest.mark.parametrize("path", cases("sqlite"))
def test_sqlite(path: Path) -> None:
    """The plan reads as agreed, leads there, and a plan leads back."""
    engine = engine_for("sqlite")
    create = engine.dev_server.create_scratch_database
    check(path, engine, partial(create, {}, "default"))
