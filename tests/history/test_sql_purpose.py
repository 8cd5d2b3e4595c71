"""What a statement of ``RunSQL`` is for."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.history.sql_purpose import (
    choose_purpose,
    extension_name_of,
    is_index,
    is_refused_in_transaction,
    render_drop_if_there,
    render_plain_index,
)

BLOCK = "DO $$ BEGIN {}; EXCEPTION WHEN duplicate_object THEN null; END $$"


@pytest.mark.parametrize(
    ("purpose", "sql"),
    [
        *(
            ("rows", sql)
            for sql in (
                "INSERT INTO a VALUES (1)",
                "update a set b = 1",
                "DELETE FROM a",
                "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE",
                "TRUNCATE a",
                "WITH b AS (DELETE FROM a RETURNING *) SELECT * FROM b",
                "SELECT setval('a_id_seq', 7)",
                "CALL fill()",
                "ALTER SEQUENCE s RESTART WITH 100000",
                "ALTER TABLE a ALTER COLUMN id RESTART WITH 7",
                "ALTER TABLE a ALTER b SET GENERATED ALWAYS RESTART",
                "CREATE TABLE b AS SELECT * FROM a",
                "CREATE TEMP TABLE b (c int)",
                "CREATE ROLE r",
                "DROP EXTENSION hstore",
                "GRANT SELECT ON a TO r",
                "REFRESH MATERIALIZED VIEW v",
                "",
                BLOCK.format("INSERT INTO a VALUES (1)"),
                BLOCK.format("CREATE TYPE t AS ENUM ('a'); UPDATE a SET b = 1"),
                BLOCK.format("CREATE TABLE a (b int)"),
                BLOCK.format("RAISE NOTICE 'a'"),
                BLOCK.format("DROP TABLE a; CREATE TYPE t AS ENUM ('a')"),
                BLOCK.format("ALTER TABLE a DROP b; CREATE TYPE t AS ENUM ('a')"),
            )
        ),
        *(
            ("table", sql)
            for sql in (
                "CREATE TABLE a (b int CHECK (b IN (SELECT 1)))",
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b)",
                "-- why\ncreate /* so */ index i on a (b)",
                "ALTER TABLE a ADD COLUMN b int",
                "DROP INDEX i",
                "ALTER TABLE a ADD COLUMN restart int, ALTER COLUMN restart DROP DEFAULT",
                "COMMENT ON COLUMN a.b IS 'c'",
                BLOCK.format("CREATE UNIQUE INDEX i ON a (b)"),
            )
        ),
        *(
            ("object", sql)
            for sql in (
                "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN INSERT INTO log VALUES (1); RETURN NEW; END $$",
                "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()",
                "CREATE MATERIALIZED VIEW v AS SELECT 1",
                "CREATE RECURSIVE VIEW v (n) AS SELECT 1",
                "CREATE TYPE t AS ENUM ('a')",
                "CREATE COLLATION c (locale = 'de')",
                "CREATE TEXT SEARCH CONFIGURATION c (COPY = simple)",
                "ALTER TYPE t ADD VALUE 'b'",
                "ALTER SEQUENCE s OWNED BY a.b",
                "ALTER TABLE a ENABLE ROW LEVEL SECURITY",
                "COMMENT ON FUNCTION f() IS 'c'",
                "DROP TRIGGER IF EXISTS t ON a",
                BLOCK.format("CREATE TYPE t AS ENUM ('a')"),
                BLOCK.format("DROP TYPE t; CREATE TYPE t AS ENUM ('a')"),
                BLOCK.format(
                    "ALTER TABLE a ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON a"
                ),
                f"-- {'long ' * 100}\nCREATE VIEW v AS SELECT 1",
            )
        ),
        ("extension", "CREATE EXTENSION IF NOT EXISTS hstore"),
        *(
            ("session", sql)
            for sql in ("BEGIN", "COMMIT", "SET CONSTRAINTS ALL DEFERRED")
        ),
    ],
)
def test_what_a_statement_is_for(purpose: str, sql: str) -> None:
    assert choose_purpose(sql, SYNTAX) == purpose


@pytest.mark.parametrize(
    ("refused", "sql"),
    [
        (True, "CREATE INDEX CONCURRENTLY i ON a (b)"),
        (True, "DROP INDEX CONCURRENTLY i"),
        (True, "REINDEX INDEX CONCURRENTLY i"),
        (True, "ALTER TABLE a DETACH PARTITION b CONCURRENTLY"),
        (True, "VACUUM a"),
        (True, "ALTER SYSTEM SET work_mem = '1MB'"),
        (True, "CREATE INDEX/**/CONCURRENTLY i ON a (b)"),
        (True, f"-- {'long ' * 100}\nCREATE INDEX CONCURRENTLY i ON a (b)"),
        (True, "REINDEX DATABASE d"),
        (True, "REINDEX (VERBOSE) SCHEMA s"),
        (True, "REINDEX (VERBOSE, CONCURRENTLY) TABLE a"),
        (True, "CREATE SUBSCRIPTION s CONNECTION 'a' PUBLICATION p"),
        (True, "ALTER SUBSCRIPTION s REFRESH PUBLICATION"),
        (True, "ALTER DATABASE d SET TABLESPACE t"),
        (True, "DROP TABLESPACE t"),
        (True, "CLUSTER (VERBOSE)"),
        (False, "CLUSTER a USING i"),
        (False, "ALTER DATABASE d SET work_mem = '1MB'"),
        (False, "ALTER SUBSCRIPTION s DISABLE"),
        (False, "ALTER TABLESPACE t OWNER TO o"),
        (False, "REINDEX (CONCURRENTLY FALSE) TABLE a"),
        (False, "REFRESH MATERIALIZED VIEW CONCURRENTLY v"),
        (False, "CREATE INDEX i ON a (b)"),
        (False, "REINDEX INDEX i"),
        (False, "INSERT INTO a VALUES ('CONCURRENTLY')"),
    ],
)
def test_what_refuses_a_transaction(refused: bool, sql: str) -> None:
    assert is_refused_in_transaction(sql, SYNTAX) is refused


def test_an_index_can_do_without_concurrently() -> None:
    sql = "CREATE INDEX CONCURRENTLY i ON a ((b = 'CONCURRENTLY '))"
    assert is_index(sql, SYNTAX)
    plain = "CREATE INDEX i ON a ((b = 'CONCURRENTLY '))"
    assert render_plain_index(sql, SYNTAX) == plain
    assert render_plain_index(plain, SYNTAX) == plain
    sql = "CREATE INDEX /* concurrently */ CONCURRENTLY i ON a (b)"
    plain = "CREATE INDEX /* concurrently */ i ON a (b)"
    assert render_plain_index(sql, SYNTAX) == plain


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DROP VIEW v", "DROP VIEW IF EXISTS v"),
        ("drop view  if exists v", "drop view  if exists v"),
        ("DROP MATERIALIZED VIEW v", "DROP MATERIALIZED VIEW IF EXISTS v"),
        (
            "DROP TEXT SEARCH CONFIGURATION x",
            "DROP TEXT SEARCH CONFIGURATION IF EXISTS x",
        ),
        (
            "DROP OPERATOR CLASS c USING btree",
            "DROP OPERATOR CLASS IF EXISTS c USING btree",
        ),
        (
            "DROP OPERATOR FAMILY f USING btree",
            "DROP OPERATOR FAMILY IF EXISTS f USING btree",
        ),
        ("DROP OPERATOR === (a, a)", "DROP OPERATOR IF EXISTS === (a, a)"),
        (
            "-- DROP VIEW v\nDROP /* it */ VIEW v",
            "-- DROP VIEW v\nDROP /* it */ VIEW IF EXISTS v",
        ),
        ("DROP TRIGGER t ON a", "DROP TRIGGER IF EXISTS t ON a"),
        ("DROP CAST (a AS b)", "DROP CAST IF EXISTS (a AS b)"),
    ],
)
def test_a_drop_can_do_without_its_object(sql: str, expected: str) -> None:
    assert render_drop_if_there(sql, SYNTAX) == expected


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("CREATE EXTENSION hstore", "hstore"),
        ('create extension if not exists "uuid-ossp" with schema ext', "uuid-ossp"),
        ("CREATE TABLE a (b int)", ""),
    ],
)
def test_the_name_of_an_extension(sql: str, name: str) -> None:
    assert extension_name_of(sql) == name
