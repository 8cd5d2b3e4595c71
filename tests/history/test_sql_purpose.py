"""What a statement of ``RunSQL`` is for."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.history.sql_purpose import (
    choose_purpose,
    extension_name_of,
    is_index,
    is_refused_in_transaction,
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
                "ALTER TABLE a ENABLE ROW LEVEL SECURITY",
                "COMMENT ON FUNCTION f() IS 'c'",
                "DROP TRIGGER IF EXISTS t ON a",
                BLOCK.format("CREATE TYPE t AS ENUM ('a')"),
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
    assert render_plain_index(sql) == "CREATE INDEX i ON a ((b = 'CONCURRENTLY '))"


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
