"""Which statement outside a transaction a text is."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.session.outside_text import (
    Detached,
    IndexDropped,
    IndexMade,
    Reindexed,
    Repeatable,
    Shared,
    Standalone,
    standalone,
)


def made(
    name: str, table: str, definition: str = " (id)", *, unique: bool = False
) -> IndexMade:
    return IndexMade(unique=unique, name=name, table=table, definition=definition)


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
        ("DROP INDEX CONCURRENTLY IF EXISTS s.i", IndexDropped(name="s.i")),
        ("DROP INDEX CONCURRENTLY i CASCADE", IndexDropped(name="i")),
        ("DROP INDEX i", None),
        ("REINDEX TABLE CONCURRENTLY t", Reindexed(what="TABLE", name="t")),
        (
            "REINDEX (VERBOSE, CONCURRENTLY) INDEX s.i",
            Reindexed(what="INDEX", name="s.i"),
        ),
        ("REINDEX DATABASE CONCURRENTLY", Reindexed(what="DATABASE", name="")),
        ("REINDEX DATABASE d", Repeatable()),
        (
            "ALTER TABLE ONLY p DETACH PARTITION s.c CONCURRENTLY",
            Detached(table="p", partition="s.c"),
        ),
        ("ALTER TABLE p DETACH PARTITION c", None),
        (
            "CREATE DATABASE d OWNER me",
            Shared(verb="CREATE", what="DATABASE", name="d"),
        ),
        (
            "DROP SUBSCRIPTION IF EXISTS x",
            Shared(verb="DROP", what="SUBSCRIPTION", name="x"),
        ),
        ("VACUUM (ANALYZE) t", Repeatable()),
        ("ALTER SYSTEM SET work_mem = '1MB'", Repeatable()),
        ("ALTER DATABASE d SET TABLESPACE x", Repeatable()),
        ("CALL fill()", None),
        ("VACUUMED", None),
    ],
)
def test_it_is_known_by_its_head(sql: str, found: Standalone | None) -> None:
    assert standalone(sql) == found
