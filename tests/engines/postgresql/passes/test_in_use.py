"""What is in use changes in place or is refused by name: composite types, and functions."""

from __future__ import annotations

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import UnsupportedChange
from tests.fixtures.scratch import Scratch
from tests.workflows.planning.test_diff_cases import (
    carried_out,
    planned,
    state,
)

pytestmark = pytest.mark.every_postgres

COMPOSITE = "CREATE TYPE c AS (a integer, b text); "
CANNOT_CHANGE = [
    pytest.param(
        COMPOSITE,
        "CREATE TYPE c AS (a bigint, b text); ",
        "CREATE TABLE t (x c)",
        "Type c of column t.x cannot change the type of attribute a to bigint",
        id="type of an attribute",
    ),
    pytest.param(
        COMPOSITE,
        "CREATE TYPE c AS (a integer, m integer, b text); ",
        "CREATE TYPE o AS (c c); CREATE DOMAIN d AS o; CREATE TABLE t (x d)",
        "Type c of column t.x would have attribute m at another place",
        id="attribute in the middle, within other types",
    ),
    pytest.param(
        "CREATE TYPE c AS RANGE (subtype = float8); ",
        "CREATE TYPE c AS RANGE (subtype = float8, subtype_diff = float8mi); ",
        "CREATE TABLE t (x c)",
        "Type c of column t.x cannot change",
        id="range",
    ),
    pytest.param(
        COMPOSITE,
        "CREATE TYPE c AS (a integer, b text, z integer); ",
        "CREATE TABLE t OF c",
        "Table t is made of type c, which changes",
        id="table of the type",
    ),
    pytest.param(
        "CREATE TYPE c AS ENUM ('a'); ",
        "CREATE DOMAIN c AS text; ",
        "CREATE TABLE t (x c)",
        "Type c of column t.x cannot become a type of another kind",
        id="another kind",
    ),
    pytest.param(
        "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a'; ",
        "CREATE FUNCTION f(b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT b'; ",
        "CREATE TABLE t (x integer) PARTITION BY RANGE (f(x))",
        "The partition key of table t calls f, which cannot change",
        id="partition key",
    ),
]


@pytest.mark.parametrize(("before", "after", "used", "problem"), CANNOT_CHANGE)
def test_what_no_statement_does_is_refused_by_name(
    scratch: Scratch, before: str, after: str, used: str, problem: str
) -> None:
    engine = engine_for("postgresql")
    with scratch() as one, scratch() as other:
        current = state(engine, one, before + used, file="before")
        desired = state(engine, other, after + used, file="after")
        with pytest.raises(UnsupportedChange, match=problem):
            planned(engine, current, desired)


def test_a_type_that_no_column_has_can_become_any_other(
    scratch: Scratch,
) -> None:
    engine = engine_for("postgresql")
    uses = "CREATE FUNCTION f(z c) RETURNS integer LANGUAGE sql AS 'SELECT 1'"
    after = "CREATE TYPE c AS (m integer, a bigint); "
    with scratch() as one, scratch() as other:
        current = state(engine, one, COMPOSITE + uses, file="before")
        desired = state(engine, other, after + uses, file="after")
        carried_out(engine, current, *planned(engine, current, desired))


def test_values_stay_and_those_of_removed_attributes_are_a_loss(
    scratch: Scratch,
) -> None:
    engine = engine_for("postgresql")
    used = "CREATE TABLE t (x c, y c[])"
    with scratch() as one, scratch() as other:
        current = state(engine, one, COMPOSITE + used, file="before")
        engine.executor.execute(
            one, "INSERT INTO t VALUES ((1, 'one'), ARRAY[(2, 'two')::c])"
        )
        after = "CREATE TYPE c AS (number integer); "
        desired = state(engine, other, after + used, file="after")
        plan, goal = planned(engine, current, desired)
        assert plan.losses == ("removes attributes a, b from the values of type c",)
        for attributes in ("b text, d text, e text", "b text, d date"):
            with scratch() as third, scratch() as _:
                after = f"CREATE TYPE c AS ({attributes}); "
                desired = state(engine, third, after + used, file="after")
                plan, _ = planned(engine, current, desired)
                assert plan.losses == ("removes attribute a from the values of type c",)
        after = "CREATE TYPE c AS (number integer, b text); "
        with scratch() as third, scratch() as _:
            desired = state(engine, third, after + used, file="after")
            plan, goal = planned(engine, current, desired)
            assert plan.losses == ()
            carried_out(engine, current, plan, goal)
        with one.cursor() as cursor:
            cursor.execute("SELECT (x).number, (x).b, (y[1]).number FROM t")
            assert cursor.fetchall() == [(1, "one", 2)]
