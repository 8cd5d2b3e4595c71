"""Tables that inherit: a change is made once, on the parent, and loses no value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_migrations.engines.registry import engine_for
from tests.fixtures.scratch import Scratch
from tests.schema.test_partitions import fetch, proposed
from tests.workflows.planning.test_diff_cases import CASES, check

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.every_postgres
SOME = ("changed_once", "kept_by_the_child", "new_child", "two_parents")
PAIRS = [CASES / f"inherited_{name}.postgresql.sql" for name in SOME]


@pytest.mark.parametrize("path", PAIRS, ids=SOME)
def test_a_plan_leads_there_and_back(path: Path, scratch: Scratch) -> None:
    check(path, engine_for("postgresql"), scratch)


PARENT = "CREATE TABLE p (id int, x int);"
WITHOUT = "CREATE TABLE p (id int);"
CHILD = "CREATE TABLE c (own int) INHERITS (p);"
CHILD_OF_ITS_OWN = "CREATE TABLE c (id int, x int, own int);"


@pytest.mark.parametrize(
    "after",
    [
        f"{WITHOUT} CREATE TABLE c (x int, own int) INHERITS (p);",
        f"{WITHOUT} {CHILD_OF_ITS_OWN}",
        CHILD_OF_ITS_OWN,
        f"{PARENT} {CHILD_OF_ITS_OWN}",
    ],
    ids=["only the parent drops", "drops and unties", "parent goes", "unties"],
)
def test_a_child_keeps_its_values(after: str, scratch: Scratch) -> None:
    with (
        scratch() as one,
        scratch() as other,
    ):
        rows = f"{PARENT} {CHILD} INSERT INTO c (id, x, own) VALUES (1, 2, 3);"
        found = proposed(one, other, rows, after)
        assert found.plan is not None
        assert not [text for text in found.plan.losses if "c.x" in text]
        assert fetch(one, "SELECT id, x, own FROM c") == [(1, 2, 3)]


def test_the_values_of_a_child_go_with_its_parents_column(
    scratch: Scratch,
) -> None:
    with (
        scratch() as one,
        scratch() as other,
    ):
        found = proposed(one, other, f"{PARENT} {CHILD}", f"{WITHOUT} {CHILD}")
        assert found.plan is not None
        assert [each.sql for each in found.plan.statements] == [
            'ALTER TABLE "p" DROP COLUMN "x"'
        ]
        assert found.plan.losses == (
            "drops column c.x with all its values",
            "drops column p.x with all its values",
        )
