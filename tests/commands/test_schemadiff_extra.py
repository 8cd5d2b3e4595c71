"""``EXTRA``: what SQL files declare besides the models, as ``schemadiff`` sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.project import MODELS, CommandResult, Project

OnPostgres = Callable[..., Project]

# Nothing stands in the order in which it can be made.
VIEWS = """
CREATE VIEW big AS SELECT * FROM totals WHERE sum > 10;
COMMENT ON VIEW big IS 'on another view';
CREATE VIEW totals AS
    SELECT number, sum(total) FROM shop_order
    WHERE number IN ('a', 'b') AND number::text <> 'c' GROUP BY number;
CREATE MATERIALIZED VIEW snapshot AS SELECT * FROM big;
CREATE UNIQUE INDEX snapshot_number ON snapshot (number);
"""
FUNCTIONS = """
CREATE TRIGGER touched BEFORE UPDATE ON shop_order FOR EACH ROW
    WHEN (NEW.number IN ('a', 'b')) EXECUTE FUNCTION touch();
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.total := NEW.total + 1;
    RETURN NEW;
END $$;
CREATE FUNCTION atomic(a integer) RETURNS integer BEGIN ATOMIC SELECT a + 1; END;
CREATE FUNCTION a_sum() RETURNS numeric LANGUAGE sql AS 'SELECT sum(total) FROM shop_order';
CREATE POLICY own ON shop_order USING (number IN ('a', 'b'));
ALTER TABLE shop_order ENABLE ROW LEVEL SECURITY;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE INDEX lower_number ON shop_order (lower(number));
"""
NEEDED = """
from django.db import models


class Mood(models.Field):
    def db_type(self, connection):
        return "mood"


class Order(models.Model):
    number = models.CharField(max_length=20)
    mood = Mood(db_default=models.Func(function="usual"))
    known = models.GeneratedField(
        expression=models.Func("number", function="known"),
        output_field=models.BooleanField(),
        db_persist=True,
    )
"""
MAKING = """
CREATE FUNCTION usual() RETURNS mood LANGUAGE sql AS $$ SELECT 'ok'::mood $$;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE FUNCTION known(t text) RETURNS boolean LANGUAGE sql IMMUTABLE AS
    $$ SELECT t IN ('a', 'b') $$;
"""


MOODY = """
from django.db import models


class Mood(models.Field):
    def db_type(self, connection):
        return "mood"


class Order(models.Model):
    mood = Mood(db_default="{}")
