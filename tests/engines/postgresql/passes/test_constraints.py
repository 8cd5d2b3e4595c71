"""Constraints that are altered in place keep their name, their triggers and their rows."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.plan.plan import Plan, build_plan
from schema_migrations.schema.diff import diff
from schema_migrations.workflows.states.state import inspect_database

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.schema.model import Schema
    from tests.fixtures.targets import Place

TIMES = ("", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED")
TABLES = {
    "a table": "CREATE TABLE child (a_id integer)",
    "a partitioned table": "CREATE TABLE child (a_id integer) PARTITION BY LIST (a_id);"
    "CREATE TABLE child_1 PARTITION OF child FOR VALUES IN (1)",
    "the table itself": "CREATE TABLE child (id integer PRIMARY KEY, a_id integer)",
}


def make_key(connection: BaseDatabaseWrapper, table: str, times: str) -> Schema:
    parent = "child" if "id integer PRIMARY KEY" in table else "parent"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS child, parent CASCADE")
        cursor.execute("CREATE TABLE parent (id integer PRIMARY KEY)")
        cursor.execute(table)
        cursor.execute(
            "ALTER TABLE child ADD CONSTRAINT to_parent FOREIGN KEY (a_id)"
            f" REFERENCES {parent} ON DELETE CASCADE{times}"
        )
    return inspect_database(engine_for("postgresql"), connection)


def plan(current: Schema, desired: Schema) -> Plan:
    planner = engine_for("postgresql").planner
    return build_plan(diff(current, desired), current, desired, planner=planner)


@pytest.mark.every_postgres
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_foreign_key_is_checked_at_another_time(pg_place: Place, table: str) -> None:
    engine, connection = engine_for("postgresql"), pg_place.connection
    schemas = {times: make_key(connection, table, times) for times in TIMES}
    for before, after in permutations(TIMES, 2):
        current = make_key(connection, table, before)
        made = plan(current, schemas[after])
        assert made.restrictions == ()  # rows that kept to it keep to it
        (sql,) = (statement.sql for statement in made.statements)
        assert sql.startswith('ALTER TABLE "child" ALTER CONSTRAINT "to_parent" ')
        with connection.cursor() as cursor:
            cursor.execute(sql)
        assert inspect_database(engine, connection) == schemas[after]


@pytest.mark.every_postgres
def test_a_foreign_key_is_enforced_or_not(pg_place: Place) -> None:
    ((version,),) = pg_place.execute("SHOW server_version_num")
    if int(version) < 180000:
        return  # https://www.postgresql.org/docs/18/release-18.html
    engine, connection = engine_for("postgresql"), pg_place.connection
    kinds = ("", " NOT VALID", " NOT ENFORCED", " DEFERRABLE NOT ENFORCED")
    schemas = {each: make_key(connection, TABLES["a table"], each) for each in kinds}
    altered = {
        (before, after)
        for before, after in permutations(kinds, 2)
        if not any(
            "DROP" in each.sql
            for each in plan(schemas[before], schemas[after]).statements
        )
    }
    assert set(permutations(kinds, 2)) - altered == {
        (before, " NOT VALID") for before in kinds if before != " NOT VALID"
    }
    for before, after in altered:
        current = make_key(connection, TABLES["a table"], before)
        with connection.cursor() as cursor:
            for each in plan(current, schemas[after]).statements:
                cursor.execute(each.sql)
        assert inspect_database(engine, connection) == schemas[after]
