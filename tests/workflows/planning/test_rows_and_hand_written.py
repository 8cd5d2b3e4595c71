"""Plans on PostgreSQL for tables with rows, and beside what no model knows."""

from __future__ import annotations

from typing import Any

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import PlanError
from schema_migrations.plan.fills import with_fills
from schema_migrations.plan.plan import Plan, build_plan
from schema_migrations.schema.carried_objects import carry_over
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import table_key
from schema_migrations.workflows.states.replay import load_sql
from schema_migrations.workflows.states.state import inspect_database

POSTGRESQL = engine_for("postgresql")
PARENT = "CREATE TABLE p (id integer PRIMARY KEY);"
REFERENCE = (
    f"{PARENT} CREATE TABLE t (c integer REFERENCES p DEFERRABLE INITIALLY DEFERRED%s);"
)


def planned(
    connection: Any, settings: dict[str, Any], desired: str, *, value: str | None = None
) -> Plan:
    """Return the plan from what is there to what models (``desired``) make."""
    current = inspect_database(POSTGRESQL, connection)
    with POSTGRESQL.dev_server.create_scratch_database(settings, "default") as scratch:
        load_sql(POSTGRESQL, scratch, desired, file="desired")
        goal = carry_over(current, inspect_database(POSTGRESQL, scratch))
    fills = {table_key("t").column("c"): value} if value else {}
    changes = with_fills(diff(current, goal), fills)
    return build_plan(changes, current, goal, planner=POSTGRESQL.planner)


def carry_out(connection: Any, plan: Plan) -> None:
    with POSTGRESQL.executor.open_transaction(connection):
        for statement in plan.statements:
            POSTGRESQL.executor.execute(connection, statement.sql)


@pytest.mark.parametrize(
    ("before", "after", "value", "held"),
    [
        (
            "CREATE TABLE t (c integer);",
            "CREATE TABLE t (c text NOT NULL);",
            "'none'",
            "none",
        ),
        (
            "CREATE TABLE t (c integer);",
            "CREATE TABLE t (c integer DEFAULT 7 NOT NULL);",
            None,
            7,
        ),
        (REFERENCE % "", REFERENCE % " NOT NULL", "1", 1),
    ],
    ids=["retyped", "own default", "deferred foreign key"],
)
def test_rows_without_a_value_get_one(
    pg: Any,
    pg_database: dict[str, Any],
    before: str,
    after: str,
    value: str | None,
    held: object,
) -> None:
    pg.ensure_connection()
    load_sql(POSTGRESQL, pg, before, file="before")
    rows = "INSERT INTO p VALUES (1);" if "CREATE TABLE p" in before else ""
    load_sql(POSTGRESQL, pg, f"{rows} INSERT INTO t VALUES (NULL);", file="rows")

    plan = planned(pg, pg_database, after, value=value)
    carry_out(pg, plan)

    assert plan.restrictions == ()
    with pg.cursor() as cursor:
        cursor.execute("SELECT c FROM t")
        assert cursor.fetchall() == [(held,)]
    assert planned(pg, pg_database, after).statements == ()


TWO = "CREATE TABLE t (a integer, c integer); CREATE TABLE other (b integer);"


@pytest.mark.parametrize(
    ("sql", "desired", "needed"),
    [
        (
            "CREATE VIEW v AS SELECT c FROM t;",
            "CREATE TABLE t (a integer);",
            "view v needs column t.c",
        ),
        ("CREATE VIEW v AS SELECT c FROM t;", "", "view v needs table t"),
        (
            "CREATE POLICY mine ON t USING (c > 1);",
            "CREATE TABLE t (a integer);",
            "policy mine needs column t.c",
        ),
        (
            "CREATE PUBLICATION p FOR TABLE t (c);",
            "CREATE TABLE t (a integer);",
            "membership in publication p needs column t.c",
        ),
        (
            "CREATE FUNCTION f(t) RETURNS integer LANGUAGE sql AS 'SELECT 1';",
            "",
            "function f needs table t",
        ),
    ],
)
def test_what_stands_on_a_dropped_column_or_table_is_named(
    pg: Any, pg_database: dict[str, Any], sql: str, desired: str, needed: str
) -> None:
    pg.ensure_connection()
    load_sql(POSTGRESQL, pg, TWO + sql, file="before")

    with pytest.raises(PlanError, match=needed):
        planned(pg, pg_database, desired + "CREATE TABLE other (b integer);")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE STATISTICS s ON a, c FROM t;",
        "ALTER TABLE t ALTER COLUMN c SET STATISTICS 500, ALTER COLUMN c SET (n_distinct = 5);",
    ],
)
def test_settings_of_a_dropped_column_go_with_it(
    pg: Any, pg_database: dict[str, Any], sql: str
) -> None:
    """And stay as long as the column stays."""
    pg.ensure_connection()
    load_sql(POSTGRESQL, pg, TWO + sql, file="before")
    assert planned(pg, pg_database, TWO).statements == ()
    desired = "CREATE TABLE t (a integer); CREATE TABLE other (b integer);"

    carry_out(pg, planned(pg, pg_database, desired))

    assert planned(pg, pg_database, desired).statements == ()


