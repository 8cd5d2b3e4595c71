"""A new body of a function leaves stored results alone; the plan says how to compute them again."""

from __future__ import annotations

import pytest

from schema_migrations.engines.registry import engine_for
from tests.fixtures.scratch import Scratch
from tests.workflows.planning.test_diff_cases import (
    carried_out,
    planned,
    state,
)

pytestmark = pytest.mark.every_postgres

FUNCTION = "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE"
USES = """
CREATE FUNCTION g(a integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE
    AS 'BEGIN RETURN public.f(a); END';
CREATE DOMAIN d AS integer CONSTRAINT small CHECK (f(VALUE) < 10);
CREATE TABLE t (
    id integer PRIMARY KEY,
    computed integer GENERATED ALWAYS AS (f(id)) STORED,
    fixed integer GENERATED ALWAYS AS (f(7)) STORED,
    CONSTRAINT checked CHECK (f(id) < 10),
    CONSTRAINT excluded EXCLUDE USING btree (f(id) WITH =)
);
CREATE INDEX indexed ON t (f(id));
CREATE INDEX through ON t (g(id));
CREATE MATERIALIZED VIEW m AS SELECT f(id) AS n FROM t;
CREATE VIEW v AS SELECT f(id) AS n FROM t;
CREATE MATERIALIZED VIEW of_view AS SELECT n FROM v;
CREATE MATERIALIZED VIEW of_other AS SELECT n FROM m;
"""
REMEDIES = {
    'UPDATE "t" SET "id" = "id"',
    'ALTER TABLE "t" DROP COLUMN "fixed", ADD COLUMN "fixed" integer'
    " GENERATED ALWAYS AS (f(7)) STORED",
    'ALTER TABLE "t" DROP CONSTRAINT "checked", ADD CONSTRAINT "checked"'
    " CHECK (f(id) < 10)",
    'REINDEX INDEX "excluded"',
    'REINDEX INDEX "indexed"',
    'REINDEX INDEX "through"',
    'REFRESH MATERIALIZED VIEW "m"',
    'REFRESH MATERIALIZED VIEW "of_view"',
    'REFRESH MATERIALIZED VIEW "of_other"',
    'ALTER DOMAIN "d" DROP CONSTRAINT small;'
    ' ALTER DOMAIN "d" ADD CONSTRAINT small CHECK (f(VALUE) < 10)',
}


def test_results_of_the_old_body_are_named_with_what_computes_them_again(
    scratch: Scratch,
) -> None:
    engine = engine_for("postgresql")
    with scratch() as one, scratch() as other:
        current = state(engine, one, f"{FUNCTION} AS 'SELECT a'; {USES}", file="before")
        after = f"{FUNCTION} AS 'SELECT a + 1'; {USES}"
        desired = state(engine, other, after, file="after")
        engine.executor.execute(one, "INSERT INTO t (id) VALUES (1)")
        plan, goal = planned(engine, current, desired)
        found = [each for each in plan.restrictions if each.code == "stale-results"]
        remedies = [each.message.partition(" Afterwards run: ")[2] for each in found]
        assert set(remedies) == REMEDIES
        assert {each.statement for each in found} == {1}
        carried_out(engine, current, plan, goal)
        for remedy in sorted(remedies):
            engine.executor.execute(one, remedy)
        with one.cursor() as cursor:
            cursor.execute(
                "SELECT computed, fixed, (SELECT n FROM m),"
                " (SELECT n FROM of_view), (SELECT n FROM of_other) FROM t"
            )
            assert cursor.fetchall() == [(2, 8, 2, 2, 2)]


def test_what_is_made_anew_holds_no_old_results(
    scratch: Scratch,
) -> None:
    engine = engine_for("postgresql")
    with scratch() as one, scratch() as other:
        before = f"{FUNCTION} AS 'SELECT a'; CREATE TABLE t (a integer)"
        after = f"{FUNCTION} AS 'SELECT a + 1'; CREATE TABLE t (a integer, b integer"
        after += " GENERATED ALWAYS AS (f(a)) STORED); CREATE INDEX i ON t (f(a))"
        current = state(engine, one, before, file="before")
        desired = state(engine, other, after, file="after")
        assert planned(engine, current, desired)[0].restrictions == ()
    with scratch() as one, scratch() as other:
        before = f"{FUNCTION} AS 'SELECT a'; {USES}"
        after = before.replace("IMMUTABLE AS", "IMMUTABLE COST 7 AS")
        current = state(engine, one, before, file="before")
        desired = state(engine, other, after, file="after")
        plan, _ = planned(engine, current, desired)
        assert (len(plan.statements), plan.restrictions) == (1, ())


def test_rows_that_lie_in_partitions_by_the_old_body_are_named(
    scratch: Scratch,
) -> None:
    engine = engine_for("postgresql")
    table = "CREATE TABLE t (a integer) PARTITION BY LIST (f(a))"
    with scratch() as one, scratch() as other:
        before, after = (
            f"{FUNCTION} AS 'SELECT a + {n}'; {table}; CREATE VIEW v AS SELECT a FROM t"
            for n in (1, 2)
        )
        current = state(engine, one, before, file="before")
        desired = state(engine, other, after, file="after")
        (found,) = planned(engine, current, desired)[0].restrictions
    assert found.message == (
        "changes function f, but the rows of table t lie in the partitions that the old"
        " one chose. Afterwards create the table anew and move its rows"
    )


def test_a_renamed_attribute_is_announced(scratch: Scratch) -> None:
    engine = engine_for("postgresql")
    with scratch() as one, scratch() as other:
        sql = "CREATE TYPE c AS (a integer); CREATE TABLE t (x c)"
        current = state(engine, one, sql, file="before")
        desired = state(engine, other, sql.replace("(a ", "(b "), file="after")
        (found,) = planned(engine, current, desired)[0].restrictions
        assert found.code == "renamed-attribute"
        assert found.message.startswith(
            "renames attribute a of type c to b: the values"
        )


def test_words_that_a_text_search_configuration_found_before_are_named(
    scratch: Scratch,
) -> None:
    engine = engine_for("postgresql")
    before = """
    CREATE TEXT SEARCH DICTIONARY d (template = simple, stopwords = english);
    CREATE TEXT SEARCH CONFIGURATION c (COPY = pg_catalog.simple);
    ALTER TEXT SEARCH CONFIGURATION c ALTER MAPPING FOR asciiword WITH d;
    CREATE TABLE t (body text, words tsvector
        GENERATED ALWAYS AS (to_tsvector('c'::regconfig, body)) STORED);
    CREATE INDEX i ON t USING gin (to_tsvector('c'::regconfig, body));
    """
    changes = {
        "dictionary": before.replace("stopwords = english", "accept = false"),
        "mapping": before.replace("WITH d", "WITH english_stem"),
        "dropped": before.replace(
            "ALTER MAPPING FOR asciiword WITH d", "DROP MAPPING FOR word"
        ),
    }
    for after in changes.values():
        with scratch() as one, scratch() as other:
            current = state(engine, one, before, file="before")
            desired = state(engine, other, after, file="after")
            plan, goal = planned(engine, current, desired)
            assert {
                each.message.partition(" Afterwards run: ")[2]
                for each in plan.restrictions
            } == {'UPDATE "t" SET "body" = "body"', 'REINDEX INDEX "i"'}
            carried_out(engine, current, plan, goal)
