"""Two spellings of the same SQL are the same objects; other SQL is not."""

from __future__ import annotations

from typing import Any

import pytest

from schema_migrations.engines.sqlite.catalog.clauses import read_table
from schema_migrations.errors import PlanError
from schema_migrations.schema.model import (
    Column,
    Constraint,
    ForeignKey,
    Index,
    Table,
    table_key,
)
from tests.engines.sqlite.databases import made_by

T = table_key("t")
OTHER = "CREATE TABLE o (id integer NOT NULL PRIMARY KEY, code text UNIQUE)"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "CREATE TABLE t(a INT,b VarChar( 10 ))",
            'create table "t" (\n  [a] int, -- first\n  `b` varchar(10) /* x */ )',
        ),
        (
            "CREATE TABLE t (a integer PRIMARY KEY, b text)",
            "CREATE TABLE t (a integer NOT NULL, b text, PRIMARY KEY (a))",
        ),
        (
            "CREATE TABLE t (a integer PRIMARY KEY AUTOINCREMENT)",
            "CREATE TABLE t (a integer, PRIMARY KEY (a AUTOINCREMENT))",
        ),
        (
            "CREATE TABLE t (a integer PRIMARY KEY)",
            "CREATE TABLE t (a integer, PRIMARY KEY (a DESC))",
        ),
        (
            "CREATE TABLE t (a text PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE t (a text NOT NULL, PRIMARY KEY (a ASC)) without rowid",
        ),
        (
            "CREATE TABLE t (a int UNIQUE)",
            "CREATE TABLE t (a int, UNIQUE ('A' asc))",
        ),
        (
            "CREATE TABLE t (a int CONSTRAINT u UNIQUE)",
            "CREATE TABLE t (a int, CONSTRAINT 'u' UNIQUE (a) ON CONFLICT ABORT)",
        ),
        (
            "CREATE TABLE t (a int CHECK (a > 0), b int CONSTRAINT c CHECK (t.A <b))",
            "CREATE TABLE t (a int, b int, CONSTRAINT c CHECK ((a < b)) CHECK (a > 0))",
        ),
        (
            "CREATE TABLE t (a int CHECK (a > 0) CHECK (a > 0))",
            'CREATE TABLE t (a int, CHECK (("a" > 0)) ON CONFLICT FAIL)',
        ),
        (
            "CREATE TABLE t (a int REFERENCES O)",
            'CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES "o" ("ID"))',
        ),
        (
            "CREATE TABLE t (a int REFERENCES o ON UPDATE NO ACTION ON DELETE SET NULL "
            "DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TABLE t (a int, FOREIGN KEY (a) REFERENCES o (id) MATCH FULL "
            "ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED)",
        ),
        (
            "CREATE TABLE t (a int REFERENCES o NOT DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TABLE t (a int REFERENCES o DEFERRABLE INITIALLY IMMEDIATE)",
        ),
        (
            "CREATE TABLE t (a int REFERENCES o DEFERRABLE)",
            "CREATE TABLE t (a int REFERENCES o)",
        ),
        (
            "CREATE TABLE t (a int NULL DEFAULT NULL COLLATE binary)",
            "CREATE TABLE t (a int)",
        ),
        (
            "CREATE TABLE t (a int DEFAULT (-1), b text DEFAULT (('x')))",
            "CREATE TABLE t (a int DEFAULT -1, b text DEFAULT 'x')",
        ),
        (
            'CREATE TABLE t (a DEFAULT foo, b DEFAULT "it\'s", c DEFAULT true)',
            "CREATE TABLE t (a DEFAULT 'foo', b DEFAULT 'it''s', c DEFAULT (TRUE))",
        ),
        (
            "CREATE TABLE t (a, b AS (a+1), c AS (LOWER(a)) STORED)",
            "CREATE TABLE t (a, b GENERATED ALWAYS AS (A + 1) VIRTUAL, "
            "c generated always AS (lower([a])) stored)",
        ),
        (
            "CREATE TABLE t (a text COLLATE nocase)",
            'CREATE TABLE t (a text COLLATE "NoCase")',
        ),
        (
            "CREATE TABLE t (a text PRIMARY KEY) STRICT, WITHOUT ROWID",
            "CREATE TABLE t (a text PRIMARY KEY) without rowid, strict",
        ),
        (
            "CREATE TABLE t (a int NOT NULL CONSTRAINT idle)",
            "CREATE TABLE t (a int CONSTRAINT n NOT NULL ON CONFLICT ABORT)",
        ),
    ],
)
def test_equal_sql_is_the_same(one: str, other: str) -> None:
    assert made_by(OTHER, one).by_key == made_by(OTHER, other).by_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a bigint)"),
        ("CREATE TABLE t (a int)", "CREATE TABLE t (A int)"),
        ("CREATE TABLE t (a int)", "CREATE TABLE t (a int NOT NULL)"),
        (
            "CREATE TABLE t (a int NOT NULL)",
            "CREATE TABLE t (a int NOT NULL ON CONFLICT IGNORE)",
        ),
        ("CREATE TABLE t (a int UNIQUE)", "CREATE TABLE t (a int CONSTRAINT u UNIQUE)"),
        (
            "CREATE TABLE t (a int UNIQUE)",
            "CREATE TABLE t (a int UNIQUE ON CONFLICT REPLACE)",
        ),
        (
            "CREATE TABLE t (a integer PRIMARY KEY)",
            "CREATE TABLE t (a integer PRIMARY KEY DESC)",
        ),
        (
            "CREATE TABLE t (a integer PRIMARY KEY)",
            "CREATE TABLE t (a integer PRIMARY KEY AUTOINCREMENT)",
        ),
        ("CREATE TABLE t (a DEFAULT 'x')", "CREATE TABLE t (a DEFAULT 'X')"),
        ("CREATE TABLE t (a CHECK (a = 'x'))", "CREATE TABLE t (a CHECK (a = 'X'))"),
        (
            "CREATE TABLE t (a int REFERENCES o)",
            "CREATE TABLE t (a int REFERENCES o (code))",
        ),
        (
            "CREATE TABLE t (a int REFERENCES o ON DELETE CASCADE)",
            "CREATE TABLE t (a int REFERENCES o ON DELETE RESTRICT)",
        ),
        (
            "CREATE TABLE t (a int REFERENCES o ON DELETE SET DEFAULT)",
            "CREATE TABLE t (a int REFERENCES o ON UPDATE SET DEFAULT)",
        ),
        ("CREATE TABLE t (a, b AS (a))", "CREATE TABLE t (a, b AS (a) STORED)"),
        ("CREATE TABLE t (a text)", "CREATE TABLE t (a text) STRICT"),
    ],
)
def test_other_sql_is_not_the_same(one: str, other: str) -> None:
    assert made_by(OTHER, one).by_key != made_by(OTHER, other).by_key