"""


def in_step(project: Project) -> None:
    ran = project.manage("schemadiff", "--check")
    assert ran.code == 0, ran.out + ran.err


def wrote(project: Project, *options: str) -> str:
    """Run ``schemadiff``; return the new file, and see that nothing is left to do."""
    before = len(project.files)
    ran = project.manage("schemadiff", *options)
    assert ran.code == 0, ran.out + ran.err
    assert len(project.files) == before + 1, ran.out
    in_step(project)
    return project.files[-1].read_text()


def refused(ran: CommandResult, *say: str) -> None:
    assert ran.code == 2, ran.out + ran.err
    for words in say:
        assert words in ran.err
    assert "Traceback" not in ran.err


def test_files_in_any_order_are_part_of_the_desired_state(
    on_postgres: OnPostgres,
) -> None:
    project = on_postgres(EXTRA=["sql", "more.sql"])
    project.write("sql/1_views.sql", VIEWS)
    project.write("sql/deep/er/2.sql", FUNCTIONS)
    project.write("sql/notes.txt", "not SQL")
    project.write("more.sql", "CREATE VIEW one AS SELECT 1 AS one;")

    text = wrote(project)

    for name in ("big", "totals", "snapshot", "touch", "a_sum", "touched", "own"):
        assert f"-- managed: {name} (" in text
    assert "-- managed: mood (enum)\n" in text
    assert 'CREATE INDEX "lower_number"' in text
    assert "COMMENT ON VIEW big IS 'on another view'" in text


def test_what_changes_there_is_changed_and_what_is_gone_is_dropped(
    on_postgres: OnPostgres,
) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/views.sql", VIEWS)
    project.write("sql/functions.sql", FUNCTIONS)
    wrote(project)

    project.write("sql/views.sql", VIEWS.replace("> 10", "> 11"))
    project.write("sql/functions.sql", FUNCTIONS.replace("+ 1;\n    RET", "+ 2;\n RET"))
    changed = wrote(project)
    project.write("sql/views.sql", VIEWS.partition("CREATE MATERIALIZED")[0])
    (project.base / "sql/functions.sql").unlink()
    dropped = wrote(project)

    assert "CREATE OR REPLACE VIEW big" in changed
    assert "CREATE OR REPLACE FUNCTION touch" in changed
    assert "DROP VIEW" not in changed
    assert "DROP MATERIALIZED VIEW snapshot;" in dropped
    assert "-- unmanaged: snapshot (materialized view)\n" in dropped
    for name in ("touch", "a_sum", "touched", "own", "mood", "positive", "atomic"):
        assert f"-- unmanaged: {name} (" in dropped
    assert 'DROP INDEX "lower_number"' in dropped
    assert "DROP VIEW" not in dropped


def test_a_column_under_its_views_changes_its_type(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/views.sql", VIEWS)
    wrote(project)
    project.write("shop/models.py", MODELS.replace("max_digits=8", "max_digits=10"))

    statements = [
        line for line in wrote(project).splitlines() if line[:4] in ("DROP", "ALTE")
    ]

    assert statements[:3] == [
        "DROP MATERIALIZED VIEW snapshot;",
        "DROP VIEW big;",
        "DROP VIEW totals;",
    ]
    assert statements[3].startswith('ALTER TABLE "shop_order" ALTER COLUMN "total"')


def test_models_may_need_what_is_declared_there(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["types.sql"])
    project.write("types.sql", MAKING)
    project.write("shop/models.py", NEEDED)

    text = wrote(project)

    assert text.index('CREATE TYPE "mood"') < text.index('CREATE TABLE "shop_order"')
    assert '"mood" mood DEFAULT usual() NOT NULL' in text


def test_it_follows_a_renamed_table(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/functions.sql", FUNCTIONS)
    wrote(project)
    project.write("shop/models.py", MODELS.replace("Order", "Sale"))
    moved = FUNCTIONS.replace("shop_order", "shop_sale")
    project.write("sql/functions.sql", moved.partition("CREATE POLICY")[0])

    text = wrote(project, "--rename", "shop_order=shop_sale")

    assert 'RENAME TO "shop_sale"' in text
    assert "DROP POLICY own ON shop_sale;" in text
    assert "DISABLE ROW LEVEL SECURITY" in text
    assert "TRIGGER touched" not in text
    assert "-- managed: touched (trigger on shop_sale)\n" in text


def test_labels_of_an_enum(project: Project, pg_database: dict[str, Any]) -> None:
    """A new one is used by the same file; one that goes is a loss to be agreed to."""
    project.configure(pg_database, EXTRA=["types.sql"])
    project.write("types.sql", "CREATE TYPE mood AS ENUM ('sad', 'ok');")
    project.write("shop/models.py", MOODY.format("ok"))
    wrote(project)
    project.write("types.sql", "CREATE TYPE mood AS ENUM ('sad', 'ok', 'new');")
    project.write("shop/models.py", MOODY.format("new"))
    used = wrote(project)
    project.write("types.sql", "CREATE TYPE mood AS ENUM ('new', 'ok');")
    asked = project.manage("schemadiff")
    lost = wrote(project, "--allow-data-loss")
    applied = project.manage("schemaapply", "--no-signals")

    assert "-- atlas:txmode none\n" in used
    assert asked.code == 3
    assert "removes 'sad' from the values of type mood" in asked.err
    assert "-- DATA LOSS: removes 'sad'" in lost
    assert "USING" in lost
    assert applied.code == 0, applied.err


def test_what_a_person_wrote_stays(on_postgres: OnPostgres) -> None:
    """Until it is declared in ``EXTRA`` and another file says so."""
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/views.sql", "CREATE VIEW mine AS SELECT 1 AS a;\n")
    project.manage("schemadiff", "--empty", "by hand")
    with project.files[0].open("a") as file:
        file.write("CREATE VIEW theirs AS SELECT 1 AS a;\n")
        file.write("CREATE SCHEMA archive; CREATE TABLE archive.old (a integer);\n")
    project.manage("schemahash")
    assert "-- managed: mine (view)\n" in wrote(project)

    project.write("sql/views.sql", "CREATE VIEW theirs AS SELECT 1 AS a;\n")
    adopted = wrote(project)
    project.write("sql/views.sql", "")
    gone = wrote(project)

    assert "-- managed: theirs (view)\n-- unmanaged: mine (view)\n" in adopted
    assert "CREATE VIEW theirs" not in adopted
    assert "DROP VIEW theirs;" in gone
    assert "archive" not in adopted + gone


def test_tables_of_both_live_in_one_namespace(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.manage("schemadiff", "--empty", "by hand")
    with project.files[0].open("a") as file:
        file.write("CREATE SCHEMA archive; CREATE TABLE archive.theirs (a integer);\n")
    project.manage("schemahash")
    project.write(
        "sql/a.sql",
        "CREATE TABLE archive.mine (a integer); CREATE SCHEMA archive;\n",
    )
    assert "theirs" not in wrote(project)

    project.write("sql/a.sql", "CREATE SCHEMA archive;")
    text = wrote(project, "--allow-data-loss")

    assert 'DROP TABLE "archive"."mine"' in text
    assert "theirs" not in text


def test_what_a_person_wrote_on_it_is_named(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/views.sql", "CREATE VIEW mine AS SELECT 1 AS a;\n")
    wrote(project)
    project.manage("schemadiff", "--empty", "by hand")
    with project.files[1].open("a") as file:
        file.write("CREATE VIEW theirs AS SELECT a FROM mine;\n")
    project.manage("schemahash")
    project.write("sql/views.sql", "")

    refused(
        project.manage("schemadiff"),
        "view theirs needs view mine, which would be dropped",
        "schemadiff --empty",
    )


def test_a_person_may_take_it_over(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/views.sql", "CREATE VIEW mine AS SELECT 1 AS a;\n")
    wrote(project)
    project.write("sql/views.sql", "")
    project.write(
        "migrations/20990101000000_keep.sql", "-- unmanaged: mine (view)\n\nSELECT 1;\n"
    )
    project.manage("schemahash")

    in_step(project)


def test_line_ends_of_a_checkout_are_no_change(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["sql"])
    path = project.write("sql/functions.sql", FUNCTIONS + VIEWS)
    wrote(project)

    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    in_step(project)


def test_a_statement_that_never_succeeds_is_named(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/a.sql", "\nCREATE VIEW v AS SELECT nope FROM shop_order;\n")
    project.write("sql/b.sql", "CREATE VIEW w AS SELECT * FROM v;\n")

    refused(
        project.manage("schemadiff"),
        "sql/a.sql:2:25: column",
        "(42703)",
        "CREATE VIEW v AS SELECT nope FROM shop_order",
        'sql/b.sql:1: relation "v" does not exist',
    )
    assert project.files == []


def test_the_statement_at_fault_goes_first(on_postgres: OnPostgres) -> None:
    """Before those that only miss what it would have made."""
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/a.sql", "CREATE VIEW w AS SELECT * FROM v;\n")
    project.write("sql/b.sql", "CREATE VIEW v AS SELEKT 1;\n")

    ran = project.manage("schemadiff")

    refused(ran, "sql/b.sql:1", "syntax error", "Also refused:")
    assert ran.err.index("sql/b.sql:1") < ran.err.index("sql/a.sql:1")


def test_models_that_wait_for_a_statement_that_waits_for_them(
    on_postgres: OnPostgres,
) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write("shop/models.py", NEEDED)
    project.write(
        "sql/a.sql",
        MAKING.replace("'ok'::mood", "mood FROM shop_order LIMIT 1"),
    )

    refused(
        project.manage("schemadiff"),
        "shop.Order.mood: ",
        "function usual() does not exist",
        'sql/a.sql:2: relation "shop_order" does not exist',
    )


@pytest.mark.parametrize(
    ("name", "text", "say"),
    [
        ("sql/a.sql", "BEGIN;\nSELECT 1;\nCOMMIT;", ["sql/a.sql:1: BEGIN", "Remove"]),
        ("sql/a.sql", "SELECT 'a", ["sql/a.sql:1"]),
        ("else/a.sql", "", ["EXTRA: ", "/sql does not exist", "BASE_DIR"]),
        (
            "sql/a.sql",
            "CREATE EXTENSION IF NOT EXISTS not_there;",
            ["sql/a.sql:1", "not_there", "--dev"],
        ),
        (
            "sql/a.sql",
            "CREATE VIEW v AS SELECT ''::hstore AS a;",
            ["sql/a.sql:1", "extension hstore"],
        ),
    ],
    ids=["transaction", "no SQL", "no file", "extension", "type"],
)
def test_what_cannot_be_read_is_named(
    on_postgres: OnPostgres, name: str, text: str, say: list[str]
) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write(name, text)

    refused(project.manage("schemadiff"), *say)
    assert project.files == []


@pytest.mark.parametrize("privileges", ["ignore", "compare"])
def test_grants_are_planned_or_said_to_be_ignored(
    on_postgres: OnPostgres, privileges: str
) -> None:
    project = on_postgres(EXTRA=["sql"], PRIVILEGES=privileges)
    grant = "GRANT SELECT ON shop_order TO nobody_here"
    project.write("sql/a.sql", f"SELECT 1;\n{grant};\n")

    ran = project.manage("schemadiff")

    assert ran.code == 0, ran.err
    is_planned = "GRANT SELECT ON TABLE" in project.files[0].read_text()
    is_told = ran.err.count("sql/a.sql:2: No plan has this, since owners and") == 1
    assert (is_planned, is_told) == (
        (True, False) if privileges == "compare" else (False, True)
    )


def test_the_migration_directory_is_no_extra(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["."])
    project.manage("schemadiff", "--empty", "first")

    refused(project.manage("schemadiff"), "is a file of the migration directory")


def test_a_partition_that_is_gone_is_a_loss(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["sql"])
    whole = "CREATE TABLE logs (at date) PARTITION BY RANGE (at);\n"
    one = (
        "CREATE TABLE logs_1 PARTITION OF logs"
        " FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');\n"
    )
    project.manage("schemadiff", "--empty", "by hand")
    with project.files[0].open("a") as file:
        file.write(f"CREATE SCHEMA a; SET search_path = a; {whole}")
        file.write("SET search_path = public;")
    project.manage("schemahash")
    project.write(
        "sql/a.sql", f"CREATE SCHEMA a;{whole}{one}".replace("logs", "a.logs")
    )
    wrote(project)

    project.write("sql/a.sql", f"CREATE SCHEMA a;{whole}".replace("logs", "a.logs"))
    asked = project.manage("schemadiff")

    assert asked.code == 3
    assert "drops partition logs_1 with all its rows" in asked.err


PARTITIONS = """
CREATE TABLE logs (at date, kind int) PARTITION BY RANGE (at);
CREATE TABLE logs_default PARTITION OF logs DEFAULT;
CREATE TABLE logs_1 PARTITION OF logs
    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (kind);
