"""What single partitions have for themselves is planned and carried out, one way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_migrations.engines.registry import engine_for
from tests.fixtures.scratch import Scratch
from tests.workflows.planning.test_diff_cases import (
    carried_out,
    planned,
    state,
    text_of,
)

if TYPE_CHECKING:
    from schema_migrations.dev.server import DevServer

pytestmark = pytest.mark.every_postgres


def plan_and_carry_out(scratch: Scratch, before: str, after: str) -> list[str]:
    """Return the statements that lead there, each without the comment above it."""
    engine = engine_for("postgresql")
    with scratch() as one, scratch() as other:
        current = state(engine, one, before, file="before")
        desired = state(engine, other, after, file="after")
        plan, goal = planned(engine, current, desired)
        carried_out(engine, current, plan, goal)
    return [
        line for line in text_of(plan).splitlines() if line and not line.startswith("-")
    ]


def test_a_new_label_in_the_bounds_is_committed_before_the_partition_moves(
    scratch: Scratch,
) -> None:
    before = "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (x e) PARTITION BY LIST (x); "
    partition = "CREATE TABLE ta PARTITION OF t FOR VALUES IN "
    after = before.replace("'a'", "'a', 'c'")

    statements = plan_and_carry_out(
        scratch,
        f"{before}{partition} ('a')",
        f"{after}{partition} ('a', 'c')",
    )

    assert statements == [
        "ALTER TYPE \"e\" ADD VALUE 'c' AFTER 'a';",
        "ALTER TABLE t DETACH PARTITION ta;",
        "ALTER TABLE t ATTACH PARTITION ta FOR VALUES IN ('a', 'c');",
    ]


TREE = """
    CREATE TABLE t (r integer, d integer) PARTITION BY RANGE (d);
    CREATE TABLE z PARTITION OF t FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (d);
    CREATE TABLE a PARTITION OF z FOR VALUES FROM (0) TO (5);
    CREATE TABLE b PARTITION OF z FOR VALUES FROM (5) TO (9);
    """


def forbid_null(*tables: str) -> str:
    return "".join(f"ALTER TABLE {t} ALTER COLUMN r SET NOT NULL; " for t in tables)


def test_not_null_of_partitions_goes_with_that_of_the_whole_table(
    scratch: Scratch, pg_server: DevServer
) -> None:
    statements = plan_and_carry_out(
        scratch,
        TREE + forbid_null("a", "b", "t"),
        TREE + forbid_null("a"),
    )

    of_its_own = ['ALTER TABLE "b" ALTER COLUMN "r" DROP NOT NULL;']
    assert statements == [
        'ALTER TABLE "t" ALTER COLUMN "r" DROP NOT NULL;',
        *(of_its_own if (pg_server.major or 0) >= 18 else ()),
        "ALTER TABLE a ALTER COLUMN r SET NOT NULL;",
    ]


def test_not_null_of_partitions_goes_with_that_of_a_partition_above(
    scratch: Scratch,
) -> None:
    plan_and_carry_out(scratch, TREE + forbid_null("a", "b", "z"), TREE)


def test_not_null_that_is_not_valid_is_no_property_of_a_partition_yet(
    scratch: Scratch, pg_server: DevServer
) -> None:
    if (pg_server.major or 0) < 18:
        return
    rule = "ALTER TABLE a ADD CONSTRAINT nn NOT NULL r NOT VALID;"

    statements = plan_and_carry_out(scratch, TREE, TREE + rule)

    assert statements == ['ALTER TABLE "a" ADD CONSTRAINT "nn" NOT NULL r NOT VALID;']
