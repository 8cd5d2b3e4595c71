"""What single partitions have for themselves is planned and carried out, one way."""

from __future__ import annotations

from typing import Any

import pytest

from schema_migrations.engines.registry import engine_for
from tests.workflows.planning.test_diff_cases import (
    carried_out,
    planned,
    scratch_pair,
    state,
    text_of,
)

pytestmark = pytest.mark.every_postgres


def plan_and_carry_out(settings: dict[str, Any], before: str, after: str) -> list[str]:
    """Return the statements that lead there, each without the comment above it."""
    engine = engine_for("postgresql")
    with scratch_pair(engine, settings) as (one, other):
        current = state(engine, one, before, file="before")
        desired = state(engine, other, after, file="after")
        plan, goal = planned(engine, current, desired)
        carried_out(engine, current, plan, goal)
    return [
        line for line in text_of(plan).splitlines() if line and not line.startswith("-")
    ]


def test_a_new_label_in_the_bounds_is_committed_before_the_partition_moves(
    postgres_settings: dict[str, Any],
) -> None:
    before = "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (x e) PARTITION BY LIST (x); "
    partition = "CREATE TABLE ta PARTITION OF t FOR VALUES IN "
    after = before.replace("'a'", "'a', 'c'")

    statements = plan_and_carry_out(
        postgres_settings,
        f"{before}{partition} ('a')",
        f"{after}{partition} ('a', 'c')",
    )

    assert statements == [
        "ALTER TYPE \"e\" ADD VALUE 'c' AFTER 'a';",
        "ALTER TABLE t DETACH PARTITION ta;",
        "ALTER TABLE t ATTACH PARTITION ta FOR VALUES IN ('a', 'c');",
    ]