CREATE TABLE logs_1_few PARTITION OF logs_1 FOR VALUES IN (1, 2);
COMMENT ON TABLE logs_1_few IS 'a few';
CREATE INDEX few ON logs_1_few (kind);
CREATE VIEW only_few AS SELECT at FROM logs_1_few;
"""


def test_a_partition_under_another_name_keeps_its_rows(
    on_postgres: OnPostgres,
) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/a.sql", PARTITIONS)
    wrote(project)
    renamed = PARTITIONS.replace("logs_1", "logs_2026").replace("_default", "_others")
    project.write("sql/a.sql", renamed)

    text = wrote(project)

    assert text.count("RENAME TO") == 3
    for old, new in (
        *(("logs_default", "logs_others"), ("logs_1", "logs_2026")),
        ("logs_1_few", "logs_2026_few"),
    ):
        assert f'ALTER TABLE "{old}" RENAME TO "{new}";' in text
        assert f"-- Renamed: {old} to {new}.\n" in text
    assert "DATA LOSS" not in text
    assert "DROP" not in text

    shorter = renamed.replace("logs_2026 ", "logs_old ").replace("2026-01", "2025-01")
    project.write("sql/a.sql", shorter)

    text = wrote(project, "--rename", "logs_2026=logs_old", "--no-input")

    assert 'ALTER TABLE "logs_2026" RENAME TO "logs_old";' in text
    assert "ATTACH PARTITION logs_old FOR VALUES FROM ('2025-01-01')" in text
    assert "DATA LOSS" not in text


def test_a_column_under_a_view_is_renamed(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/views.sql", VIEWS)
    wrote(project)
    project.write("shop/models.py", MODELS.replace("total =", "amount ="))
    project.write("sql/views.sql", VIEWS.replace("(total)", "(amount)"))

    text = wrote(project, "--rename", "shop_order.total=amount")

    assert 'RENAME COLUMN "total" TO "amount"' in text
    assert "VIEW" not in text


def test_a_function_that_names_what_is_renamed_is_named(
    on_postgres: OnPostgres,
) -> None:
    """Its text is no dependency to the server."""
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/a.sql", FUNCTIONS)
    wrote(project)
    project.write("shop/models.py", MODELS.replace("total =", "amount ="))
    project.write("sql/a.sql", FUNCTIONS.replace("sum(total) FROM", "sum(amount) FROM"))

    text = wrote(project, "--rename", "shop_order.total=amount")

    assert (
        "-- NEEDS A LOOK: function touch names column shop_order.total, which is renamed"
    ) in text
    assert "function a_sum names" not in text


def test_one_app_alone_leaves_views_of_others(on_postgres: OnPostgres) -> None:
    project = on_postgres(EXTRA=["sql"])
    project.write("sql/views.sql", VIEWS)

    ran = project.manage("schemadiff", "--app", "contenttypes")
    text = project.files[0].read_text()

    assert ran.code == 0, ran.err
    assert "VIEW" not in text
    assert "managed" not in text


SQLITE = """
CREATE TRIGGER counted AFTER INSERT ON shop_order BEGIN
    UPDATE shop_order SET total = 1 WHERE id = NEW.id;
