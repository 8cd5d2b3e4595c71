"""Plans, carried out on real databases with rows in them."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeAlias

import pytest

from schema_migrations.engines.sqlite.planner import PLANNER
from schema_migrations.plan.plan import build_plan
from schema_migrations.schema.changes import (
    AddColumn,
    AlterColumn,
    Create,
    CreateTable,
    Drop,
    DropTable,
    RebuildTable,
    RenameColumn,
)
from schema_migrations.schema.model import EMPTY, table_key
from tests.engines.sqlite.databases import (
    database,
    made_by,
    migrate,
    plan,
    rebuilds,
    rows,
    run,
    schema_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Open: TypeAlias = Callable[..., sqlite3.Connection]


@pytest.fixture
def opened() -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda *statements: stack.enter_context(database(*statements))


OTHER = "CREATE TABLE o (id integer NOT NULL PRIMARY KEY)"
IN_PLACE = [
    "b int",
    "b int NOT NULL DEFAULT -1",
    "b text DEFAULT 'it''s' COLLATE NOCASE",
    "b int CHECK (b > 0)",
    "b int CONSTRAINT positive CHECK (b > a)",
    "b int REFERENCES o (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
    "b int CONSTRAINT fk REFERENCES o (id)",
    "b int AS (a + 1)",
    "b int, c int CHECK (c > a)",
]
BY_REBUILD = [
    "b int UNIQUE",
    "b datetime DEFAULT CURRENT_TIMESTAMP",
    "b int DEFAULT (1 + 1)",
    "b int NOT NULL AS (a + 1)",
    "b int AS (a + 1) STORED",
    "b int DEFAULT 1 REFERENCES o (id)",
    "b int, c int, CHECK (b > c)",
    "b int UNIQUE REFERENCES o (id)",
    "b int, CHECK (a < 9)",
    "b int, UNIQUE (a)",
]


@pytest.mark.parametrize("added", IN_PLACE)
def test_what_sqlite_can_add_is_added_in_place(opened: Open, added: str) -> None:
    db = opened(OTHER, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    planned = migrate(db, OTHER, f"CREATE TABLE t (a int, {added})")
    assert rebuilds(planned) == []
    assert rows(db, "SELECT a FROM t") == [(1,)]


@pytest.mark.parametrize("added", BY_REBUILD)
def test_what_sqlite_cannot_add_makes_a_rebuild(opened: Open, added: str) -> None:
    db = opened(
        *(OTHER, "INSERT INTO o VALUES (1)"),
        *("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)"),
    )
    planned = migrate(db, OTHER, f"CREATE TABLE t (a int, {added})")
    assert rebuilds(planned) == ["t"]
    assert rows(db, "SELECT a FROM t") == [(1,)]


T = "CREATE TABLE t (id integer PRIMARY KEY, a int, b text DEFAULT 'x')"
ALTERED = [
    "CREATE TABLE t (id integer PRIMARY KEY, a int)",
    "CREATE TABLE t (id integer PRIMARY KEY, a text, b text DEFAULT 'x')",
    "CREATE TABLE t (id integer PRIMARY KEY, a int NOT NULL, b text DEFAULT 'x')",
    "CREATE TABLE t (id integer PRIMARY KEY, a int, b text)",
    "CREATE TABLE t (id integer PRIMARY KEY, a int, b text DEFAULT 'y' COLLATE NOCASE)",
    "CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT, a int, b text DEFAULT 'x')",
    "CREATE TABLE t (id integer, a int UNIQUE, b text DEFAULT 'x')",
    "CREATE TABLE t (b text DEFAULT 'x', a int, id integer, PRIMARY KEY (id, a))",
    "CREATE TABLE t (id integer PRIMARY KEY DESC, a int, b text DEFAULT 'x')",
    "CREATE TABLE t (id integer PRIMARY KEY, a int, b text DEFAULT 'x') WITHOUT ROWID",
    "CREATE TABLE t (id integer PRIMARY KEY, a int, b text DEFAULT 'x') STRICT",
    "CREATE TABLE t (id integer PRIMARY KEY, a int NOT NULL ON CONFLICT IGNORE)",
    "CREATE TABLE t (id integer PRIMARY KEY, a int, b text AS (a) STORED, c AS (b))",
    "CREATE TABLE t (id integer PRIMARY KEY, a int, b text DEFAULT 'x', "
    "CONSTRAINT few CHECK (t.a < 9 AND b LIKE 'x%' ESCAPE '\\'))",
]


@pytest.mark.parametrize("altered", ALTERED)
def test_a_table_becomes_another_and_back_again(opened: Open, altered: str) -> None:
    db = opened(T, "INSERT INTO t (id, a) VALUES (3, 7), (5, 8)")
    assert rebuilds(migrate(db, altered)) == ["t"]
    assert rows(db, "SELECT id, CAST(a AS int) FROM t ORDER BY id") == [(3, 7), (5, 8)]
    migrate(db, T)
    assert rows(db, "SELECT id, a FROM t ORDER BY id") == [(3, 7), (5, 8)]


def test_columns_stand_in_the_desired_order_after_a_rebuild(opened: Open) -> None:
    db = opened("CREATE TABLE t (a, b)", "INSERT INTO t VALUES (1, 2)")
    migrate(db, "CREATE TABLE t (n DEFAULT (0 + 0), b NOT NULL, a)")
    assert rows(db, "SELECT * FROM t") == [(0, 2, 1)]


def test_a_table_that_keeps_no_column_keeps_its_number_of_rows(opened: Open) -> None:
    db = opened("CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2)")
    migrate(db, "CREATE TABLE t (c AS (b), b NOT NULL DEFAULT (1 + 1))")
    assert rows(db, "SELECT b FROM t") == [(2,), (2,)]
    migrate(db, "CREATE TABLE t (d)")
    assert rows(db, "SELECT d FROM t") == [(None,), (None,)]


def test_a_column_without_a_value_for_its_rows_fails_and_changes_nothing(
    opened: Open,
) -> None:
    db = opened("CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    before = schema_of(db)
    planned = plan(before, made_by("CREATE TABLE t (a, b NOT NULL)"))
    with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
        run(db, planned)
    db.execute("ROLLBACK")
    assert schema_of(db) == before
    assert rows(db, "SELECT * FROM t") == [(1,)]


def test_fills_give_existing_rows_their_values(opened: Open) -> None:
    db = opened(
        "CREATE TABLE t (id integer PRIMARY KEY, a int)",
        "INSERT INTO t (a) VALUES (1), (NULL)",
    )
    current = schema_of(db)
    desired = made_by(
        "CREATE TABLE t (id integer PRIMARY KEY, a int NOT NULL, b text NOT NULL)"
    )
    t = table_key("t")
    before, after = current.get_table(t), desired.get_table(t)
    changes = (
        AlterColumn(
            table=t,
            before=before.get_column("a"),
            after=after.get_column("a"),
            fill="-1",
        ),
        AddColumn(table=t, column=after.get_column("b"), fill="'row ' || id"),
    )
    run(db, build_plan(changes, current, desired, planner=PLANNER))
    assert schema_of(db) == desired
    assert rows(db, "SELECT a, b FROM t") == [(1, "row 1"), (-1, "row 2")]


def test_a_new_column_with_a_fill_is_no_column_with_a_default(opened: Open) -> None:
    db = opened("CREATE TABLE t (a int)", "INSERT INTO t VALUES (2)")
    current, desired = schema_of(db), made_by("CREATE TABLE t (a int, b int)")
    t = table_key("t")
    added = AddColumn(
        table=t, column=desired.get_table(t).get_column("b"), fill="a * 2"
    )
    run(db, build_plan((added,), current, desired, planner=PLANNER))
    assert schema_of(db) == desired
    assert rows(db, "SELECT * FROM t") == [(2, 4)]


def test_indexes_triggers_and_views_come_back(opened: Open) -> None:
    others = (
        "CREATE TABLE log (what)",
        "CREATE INDEX ix ON t (a) WHERE a > 0",
        "CREATE UNIQUE INDEX ux ON t (lower(a), id DESC)",
        "CREATE TRIGGER own AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (1); END",
        "CREATE TRIGGER far AFTER DELETE ON log BEGIN UPDATE t SET a = 0; END",
        "CREATE VIEW above AS SELECT a FROM t",
        "CREATE VIEW Higher AS SELECT a FROM above",
        """CREATE TRIGGER instead INSTEAD OF INSERT ON higher
           BEGIN INSERT INTO t (a) VALUES (new.a); END""",
        "CREATE VIEW aside AS SELECT * FROM log",
    )
    db = opened("CREATE TABLE t (id integer PRIMARY KEY, a int)", *others)
    db.execute("INSERT INTO higher VALUES (4)")
    altered = "CREATE TABLE t (id integer PRIMARY KEY, a int CHECK (a >= 0), b AS (a))"
    assert rebuilds(migrate(db, altered, *others)) == ["t"]
    db.execute("INSERT INTO higher VALUES (5)")
    db.execute("UPDATE t SET a = a + 1")
    assert rows(db, "SELECT * FROM higher") == [(5,), (6,)]
    assert rows(db, "SELECT * FROM log") == [(1,), (1,)]
    db.execute("DELETE FROM log")
    assert rows(db, "SELECT a FROM t") == [(0,), (0,)]


def test_views_and_triggers_that_change_do_so_around_the_rebuilds(opened: Open) -> None:
    db = opened(
        "CREATE TABLE s (a)",
        "CREATE TABLE t (a)",
        "CREATE TABLE gone (a)",
        "CREATE VIEW v AS SELECT a FROM s, t",
        "CREATE VIEW w AS SELECT a FROM t",
        "CREATE TRIGGER x AFTER INSERT ON s BEGIN DELETE FROM t; END",
        "CREATE TRIGGER y AFTER INSERT ON gone BEGIN DELETE FROM t; END",
        "CREATE TRIGGER z AFTER INSERT ON gone BEGIN SELECT 1; END",
        "INSERT INTO s VALUES (1)",
    )
    planned = migrate(
        db,
        "CREATE TABLE s (a NOT NULL)",
        "CREATE TABLE t (a NOT NULL)",
        "CREATE VIEW v AS SELECT s.a FROM s, t",
        "CREATE VIEW n AS SELECT a FROM v",
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM s; END",
    )
    assert rebuilds(planned) == ["s", "t"]
    dropped = {c.object.key.name for c in planned.changes if isinstance(c, Drop)}
    assert dropped == {"v", "w", "x", "y"}
    assert rows(db, "SELECT * FROM s") == [(1,)]


def test_the_largest_key_ever_given_is_remembered(opened: Open) -> None:
    counted = 'CREATE TABLE "it\'s" (id integer PRIMARY KEY AUTOINCREMENT, a {})'
    db = opened(counted.format("int"), *['INSERT INTO "it\'s" (a) VALUES (1)'] * 5)
    db.execute('DELETE FROM "it\'s" WHERE id > 2')
    migrate(db, counted.format("text"))
    assert rows(db, "SELECT * FROM sqlite_sequence") == [("it's", 5)]
    db.execute('DELETE FROM "it\'s"')
    migrate(db, counted.format("int"))
    db.execute('INSERT INTO "it\'s" (a) VALUES (1)')
    assert rows(db, 'SELECT id FROM "it\'s"') == [(6,)]


CIRCLE = (
    """CREATE TABLE a (id integer PRIMARY KEY, b {} REFERENCES b,
        own int REFERENCES a ON DELETE CASCADE)""",
    "CREATE TABLE b (id integer PRIMARY KEY, a {} REFERENCES a ON DELETE CASCADE)",
    "CREATE TABLE leaf (b int REFERENCES b ON DELETE CASCADE)",
)


def test_references_in_a_circle_survive_every_rebuild(opened: Open) -> None:
    db = opened(
        *(sql.format("int") for sql in CIRCLE),
        *(
            "INSERT INTO a VALUES (1, 1, 1), (2, NULL, 1)",
            "INSERT INTO b VALUES (1, 1)",
        ),
        "INSERT INTO leaf VALUES (1)",
    )
    assert rebuilds(migrate(db, *(sql.format("bigint") for sql in CIRCLE))) == [
        "a",
        "b",
    ]
    assert rows(db, "SELECT * FROM a") == [(1, 1, 1), (2, None, 1)]
    db.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        db.execute("INSERT INTO leaf VALUES (2)")
    db.execute("DELETE FROM a WHERE id = 1")
    assert rows(db, "SELECT count(*) FROM a") == [(0,)]
    assert rows(db, "SELECT count(*) FROM leaf") == [(0,)]


def test_tables_in_a_circle_are_created_and_dropped(opened: Open) -> None:
    db = opened()
    created = migrate(db, *(sql.format("int") for sql in CIRCLE))
    assert [type(c) for c in created.changes] == [CreateTable] * 3
    dropped = migrate(db)
    assert [type(c) for c in dropped.changes] == [DropTable] * 3


def test_a_table_is_dropped_after_the_rebuild_that_frees_it(opened: Open) -> None:
    db = opened(
        OTHER,
        "CREATE TABLE t (a int, o int REFERENCES o)",
        "CREATE INDEX ix ON o (id)",
        "CREATE TRIGGER tr AFTER INSERT ON o BEGIN SELECT 1; END",
    )
    planned = migrate(db, "CREATE TABLE t (a int)")
    assert [type(c) for c in planned.changes] == [RebuildTable, DropTable]


def test_constraints_swap_between_tables(opened: Open) -> None:
    db = opened(
        "CREATE TABLE s (a int UNIQUE, b int)", "CREATE TABLE t (a int, b int UNIQUE)"
    )
    planned = migrate(
        db,
        "CREATE TABLE s (a int, b int UNIQUE)",
        "CREATE TABLE t (a int UNIQUE, b int)",
    )
    assert rebuilds(planned) == ["s", "t"]


def test_a_constraint_moves_to_the_table_that_replaces_its_own(opened: Open) -> None:
    replaced = "CREATE TABLE {} (id integer PRIMARY KEY, CONSTRAINT own UNIQUE (id))"
    db = opened(replaced.format("old"), "CREATE TABLE t (a int REFERENCES old)")
    planned = migrate(
        db, replaced.format("new"), "CREATE TABLE t (a int REFERENCES new)"
    )
    assert [type(c) for c in planned.changes] == [CreateTable, RebuildTable, DropTable]


def test_a_reference_turns_around(opened: Open) -> None:
    s = "CREATE TABLE s (id integer PRIMARY KEY, o int {})"
    t = "CREATE TABLE t (id integer PRIMARY KEY, o int {})"
    db = opened(s.format("REFERENCES t"), t.format(""))
    planned = migrate(db, s.format(""), t.format("REFERENCES s"))
    assert rebuilds(planned) == ["s", "t"]


def test_new_views_and_triggers_wait_for_a_rebuild_that_waits(opened: Open) -> None:
    """The rebuild takes the name of an index that goes with a dropped table."""
    db = opened(
        "CREATE TABLE gone (a)", "CREATE INDEX ix ON gone (a)", "CREATE TABLE t (a)"
    )
    planned = migrate(
        db,
        "CREATE TABLE t (a UNIQUE)",
        "CREATE INDEX ix ON t (a)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
    )
    assert [type(c) for c in planned.changes] == [
        DropTable,
        RebuildTable,
        Create,
        Create,
    ]


def test_an_index_is_renamed_by_making_it_anew(opened: Open) -> None:
    db = opened("CREATE TABLE t (a)", "CREATE UNIQUE INDEX i ON t (a)")
    planned = migrate(db, "CREATE TABLE t (a)", "CREATE UNIQUE INDEX j ON t (a)")
    assert {type(c).__name__ for c in planned.changes} == {"Drop", "Create"}


def test_a_constraint_is_renamed_by_a_rebuild(opened: Open) -> None:
    db = opened("CREATE TABLE t (a, CONSTRAINT c UNIQUE (a))")
    planned = migrate(db, "CREATE TABLE t (a, CONSTRAINT e UNIQUE (a))")
    assert rebuilds(planned) == ["t"]
    assert (
        planned.statements[0].comment == 'Rebuild table "t": rename unique "c" to "e"'
    )


def test_a_virtual_table_is_left_alone_by_a_rebuild(opened: Open) -> None:
    others = (
        "CREATE VIRTUAL TABLE words USING fts5(body, content='t', content_rowid='id')",
        """CREATE TRIGGER fill AFTER INSERT ON t
           BEGIN INSERT INTO words (rowid, body) VALUES (new.id, new.body); END""",
    )
    db = opened("CREATE TABLE t (id integer PRIMARY KEY, body text)", *others)
    db.execute("INSERT INTO t (body) VALUES ('a green tree')")
    migrate(db, "CREATE TABLE t (id integer PRIMARY KEY, body text NOT NULL)", *others)
    assert rows(db, "SELECT body FROM words('green')") == [("a green tree",)]
    migrate(db)
    assert schema_of(db) == EMPTY


def test_a_column_is_renamed_in_place(opened: Open) -> None:
    view = "CREATE VIEW v AS SELECT {} AS a FROM t"
    db = opened("CREATE TABLE t (a int)", view.format("a"), "INSERT INTO t VALUES (1)")
    current = schema_of(db)
    desired = made_by("CREATE TABLE t (b int)", view.format('"b"'))
    t = table_key("t")
    renamed = RenameColumn(
        table=t,
        before=current.get_table(t).get_column("a"),
        after=desired.get_table(t).get_column("b"),
    )
    planned = build_plan((renamed,), current, desired, planner=PLANNER)
    run(db, planned)
    assert schema_of(db).get_table(t) == desired.get_table(t)
    assert rows(db, "SELECT a FROM v") == [(1,)]


def test_a_name_that_needs_quoting_is_quoted_everywhere(opened: Open) -> None:
    table = 'CREATE TABLE "a ""b"" ü" ("x ""y" {} CHECK ("x ""y" <> \'"\'))'
    index = 'CREATE INDEX "i ""x" ON "a ""b"" ü" ("x ""y")'
    view = 'CREATE VIEW "v ""x" AS SELECT * FROM "a ""b"" ü"'
    db = opened(table.format("int"), index, view, 'INSERT INTO "a ""b"" ü" VALUES (1)')
    assert rebuilds(migrate(db, table.format("text"), index, view)) == ['a "b" ü']
    assert rows(db, 'SELECT * FROM "v ""x"') == [("1",)]
