"""Expressions, printed for people, mean on every PostgreSQL what was typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schema_migrations.engines.postgresql.planner import PLANNER
from schema_migrations.engines.postgresql.server.canonicalize import canonicalize
from schema_migrations.plan.plan import build_plan
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Schema
from tests.engines.postgresql.databases import Database, database, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Type and expression.  What follows DEFAULT without parentheses is the least of it.
DEFAULTS = [
    ("integer", "(1 + 2)"),
    ("integer", "-7"),
    ("integer", "(- (- 7))"),
    ("integer", "(2 - (3 - 4) - 5)"),
    ("numeric", "((1 + 2) * 3 % 4.0 ^ 2)"),
    ("boolean", "(1 > 0)"),
    ("boolean", "((1 > 0) = (2 > 1))"),
    ("boolean", "(NOT true)"),
    ("boolean", "(NOT (NOT true AND false))"),
    ("boolean", "(now() IS NULL)"),
    ("boolean", "((now() IS NULL) IS NOT TRUE)"),
    ("boolean", "(random() > 1 AND (random() > 2 OR random() > 3))"),
    ("boolean", "('x' IN ('x'))"),
    ("boolean", "('x'::varchar IN ('x', 'y'))"),
    ("boolean", "(1 = ANY (ARRAY[1, 2]))"),
    ("boolean", "(1 NOT BETWEEN 2 AND 3)"),
    ("boolean", "(lower('X') LIKE 'x%' ESCAPE '!')"),
    ("boolean", "(now() IS DISTINCT FROM NULL)"),
    ("boolean", "('a' COLLATE \"C\" < 'b' COLLATE \"C\")"),
    ("boolean", "((now(), 1) < (now(), 2))"),
    ("text", "('a' || 'b')"),
    ("text", "(lower('A') COLLATE \"C\")"),
    ("text", "'it''s \\ (not) a \"call\"('"),
    ("text", "lower(upper('(a'))"),
    ("text", "((1 + 2)::text || (random() > 1)::text)"),
    ("text", "CURRENT_USER"),
    ("text", "CASE WHEN random() > 1 THEN 'a' ELSE 'b' END"),
    ("text", "(CASE WHEN random() > 1 THEN 'a' END || 'b')"),
    ("text", "coalesce(nullif('a', 'b'), 'c')"),
    ("text", "(ARRAY['a', 'b'])[1 + 1]"),
    ("text[]", "(ARRAY['a', 'b'] || 'c'::text)"),
    ("text[]", "'{}'"),
    ("text[]", "ARRAY[]::text[]"),
    ("varchar(9)", "'x'"),
    ("bit varying(3)", "'101'"),
    ("double precision", "'1e3'"),
    ("jsonb", "('{\"a\": {\"b\": 1}}'::jsonb -> 'a' -> 'b')"),
    ("jsonb", "jsonb_build_object('a', 1 + 2)"),
    ("integer", "(('{\"a\": 1}'::jsonb ->> 'a')::integer + 1)"),
    ("integer", "(ROW(1, 2) = ROW(1, 2))::integer"),
    ("integer", "(extract(year FROM now()) - 1)"),
    ("timestamp with time zone", "(now() + '1 day'::interval)"),
    ("timestamp(3) with time zone", "'2020-02-29'"),
    ("timestamp", "(now() AT TIME ZONE 'UTC')"),
    ("date", "CURRENT_DATE + 1"),
    ("interval", "(- '1 day'::interval)"),
    ('"Other"."Odd \'type"', "'x'"),
    ('"Other"."Odd \'type"[]', "'{x}'"),
]

CONDITIONS = [
    "a > 0",
    "NOT a > 0",
    "NOT (a > 0 OR b > 0)",
    "(NOT flag) = flag",
    "NOT flag IS NULL",
    "(NOT flag) IS NULL",
    "(a > 0) IS NOT FALSE",
    "(a IS NULL) = (b IS NULL)",
    "a IS NULL AND (b IS NULL OR flag) AND NOT flag",
    "(a > 0) = flag",
    "a - (b - 1) > a - b - 1",
    "a / (b / 2) * 3 = (a / b / 2) * 3",
    "(a + b) * 2 > a + b * 2",
    "- (a + 1) < -1",
    "(-a) ^ 2 = -(a ^ 2)",
    "(2 ^ 3) ^ a <> 2 ^ (3 ^ a)",
    "a % 2 = (0 # 1)",
    "(a & 1) | (b << 2) <> 0",
    "~ a & 3 = @ (b - 1)",
    "a BETWEEN b AND b + 1",
    "a NOT BETWEEN SYMMETRIC b AND 1",
    "a IS DISTINCT FROM b",
    "(a IS DISTINCT FROM b) IS DISTINCT FROM flag",
    "a IN (1, 2)",
    "v IN ('a', 'b')",
    "v NOT IN ('a', 'b')",
    "v = ANY (ARRAY['a', 'b']::text[] || words)",
    "(a + 1) = ALL (ARRAY[b, 2])",
    "w || v = 'a' || ('b' || w)",
    "(w || v) LIKE 'a\\_%'",
    "w NOT ILIKE '%' || v",
    "w SIMILAR TO 'a%'",
    "w ~ '^a' AND w !~* 'b$'",
    'w COLLATE "C" > v COLLATE "C"',
    "(w || v) COLLATE \"C\" > 'a'",
    "lower(w)::varchar(2) = v",
    "(a::numeric / 2)::integer = b",
    "a::text || b::text = w",
    "words[1] = w AND words[a + 1:b] <> '{}'",
    "(string_to_array(w, ','))[1] = v",
    "(j -> 'a') ->> 'b' = w",
    "j -> ('a' || 'b') IS NULL",
    "(j ->> 'a')::integer + 1 > a",
    "j @> '{\"a\": 1}' AND j ? 'a'",
    "(a, b) < (b, a)",
    "ROW(a, b) IS NOT NULL",
    "(pair).x > 0 AND (pair).y = w",
    "CASE WHEN a > 0 THEN b > 0 ELSE flag END",
    "CASE a WHEN 1 THEN flag END IS NOT TRUE",
    "(CASE WHEN flag THEN a ELSE b END) + 1 > 0",
    "coalesce(a, b) + greatest(a, b) > 0",
    "extract(year FROM moment) > 2000 + a",
    "moment AT TIME ZONE 'UTC' > '2000-01-01'",
    "(moment, moment) OVERLAPS (moment, moment + interval '1 day')",
    "position('a' IN w) > 0 AND substring(w FROM 2 FOR 1) = 'a'",
    "w IS NORMALIZED",
    "a OPERATOR(pg_catalog.+) b * 2 > 0",
    'a OPERATOR("Other".<=>) b OPERATOR("Other".<=>) 1 > 0',
    "- (- a) > -b AND a - -1 > 0",
]

GIVEN = """
CREATE SCHEMA "Other";
CREATE DOMAIN "Other"."Odd 'type" AS text CHECK (NOT (VALUE = 'a' OR VALUE IS NULL));
CREATE TYPE "Other".pair AS (x integer, y text);
CREATE FUNCTION "Other".minus(integer, integer) RETURNS integer
    IMMUTABLE LANGUAGE sql AS 'SELECT $1 - $2';
