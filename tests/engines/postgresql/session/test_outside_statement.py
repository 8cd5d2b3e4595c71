"""Which statement outside a transaction a text is."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.session.outside_statement import (
    CreateIndexConcurrently,
    DetachConcurrently,
    DropIndexConcurrently,
    OutsideStatement,
    ReindexConcurrently,
    RepeatableStatement,
    SharedObjectStatement,
    parse_outside_statement,
)


def made(
    name: str, table: str, definition: str = " (id)", *, unique: bool = False
) -> CreateIndexConcurrently:
    return CreateIndexConcurrently(
        unique=unique, name=name, table=table, definition=definition
    )


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("CREATE INDEX CONCURRENTLY i ON t (id)", made("i", "t")),
        ("create index concurrently i on t(id)", made("i", "t", "(id)")),
        (
            'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "I ""x" ON ONLY "S" . t USING btree (id)',
            made('"I ""x"', '"S" . t', " USING btree (id)", unique=True),
        ),
        (
            "CREATE /* why */ INDEX -- here\n CONCURRENTLY\n i ON t (id)",
            made("i", "t"),
        ),
        ("CREATE INDEX CONCURRENTLY ON t (id)", made("", "t")),
        ("CREATE INDEX CONCURRENTLY größe ON t (id)", made("größe", "t")),
        ("CREATE INDEX i ON t (id)", None),
        ("CREATE TABLE concurrently (id integer)", None),
        ("DROP INDEX CONCURRENTLY IF EXISTS s.i", DropIndexConcurrently(name="s.i")),
        ("DROP INDEX CONCURRENTLY i CASCADE", DropIndexConcurrently(name="i")),
        ("DROP INDEX i", None),
        (
            "REINDEX TABLE CONCURRENTLY t",
            ReindexConcurrently(object_type="TABLE", name="t"),
        ),
        (
            "REINDEX (VERBOSE, CONCURRENTLY) INDEX s.i",
            ReindexConcurrently(object_type="INDEX", name="s.i"),
        ),
        (
            "REINDEX DATABASE CONCURRENTLY",
            ReindexConcurrently(object_type="DATABASE", name=""),
        ),
        ("REINDEX DATABASE d", RepeatableStatement()),
        (
            "ALTER TABLE ONLY p DETACH PARTITION s.c CONCURRENTLY",
            DetachConcurrently(table="p", partition="s.c"),
        ),
        ("ALTER TABLE p DETACH PARTITION c", None),
        (
            "CREATE DATABASE d OWNER me",
            SharedObjectStatement(verb="CREATE", object_type="DATABASE", name="d"),
        ),
        (
            "DROP SUBSCRIPTION IF EXISTS x",
            SharedObjectStatement(verb="DROP", object_type="SUBSCRIPTION", name="x"),
        ),
        ("VACUUM (ANALYZE) t", RepeatableStatement()),
        ("ALTER SYSTEM SET work_mem = '1MB'", RepeatableStatement()),
        ("ALTER DATABASE d SET TABLESPACE x", RepeatableStatement()),
        ("CALL fill()", None),
        ("VACUUMED", None),
    ],
)
def test_it_is_known_by_its_head(sql: str, found: OutsideStatement | None) -> None:
    assert parse_outside_statement(sql) == found
