from __future__ import annotations

from textwrap import dedent

import pytest

from schema_migrations.engines.sqlite.ddl.render import render
from schema_migrations.errors import UnsupportedChange
from schema_migrations.schema.changes import (
    Alter,
    AlterColumn,
    AlterTable,
    Change,
    Create,
    Drop,
    DropColumn,
    Rename,
    SetComment,
)
from schema_migrations.schema.model import (
    EMPTY,
    Column,
    Constraint,
    Key,
    Schema,
    Sequence,
    Table,
    table_key,
)
from tests.engines.sqlite.databases import made_by, plan

T = table_key("t")
BEFORE = """CREATE TABLE t (
    id integer PRIMARY KEY AUTOINCREMENT, a int REFERENCES t, b text, gone int)"""
AFTER = """CREATE TABLE t (
    id integer PRIMARY KEY AUTOINCREMENT, a int REFERENCES t, b text DEFAULT (1 + 1),
    c text COLLATE nocase AS (lower(b)) STORED,
    CONSTRAINT long CHECK (length(b) > 3))"""
OTHERS = (
    "CREATE UNIQUE INDEX ix ON t (b) WHERE a = 1",
    "CREATE VIEW v AS SELECT a FROM t",
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END",
)


def written(current: Schema, desired: Schema) -> str:
    return "".join(
        f"-- {s.comment}\n{s.sql};\n" for s in plan(current, desired).statements
    )


def test_a_rebuild_reads_as_the_steps_that_it_takes() -> None:
    assert written(made_by(BEFORE, *OTHERS), made_by(AFTER, *OTHERS)) == dedent(
        """\
        -- Drop view "v"
        DROP VIEW "v";
        -- Rebuild table "t": add check "long", drop column "gone", alter column "b", add column "c"
        CREATE TABLE "new__t" (
            "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
            "a" int,
            "b" text DEFAULT (1 + 1),
            "c" text COLLATE NOCASE GENERATED ALWAYS AS (lower("b")) STORED,
            CONSTRAINT "long" CHECK (length("b") > 3),
            FOREIGN KEY ("a") REFERENCES "t" ("id")
        );
        -- Keep the AUTOINCREMENT counter of table "t"
        INSERT INTO sqlite_sequence (name, seq)
        SELECT 'new__t', seq FROM sqlite_sequence WHERE name = 't';
        -- Copy the rows of table "t"
        INSERT INTO "new__t" (
            "id",
            "a",
            "b"
        )
        SELECT
            "id",
            "a",
            "b"
        FROM "t";
        -- Drop the old table "t"; its rows are in the new one
        DROP TABLE "t";
        -- Rename table "new__t" to "t"
        ALTER TABLE "new__t" RENAME TO "t";
        -- Create unique index "ix" on table "t"
        CREATE UNIQUE INDEX "ix" ON "t" ("b") WHERE "a" = 1;
        -- Create view "v"
        CREATE VIEW v AS SELECT a FROM t;
        -- Create trigger "tr"
        CREATE TRIGGER tr AFTER INSERT ON t BEGIN
          SELECT 1;
          SELECT 2;
        END;
        """
    )


def test_what_stands_on_new_and_old_tables_is_written_once() -> None:
    made = made_by(BEFORE, *OTHERS)
    created = written(EMPTY, made)
    assert created.count("REFERENCES") == created.count("CREATE TABLE") == 1
    assert written(made, EMPTY) == dedent(
        """\
        -- Drop view "v"
        DROP VIEW "v";
        -- Drop table "t"
        DROP TABLE "t";
        """
    )


def test_an_added_column_is_one_statement_with_its_constraints() -> None:
    before = made_by("CREATE TABLE o (id integer PRIMARY KEY)", "CREATE TABLE t (a)")
    after = made_by(
        "CREATE TABLE o (id integer PRIMARY KEY)",
        "CREATE TABLE t (a, o_id int CHECK (o_id > 0) CONSTRAINT fk REFERENCES o)",
    )
    assert written(before, after) == dedent(
        """\
        -- Add column "o_id" to table "t"
        ALTER TABLE "t" ADD COLUMN "o_id" int
            CHECK ("o_id" > 0)
            CONSTRAINT "fk" REFERENCES "o" ("id");
        """
    )


def test_a_table_is_renamed_in_place() -> None:
    before, after = (Table(key=table_key(name), columns=()) for name in ("a", "b"))
    (statement,) = render(Rename(before=before, after=after))
    assert statement.sql == 'ALTER TABLE "a" RENAME TO "b"'


CHECK = Constraint(key=T.constraint("c"), table=T, type="check", definition="CHECK (a)")
SEQUENCE = Sequence(key=Key(kind="sequence", name="s"), definition="")
A, TABLE = Column(name="a", type="int"), Table(key=T, columns=())


@pytest.mark.parametrize(
    "change",
    [
        DropColumn(table=T, column=A),
        AlterColumn(table=T, before=A, after=A),
        AlterTable(before=TABLE, after=TABLE),
        Create(object=CHECK),
        Drop(object=CHECK),
        Create(object=SEQUENCE),
        Alter(before=SEQUENCE, after=SEQUENCE),
        Rename(before=CHECK, after=CHECK),
        SetComment(key=T, before="", after="x"),
    ],
)
def test_what_sqlite_has_no_statement_for_is_refused(change: Change) -> None:
    with pytest.raises(UnsupportedChange, match="SQLite has no statement for"):
        render(change)
