"""What files made by hand and what needs a table of the models is named before its drop."""

from __future__ import annotations

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import ObjectInTheWay
from schema_migrations.plan.plan import build_plan
from schema_migrations.schema.carried_objects import carry_over
from schema_migrations.schema.diff import diff
from tests.fixtures.scratch import Scratch
from tests.workflows.planning.test_diff_cases import state

pytestmark = pytest.mark.every_postgres

TABLE = "CREATE TABLE t (a integer PRIMARY KEY);"
IN_THE_WAY = {
    "aggregate f": "CREATE AGGREGATE f(t) (SFUNC = array_append, STYPE = t[])",
    "cast (t AS integer)": "CREATE CAST (t AS integer) WITH INOUT",
    "composite type c": "CREATE TYPE c AS (x t)",
    "constraint u_a_fkey": "CREATE SCHEMA s; CREATE TABLE s.u (a integer REFERENCES t)",
    "domain d": "CREATE DOMAIN d AS t",
    "foreign table f": "CREATE FOREIGN DATA WRAPPER w;"
    " CREATE SERVER w FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE f (x t) SERVER w",
    "function f": "CREATE FUNCTION f(t) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "operator class o": "CREATE OPERATOR CLASS o FOR TYPE t USING btree AS STORAGE t",
    "table u": "CREATE SCHEMA s; CREATE TABLE s.u (x t)",
    "transform t": "CREATE TRANSFORM FOR t LANGUAGE sql"
    " (FROM SQL WITH FUNCTION prsd_lextype(internal))",
    "type r": "CREATE TYPE r AS RANGE (SUBTYPE = t)",
    "view v": "CREATE VIEW v AS SELECT a FROM t",
}


@pytest.mark.parametrize("named", IN_THE_WAY)
def test_what_prevents_the_drop_of_a_table_is_named(
    scratch: Scratch, named: str
) -> None:
    engine = engine_for("postgresql")
    with scratch() as one, scratch() as other:
        current = state(engine, one, TABLE + IN_THE_WAY[named], file="before").schema
        models = state(engine, other, "", file="models").schema
        desired = carry_over(current, models)
        with pytest.raises(ObjectInTheWay) as raised:
            build_plan(diff(current, desired), current, desired, planner=engine.planner)
    expected = f"{named} needs table t, which would be dropped"
    assert str(raised.value.message).startswith(expected)
