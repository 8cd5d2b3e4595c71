"""The file of SQL that one Django migration becomes."""

from __future__ import annotations

import pytest

from schema_migrations.workflows.planning.recorded_file import format_created_table

TABLE = """CREATE TABLE "a" ("id" bigint NOT NULL, "n" numeric(8, 2) DEFAULT 'it''s (a, b' NOT NULL, CHECK ("n" IN (1, 2))) TABLESPACE "x\""""
LAID_OUT = """CREATE TABLE "a" (
    "id" bigint NOT NULL,
    "n" numeric(8, 2) DEFAULT 'it''s (a, b' NOT NULL,
    CHECK ("n" IN (1, 2))
) TABLESPACE "x\""""


def test_a_table_has_a_line_for_each_column() -> None:
    assert format_created_table(TABLE) == LAID_OUT


@pytest.mark.parametrize(
    "sql",
    [
        LAID_OUT,
        'CREATE TABLE "a" ("id" bigint)',
        'CREATE TABLE "a" ("id" text DEFAULT E\'it\\\'s, \', "b" text)',
        'CREATE TABLE "a" ("id" bigint, "b" text',
        'ALTER TABLE "a" ADD COLUMN "b" numeric(8, 2)',
    ],
)
def test_all_else_stays(sql: str) -> None:
    assert format_created_table(sql) == sql