END;
CREATE VIEW big AS SELECT * FROM totals WHERE total > 10;
CREATE VIEW totals AS SELECT number, total FROM shop_order;
"""


def test_views_and_triggers_on_sqlite(project: Project) -> None:
    with (project.base / "settings.py").open("a") as file:
        file.write("SCHEMA_MIGRATIONS['default']['EXTRA'] = ['sql']\n")
    project.write("sql/a.sql", SQLITE)
    made = wrote(project)
    project.write("sql/a.sql", SQLITE.replace("> 10", "> 11").replace("= 1", "= 2"))
    project.write("shop/models.py", MODELS.replace("max_length=20", "max_length=30"))
    changed = wrote(project)
    project.write("sql/a.sql", "")
    dropped = wrote(project)

    assert "-- managed: counted (trigger)\n" in made
    assert "CREATE VIEW big" in changed
    assert "CREATE TRIGGER counted" in changed
    for drop in ('DROP VIEW "big"', 'DROP VIEW "totals"', 'DROP TRIGGER "counted"'):
        assert drop in dropped


def test_a_column_under_a_view_is_renamed_on_sqlite(project: Project) -> None:
    with (project.base / "settings.py").open("a") as file:
        file.write("SCHEMA_MIGRATIONS['default']['EXTRA'] = ['sql']\n")
    project.write("sql/a.sql", SQLITE)
    wrote(project)
    project.write("shop/models.py", MODELS.replace("total =", "amount ="))
    project.write(
        "sql/a.sql",
        SQLITE.replace("SET total", "SET amount")
        .replace("number, total FROM", "number, amount FROM")
        .replace("total >", "amount >"),
    )

    text = wrote(project, "--rename", "shop_order.total=amount")

    assert 'RENAME COLUMN "total" TO "amount"' in text


def test_what_a_person_wrote_on_a_view_on_sqlite(project: Project) -> None:
    """A trigger stays when its view changes, and keeps it from being dropped."""
    with (project.base / "settings.py").open("a") as file:
        file.write("SCHEMA_MIGRATIONS['default']['EXTRA'] = ['sql']\n")
    view = "CREATE VIEW totals AS SELECT id, total FROM shop_order;"
    project.write("sql/a.sql", view)
    wrote(project)
    project.manage("schemadiff", "--empty", "by hand")
    with project.files[1].open("a") as file:
        file.write(
            "CREATE TRIGGER theirs INSTEAD OF DELETE ON totals BEGIN"
            " DELETE FROM shop_order WHERE id = OLD.id; END;\n"
        )
    project.manage("schemahash")
    project.write("sql/a.sql", view.replace("id, total", "id, total, 1 AS one"))
    changed = wrote(project)
    project.write("shop/models.py", MODELS.replace("total =", "amount ="))
    project.write("sql/a.sql", view.replace("id, total", "id, amount"))
    renamed = wrote(project, "--rename", "shop_order.total=amount")
    project.write("sql/a.sql", "")

    assert "CREATE TRIGGER theirs" in changed
    assert "CREATE TRIGGER theirs" in renamed
    refused(project.manage("schemadiff"), "trigger theirs needs view totals")


def test_a_broken_view_on_sqlite_is_named(project: Project) -> None:
    with (project.base / "settings.py").open("a") as file:
        file.write("SCHEMA_MIGRATIONS['default']['EXTRA'] = ['sql']\n")
    project.write("sql/a.sql", "CREATE VIEW v AS SELECT nope FROM shop_order;\n")

    refused(project.manage("schemadiff"), "view v", "no such column: nope")


DROPPED_FIRST = """
DROP SCHEMA IF EXISTS "Tools", more CASCADE;
CREATE SCHEMA "Tools";
CREATE FUNCTION "Tools".one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE SCHEMA IF NOT EXISTS more;
CREATE VIEW more.ones AS SELECT "Tools".one();
"""
USED_AND_DROPPED = """
CREATE SCHEMA aside;
CREATE FUNCTION aside.two() RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE TABLE twos AS SELECT aside.two();
DROP SCHEMA aside CASCADE;
CREATE SCHEMA kept;
"""


@pytest.mark.parametrize(
    ("sql", "made"),
    [
        (DROPPED_FIRST, ['"Tools".one', "more.ones"]),
        (USED_AND_DROPPED, ['"twos"', "kept"]),
    ],
    ids=["dropped first", "dropped last"],
)
def test_schemas_are_dropped_and_created_in_the_order_of_the_file(
    on_postgres: OnPostgres, sql: str, made: list[str]
) -> None:
    project = on_postgres(EXTRA=["tools.sql"])
    project.write("tools.sql", sql)

    text = wrote(project)

    for name in made:
        assert name in text
    assert "aside" not in text


OF_OTHERS = """
CREATE FUNCTION jobs_code() RETURNS text LANGUAGE sql AS $$ SELECT 'a' $$;
CREATE FUNCTION jobs_is_code(code text) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT code > '' $$;
CREATE TYPE jobs_mood AS ENUM ('sad', 'ok');
CREATE SEQUENCE jobs_number;
CREATE COLLATION jobs_order (provider = icu, locale = 'de');
"""
USERS = {
    "a default": (
        "    code = models.TextField(db_default=models.Func(function='jobs_code'))",
        "column shop_order.code needs jobs_code (function())",
    ),
    "a generated column": (
        "    known = models.GeneratedField(db_persist=True,\n"
        "        expression=models.Func('number', function='jobs_is_code'),\n"
        "        output_field=models.BooleanField())",
        "column shop_order.known needs jobs_is_code (function(text))",
    ),
    "a type": (
        "    mood = Mood(null=True)",
        "column shop_order.mood needs jobs_mood (enum)",
    ),
    "a collation": (
        "    name = models.TextField(null=True, db_collation='jobs_order')",
        "column shop_order.name needs jobs_order (collation)",
    ),
    "a sequence": (
        "    count = models.IntegerField(\n"
        "        db_default=models.Func(models.Value('jobs_number'), function='nextval'))",
        "column shop_order.count needs jobs_number (sequence)",
    ),
    "a check": (
        "\n    class Meta:\n        constraints = [models.CheckConstraint(\n"
        "            condition=models.Func('number', function='jobs_is_code',\n"
        "                output_field=models.BooleanField()), name='known')]",
        "constraint shop_order.known needs jobs_is_code (function(text))",
    ),
    "an index": (
        "\n    class Meta:\n        indexes = [models.Index(\n"
        "            models.Func('number', function='jobs_is_code'), name='known')]",
        "index known needs jobs_is_code (function(text))",
    ),
}


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("begun", [False, True], ids=["new table", "old table"])
def test_what_needs_an_ignored_object_that_no_file_makes_is_named(
    on_postgres: OnPostgres, user: str, begun: bool
) -> None:
    body, say = USERS[user]
    project = on_postgres(EXTRA=["jobs.sql"], IGNORE=["jobs_*"])
    project.write("jobs.sql", OF_OTHERS)
    if begun:
        wrote(project)
    mood = MOODY[: MOODY.index("class Order")].replace('"mood"', '"jobs_mood"')
    order = MODELS[MODELS.index("class Order") :]
    project.write("shop/models.py", f"{mood}{order}\n{body}\n")

    ran = project.manage("schemadiff", "--no-input")

    refused(ran, f"{say}. IGNORE names that", "in a file by hand, before the others")
    project.write("migrations/20200101000000_by_hand.sql", OF_OTHERS)
    assert project.manage("schemahash").code == 0
    assert "jobs_" in wrote(project)