def test_a_column_is_read_in_full() -> None:
    schema = made_by(
        """CREATE TABLE t (
            a decimal( 10 , 2 ) NOT NULL DEFAULT (1 + 1) COLLATE RTRIM,
            b GENERATED ALWAYS AS (a || '-') STORED)"""
    )
    a = Column(
        name="a",
        type="decimal(10, 2)",
        nullable=False,
        default="1 + 1",
        collation="RTRIM",
    )
    b = Column(name="b", type="", generated="\"a\" || '-'", generated_kind="stored")
    assert schema.get_table(T) == Table(key=T, columns=(a, b))
    assert [c.position for c in schema.get_table(T).columns_in_order] == [1, 2]


def test_constraints_know_their_columns() -> None:
    schema = made_by(
        OTHER,
        """CREATE TABLE t (a int, b int REFERENCES o, "C d" text,
            CONSTRAINT pk PRIMARY KEY (b, A),
            CONSTRAINT un UNIQUE ("c D" COLLATE NOCASE DESC, a),
            CONSTRAINT ch CHECK (length("C d") > a))""",
    )
    parts: tuple[tuple[str, Any, str], ...] = (
        ("pk", "primary key", 'PRIMARY KEY ("b", "a")'),
        ("un", "unique", 'UNIQUE ("C d" COLLATE NOCASE DESC, "a")'),
        ("ch", "check", 'CHECK (length("C d") > "a")'),
    )
    pk, un, ch = (
        Constraint(key=T.constraint(name), table=T, type=type_, definition=sql)
        for name, type_, sql in parts
    )
    found = {c.key.part: c for c in schema.of(Constraint) if c.table == T}
    assert found == {"pk": pk, "un": un, "ch": ch}
    assert found["pk"].columns == ("b", "a")
    assert found["un"].columns == ("C d", "a")
    assert found["ch"].columns == ("a", "C d")
    (reference,) = schema.of(ForeignKey)
    assert reference.columns == ("b",)
    assert reference.referenced_table == table_key("o")
    assert reference.needs == {table_key("o")}


def test_an_unnamed_constraint_has_its_definition_for_a_name() -> None:
    (check,) = made_by("CREATE TABLE t (a int CHECK (a > 0))").of(Constraint)
    assert check.key == T.constraint('CHECK ("a" > 0)')


def test_constraints_that_share_a_name_are_all_seen() -> None:
    schema = made_by(
        "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0), CONSTRAINT c CHECK (a > 1))"
    )
    assert {c.key.part for c in schema.of(Constraint)} == {"c", 'CHECK ("a" > 1)'}


@pytest.mark.parametrize(
    ("sql", "unique", "definition", "columns"),
    [
        ("CREATE INDEX i ON t (A asc, [b] desc)", False, '("a", "b" DESC)', ("a", "b")),
        ('CREATE UNIQUE INDEX "i" ON "t"(a)', True, '("a")', ("a",)),
        (
            "CREATE INDEX i ON t (LOWER(b), a COLLATE nocase) where b IS not null",
            False,
            '(lower("b"), "a" COLLATE NOCASE) WHERE "b" IS NOT NULL',
            ("a",),
        ),
        ("CREATE INDEX i ON t ((a + 1) DESC)", False, '("a" + 1 DESC)', ()),
    ],
)
def test_indexes_have_one_form(
    sql: str, unique: bool, definition: str, columns: tuple[str, ...]
) -> None:
    (index,) = made_by("CREATE TABLE t (a int, b text)", sql).of(Index)
    assert (index.unique, index.definition) == (unique, definition)
    assert (index.table, index.columns, index.needs) == (T, columns, frozenset({T}))


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (a int DEFAULT 1 WHAT 2)",
        "CREATE TABLE t (a int, b",
        "CREATE TABLE t (a int, FOREIGN KEY (a))",
        "CREATE TABLE t",
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_place(sql: str) -> None:
    with pytest.raises(PlanError, match="table t near"):
        read_table("t", sql)