def test_a_publication_stays_when_a_table_of_it_goes(
    pg: Any, pg_database: dict[str, Any]
) -> None:
    pg.ensure_connection()
    load_sql(POSTGRESQL, pg, TWO + "CREATE PUBLICATION p FOR TABLE t, other;", file="")
    desired = "CREATE TABLE other (b integer);"

    carry_out(pg, planned(pg, pg_database, desired))

    assert planned(pg, pg_database, desired).statements == ()
    with pg.cursor() as cursor:
        cursor.execute("SELECT pubname, tablename FROM pg_publication_tables")
        assert cursor.fetchall() == [("p", "other")]


ENUM = "CREATE TYPE mood AS ENUM (%s); CREATE TABLE t (c mood DEFAULT 'ok'%s);"


@pytest.mark.parametrize(
    ("before", "value", "after", "held"),
    [
        (ENUM % ("'sad', 'ok'", ""), "'ok'", ENUM % ("'ok'", ""), "ok"),
        (ENUM % ("'sad', 'ok'", ""), "'sad'", ENUM % ("'ok', 'sad'", ""), "sad"),
        (
            "CREATE DOMAIN d AS text; CREATE TABLE t (c d);",
            "'7'",
            "CREATE DOMAIN d AS integer CHECK (VALUE > 6); CREATE TABLE t (c d);",
            7,
        ),
        (
            "CREATE DOMAIN d AS integer; CREATE TABLE t (c d);",
            "7",
            "CREATE DOMAIN d AS integer CHECK (VALUE > 6); CREATE TABLE t (c d);",
            7,
        ),
        (
            "CREATE TYPE a AS ENUM ('x'); CREATE TABLE t (c a[]);",
            "'{x}'",
            "CREATE TYPE b AS ENUM ('y', 'x'); CREATE TABLE t (c b[]);",
            "{x}",
        ),
        (
            "CREATE COLLATION o (locale = 'C'); CREATE TABLE t (c text COLLATE o);",
            "'x'",
            "CREATE COLLATION o (locale = 'POSIX'); CREATE TABLE t (c text COLLATE o);",
            "x",
        ),
    ],
    ids=["label", "order", "base", "check", "another enum", "collation"],
)
def test_rows_keep_their_values_when_a_type_is_made_anew(
    pg: Any,
    pg_database: dict[str, Any],
    before: str,
    value: str,
    after: str,
    held: object,
) -> None:
    pg.ensure_connection()
    rows = f"INSERT INTO t VALUES ({value});"
    load_sql(POSTGRESQL, pg, before + rows, file="before")

    carry_out(pg, planned(pg, pg_database, after))

    with pg.cursor() as cursor:
        cursor.execute("SELECT c FROM t")
        assert cursor.fetchall() == [(held,)]
    assert planned(pg, pg_database, after).losses == ()


def test_a_type_that_another_one_is_made_of_is_named(
    pg: Any, pg_database: dict[str, Any]
) -> None:
    pg.ensure_connection()
    domain = "CREATE DOMAIN d AS mood;"
    load_sql(POSTGRESQL, pg, ENUM % ("'sad', 'ok'", "") + domain, file="before")

    with pytest.raises(PlanError, match="domain d is based on it"):
        planned(pg, pg_database, ENUM % ("'ok'", "") + domain)