CREATE OPERATOR "Other".<=> (
    FUNCTION = "Other".minus, LEFTARG = integer, RIGHTARG = integer
);
"""

TABLES = """
CREATE TABLE "Other".computed (
    a integer, b integer, flag boolean, v varchar(9), w text, words text[], j jsonb,
    moment timestamp, pair "Other".pair
);
CREATE TABLE "Other".checked (LIKE "Other".computed);
CREATE TABLE "Other".indexed (LIKE "Other".computed, during int4range);
CREATE TABLE "Other".defaulted ();
"""


@pytest.fixture
def typed(postgres_settings: dict[str, Any]) -> Iterator[Database]:
    """Every expression wherever it may stand, in the words that people type."""
    with database(postgres_settings) as connection:
        connection.execute(GIVEN)
        connection.execute(TABLES)
        for number, (type_, default) in enumerate(DEFAULTS):
            connection.execute(
                f'ALTER TABLE "Other".defaulted ADD c{number} {type_} DEFAULT ({default})'
            )
        for number, condition in enumerate(CONDITIONS):
            connection.execute(f"""
                ALTER TABLE "Other".computed ADD c{number} boolean
                    GENERATED ALWAYS AS ({condition}) STORED;
                ALTER TABLE "Other".checked ADD CONSTRAINT c{number} CHECK ({condition});
                CREATE INDEX c{number} ON "Other".indexed (({condition}))
                    WHERE {condition};
            """)
        for number, condition in enumerate(CONDITIONS[::10]):
            connection.execute(f"""
                ALTER TABLE "Other".indexed ADD CONSTRAINT x{number}
                    EXCLUDE USING gist (during WITH &&) WHERE ({condition}) DEFERRABLE
            """)
        yield connection


@pytest.fixture
def other(postgres_settings: dict[str, Any]) -> Iterator[Database]:
    with database(postgres_settings) as connection:
        connection.execute(GIVEN)
        yield connection


def settled(connection: Database) -> Schema:
    schema = schema_of(connection)
    return canonicalize(connection.cursor(), schema, frozenset(schema.by_key))


def carry_out(connection: Database, goal: Schema) -> None:
    """Make in an empty database what was read, by the SQL that is rendered for it."""
    before = schema_of(connection)
    changes = diff(before, goal)
    plan = build_plan(changes, before, goal, planner=PLANNER)
    for statement in plan.statements:
        connection.execute(statement.sql)


@pytest.mark.every_postgres
def test_what_is_made_from_the_print_is_what_was_typed(
    typed: Database, other: Database
) -> None:
    """It reads as settling foretold: no parenthesis that mattered was left out."""
    carry_out(other, schema_of(typed))
    assert schema_of(other).by_key == settled(typed).by_key


@pytest.mark.every_postgres
def test_a_settled_print_prints_itself(typed: Database, other: Database) -> None:
    once = settled(typed)
    assert canonicalize(typed.cursor(), once, frozenset(once.by_key)) == once
    carry_out(other, once)
    assert schema_of(other).by_key == once.by_key
