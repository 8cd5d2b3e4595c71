"""Rows that Django migrations leave in a new database become a file of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.project import Project
from tests.fixtures.rows import MODELS, with_shop
from tests.fixtures.terminal import type_answers

MORE = """
from django.db import migrations


def add(apps, schema_editor):
    Kind = apps.get_model("shop", "Kind")
    Kind.objects.create(name="later")
    Kind.objects.filter(name="root").update(name="renamed")


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [migrations.RunPython(add)]
"""
MANY = """
from django.db import migrations


def add(apps, schema_editor):
    Kind = apps.get_model("shop", "Kind")
    Kind.objects.bulk_create(Kind(name=str(number)) for number in range(1201))


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [migrations.RunPython(add)]
"""
FAILS = """
from django.db import migrations


def ask(apps, schema_editor):
    raise ConnectionError("no network here")


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [migrations.RunPython(ask)]
"""
IN_A_THREAD = """
from concurrent.futures import ThreadPoolExecutor
from django.db import connection, connections, migrations


def leak():
    for opened in (connection, connections.create_connection("default")):
        with opened.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS leaked (id integer)")
        opened.close()


def work(apps, schema_editor):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(leak).result()


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0002_fill")]
    operations = [migrations.RunPython(work)]
"""


def test_the_rows_become_a_file_of_their_own(shop: Project) -> None:
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    first, rows = shop.files
    assert first.name.endswith("_initial.sql")
    assert rows.name.endswith("_initial_rows.sql")
    text = rows.read_text()
    assert 'INSERT INTO "shop_kind"' in text
    assert text.index('"shop_kind"') < text.index('"shop_setting"')
    assert "S3CR3T" in text
    assert "may hold secrets: shop_setting.api_token." in text
    assert "shop_setting.made" in text.partition("time of this run:")[2]
    assert "S3CR3T" not in ran.out + ran.err
    assert "this migration prints" not in ran.out
    assert shop.manage("schemadiff", "--check", "--rows").code == 0


def rows_of(shop: Project) -> str:
    """Return the rows that the shop's models have in the project's database, as printed."""
    code = (
        "import shop.models as m;"
        "print([*m.Kind.objects.order_by('pk').values_list('pk', 'name', 'parent_id'),"
        " *m.Setting.objects.values_list('pk', 'api_token', 'kind_id', 'note', 'amount',"
        " 'is_on', 'data', 'raw')])"
    )
    ran = shop.manage("shell", "-c", code)
    assert ran.code == 0, ran.err
    return ran.out.strip().splitlines()[-1]


def test_a_database_from_files_has_the_rows_that_migrate_leaves(
    shop: Project, make_database: Callable[[str], None]
) -> None:
    make_database("migrated")
    assert shop.manage("migrate", "--no-input").code == 0
    wanted = rows_of(shop)
    assert "S3CR3T" in wanted
    make_database("from_files")
    assert shop.manage("schemadiff", "--rows").code == 0
    applied = shop.manage("schemaapply")
    assert applied.code == 0, applied.err
    assert rows_of(shop) == wanted
    count_on = "import shop.models as m; print(m.Kind.objects.create(name='new').pk)"
    assert shop.manage("shell", "-c", count_on).out.strip().endswith("4")


@pytest.mark.parametrize("which", ["first", "rows"])
def test_a_migrated_database_is_never_given_the_rows_again(
    which: str, shop: Project, make_database: Callable[[str], None]
) -> None:
    make_database("migrated")
    assert shop.manage("migrate", "--no-input").code == 0
    assert shop.manage("schemadiff", "--rows").code == 0
    first, rows = shop.files
    file = first if which == "first" else rows
    version = file.name.partition("_")[0]
    ran = shop.manage("schemaapply", "--baseline", version)
    assert ran.code == 0, ran.err
    assert rows.name.partition("_")[0] in ran.out
    assert shop.manage("schemastatus", "--check").code == 0


def test_what_comes_later_is_added_alone(shop: Project) -> None:
    assert shop.manage("schemadiff", "--rows").code == 0
    shop.write("shop/migrations/0003_more.py", MORE)
    ran = shop.manage("schemadiff", "--rows", "--app", "shop")
    assert ran.code == 0, ran.err
    text = shop.files[-1].read_text()
    assert "shop_kind: 1 row" in text
    assert "'later'" in text
    assert "'root'" not in text
    assert "Left as earlier files make them: 1 row of shop_kind." in text


def test_many_rows_are_asked_about(shop: Project) -> None:
    shop.write("shop/migrations/0003_many.py", MANY)
    ran = shop.manage("schemadiff", "--rows", "--no-input")
    assert ran.code == 3, ran.out + ran.err
    assert "shop_kind: 1,203 rows" in ran.err
    assert "--rows-of shop_kind=no" in ran.err
    assert not shop.files
    ran = shop.manage("schemadiff", "--rows", "--rows-of", "shop_kind=yes")
    assert ran.code == 0, ran.err
    assert "shop_kind: 1,203 rows" in shop.files[-1].read_text()


def test_a_table_is_left_out_on_request(shop: Project) -> None:
    ran = shop.manage("schemadiff", "--rows", "--rows-of", "shop_setting=no")
    assert ran.code == 0, ran.err
    assert "left out: shop_setting: 1" in ran.out
    text = shop.files[-1].read_text()
    assert "Left out on request: 1 row of shop_setting." in text
    assert "S3CR3T" not in text


@pytest.mark.parametrize(
    ("answer", "named"),
    [("shop_setting=perhaps", "neither"), ("shop_nothing=no", "shop_kind")],
)
def test_an_answer_about_nothing(answer: str, named: str, shop: Project) -> None:
    ran = shop.manage("schemadiff", "--rows", "--rows-of", answer)
    assert ran.code == 2, ran.out
    assert named in ran.err
    assert not shop.files


def test_a_migration_that_fails_is_named_with_its_line(shop: Project) -> None:
    shop.write("shop/migrations/0003_fails.py", FAILS)
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 2, ran.out
    assert "The Django migration shop.0003_fails failed" in ran.err
    assert "ConnectionError: no network here" in ran.err
    assert "0003_fails.py:6" in ran.err
    assert not shop.files


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO shop_kind (id, name) VALUES (90, 'SECR3T'), (91, 'SECR3T')",
        "INSERT INTO shop_kind (id) SELECT CAST('SECR3T' AS integer) / 0",
        "INSERT INTO shop_kind (id, name, parent_id) VALUES (90, 'SECR3T', 4711)",
    ],
)
def test_a_server_s_reason_is_told_without_values(sql: str, shop: Project) -> None:
    shop.write(
        "shop/migrations/0003_fails.py",
        FAILS.replace("RunPython(ask)", f"RunSQL({sql!r})"),
    )
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 2, ran.out
    assert "on the dev database: " in ran.err
    assert "SECR3T" not in ran.out + ran.err


def test_a_thread_of_a_migration_stays_out_of_the_project_s_database(
    shop: Project, make_database: Callable[[str], None]
) -> None:
    make_database("of_the_project")
    shop.write("shop/migrations/0003_in_a_thread.py", IN_A_THREAD)
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    tables = shop.manage(
        *("shell", "-v0", "-c"),
        "from django.db import connection as c; print(c.introspection.table_names())",
    )
    assert tables.out.strip() == "[]", tables.err


def test_the_first_file_offers_the_rows(shop: Project) -> None:
    ran = shop.manage("schemadiff", "--no-input")
    assert ran.code == 3
    assert "--rows" in ran.err


def test_a_terminal_is_asked_before_the_first_file(shop: Project) -> None:
    code, screen = type_answers(shop, ["y\n"])
    assert code == 0, screen
    assert "write the rows" in screen
    assert len(shop.files) == 2


def test_two_questions_about_the_same_list_it_once(shop: Project) -> None:
    code, screen = type_answers(shop, ["n\n", "y\n"])
    assert code == 0, screen
    assert screen.count("No file does this:") == 1
    assert len(shop.files) == 1


def test_the_values_are_not_shown(shop: Project) -> None:
    ran = shop.manage("schemadiff", "--rows", "--dry-run")
    assert ran.code == 0, ran.err
    assert "shop_setting: 1 row" in ran.out
    assert "Add 2 rows to shop_kind." in ran.out
    assert "S3CR3T" not in ran.out + ran.err
    assert "L1NE" not in ran.out + ran.err
    assert not shop.files
    ran = shop.manage("schemadiff", "--rows", "--dry-run", "--format", "json")
    assert {"table": "shop_kind", "rows": 2} in ran.json["rows"]["tables"]
    assert "S3CR3T" not in ran.out + ran.err


def test_a_file_that_is_asked_for_holds_the_values(shop: Project) -> None:
    ran = shop.manage("schemadiff", "--rows", "--dry-run", "--output", "all.sql")

    text = (shop.base / "all.sql").read_text()
    assert ran.code == 0, ran.err
    assert text.index("CREATE TABLE") < text.index("S3CR3T")
    assert "S3CR3T" not in ran.out + ran.err
    assert re.search(r"^Written  all.sql  \(\d+ statements, \d+ rows\)$", ran.out, re.M)
    assert not shop.files


TRIGGER = """
CREATE FUNCTION copy_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shop_kind (name) VALUES (NEW.name || ' copy');
  RETURN NEW;
END $$;
CREATE TRIGGER copies AFTER INSERT ON shop_kind FOR EACH ROW
  WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION copy_kind();
CREATE TRIGGER replicas AFTER INSERT ON shop_kind FOR EACH ROW
  WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION copy_kind();
ALTER TABLE shop_kind ENABLE REPLICA TRIGGER replicas;
"""


def test_triggers_do_not_add_to_the_rows(shop_on_postgres: Project) -> None:
    shop = shop_on_postgres
    shop.write("triggers.sql", TRIGGER)
    extra = shop.base / "settings.py"
    extra.write_text(
        extra.read_text().replace("'DEV'", "'EXTRA': ['triggers.sql'], 'DEV'")
    )
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    text = shop.files[-1].read_text()
    assert 'ALTER TABLE "shop_kind" DISABLE TRIGGER "copies";' in text
    assert 'ALTER TABLE "shop_kind" ENABLE TRIGGER "copies";' in text
    assert "ALTER TABLE shop_kind ENABLE REPLICA TRIGGER replicas;" in text
    assert shop.manage("schemadiff", "--check", "--rows").code == 0


def test_migrations_do_not_run_on_a_server_that_others_use(
    project: Project, on_postgres: Callable[..., Project]
) -> None:
    on_postgres()
    shop = with_shop(project)
    ran = shop.manage("schemadiff", "--rows", "-v", "2")
    assert ran.code == 0, ran.err
    assert "embedded PostgreSQL" in ran.out
    assert "So they run on a server that nobody else uses." in ran.out


def test_a_server_that_is_named_and_shared_is_refused(
    project: Project,
    on_postgres: Callable[..., Project],
    postgres_settings: dict[str, Any],
) -> None:
    on_postgres()
    shop = with_shop(project)
    url = "postgresql://{USER}:{PASSWORD}@localhost:{PORT}/postgres?host={HOST}".format(
        **postgres_settings
    )
    ran = shop.manage("schemadiff", "--rows", "--dev", url)
    assert ran.code == 2, ran.out + ran.err
    assert "--dev embedded" in ran.err
    assert not shop.files


def test_extensions_are_there_before_the_migrations(
    project: Project, on_postgres: Callable[..., Project]
) -> None:
    """Whoever runs the server made them; unless a migration insists on doing so."""
    on_postgres(DEV="embedded", EXTENSIONS=["citext", "hstore"])
    shop = with_shop(project)
    shop.write(
        "shop/migrations/0003_types.py",
        """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [migrations.RunSQL("CREATE EXTENSION hstore; SELECT 'a'::citext;")]
""",
    )
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err


def test_a_refused_statement_names_the_file_of_its_migration(shop: Project) -> None:
    shop.write(
        "shop/migrations/0003_absent.py",
        """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [migrations.RunSQL("SELECT * FROM absent")]
""",
    )
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 2, ran.out
    assert "shop.0003_absent failed" in ran.err
    assert "shop/migrations/0003_absent.py\n" in ran.err


OWN_MIGRATE = """
from django.core.management.commands import migrate


class Command(migrate.Command):
    pass
"""


def test_a_migrate_of_the_project_is_named(shop: Project) -> None:
    """It may do more than migrations, and nothing else says why one fails here."""
    shop.write("shop/management/__init__.py", "")
    shop.write("shop/management/commands/__init__.py", "")
    shop.write("shop/management/commands/migrate.py", OWN_MIGRATE)
    ran = shop.manage("schemadiff", "--rows", "--dry-run")
    assert ran.code == 0, ran.err
    assert "shop has a command `migrate` of its own" in ran.err
    shop.write("shop/migrations/0003_fails.py", FAILS)
    ran = shop.manage("schemadiff", "--rows", "--dry-run")
    assert ran.code == 2, ran.out
    assert "The command `migrate` of shop may do something before" in ran.err
    assert "fails alike" not in ran.err


NO_ROWS = """
from django.db import migrations


def mend(apps, schema_editor):
    apps.get_model("shop", "Kind").objects.filter(name="wrong").update(name="right")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(mend)]
"""


@pytest.fixture
def shop_on_sqlite(project: Project) -> Project:
    return with_shop(project)


def test_a_baseline_leaves_the_rows_of_later_migrations_pending(
    shop_on_sqlite: Project,
) -> None:
    """The database is behind: it has the rows of the file before, not the later ones."""
    shop = shop_on_sqlite
    assert shop.manage("migrate", "--no-input").code == 0
    first = shop.manage("schemadiff", "--rows")
    assert "A database that migrate made has all of it" in first.out
    shop.write("shop/migrations/0003_more.py", MORE)
    later = shop.manage("schemadiff", "--rows")
    assert later.code == 0, later.err
    assert "A database that migrate made" not in later.out
    text = shop.files[-1].read_text()
    assert "a database that migrate made may lack them" in text
    assert "a database that migrate made has them" not in text

    version = shop.files[0].name.partition("_")[0]
    ran = shop.manage("schemaapply", "--baseline", version)

    assert ran.code == 0, ran.err
    assert "later" in rows_of(shop)


def test_rows_that_were_forgotten_belong_to_the_file_before(
    shop_on_sqlite: Project,
) -> None:
    shop = shop_on_sqlite
    assert shop.manage("migrate", "--no-input").code == 0
    assert shop.manage("schemadiff", "--acknowledge", "all").code == 0
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    assert "A database that migrate made has" in ran.out
    version = shop.files[0].name.partition("_")[0]
    ran = shop.manage("schemaapply", "--baseline", version)
    assert ran.code == 0, ran.err
    assert shop.manage("schemastatus", "--check").code == 0


@pytest.mark.parametrize(
    "migration", [MORE, NO_ROWS.replace("0001_initial", "0002_fill")]
)
def test_rows_without_a_change_of_the_schema_record_their_migrations(
    migration: str, shop_on_sqlite: Project
) -> None:
    shop = shop_on_sqlite
    assert shop.manage("schemadiff", "--rows").code == 0
    shop.write("shop/migrations/0003_more.py", migration)
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    assert "-- django: shop 0003_more" in shop.files[-1].read_text()
    count = len(shop.files)

    again = shop.manage("schemadiff", "--check")

    assert again.code == 0, again.out
    assert shop.manage("schemadiff", "next", "--no-input").code == 0
    assert shop.manage("schemadiff", "--rows").code == 0
    assert len(shop.files) == count


def test_a_file_promises_only_rows_that_follow(shop_on_sqlite: Project) -> None:
    shop = shop_on_sqlite
    shop.write("shop/migrations/0002_fill.py", NO_ROWS)
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    (file,) = shop.files
    text = file.read_text()
    assert "in the file after" not in text
    assert "and left no rows that files lack." in text
    assert "-- django: shop 0002_fill" in text


def test_migrations_that_are_turned_off_leave_no_rows(shop_on_sqlite: Project) -> None:
    """Nothing ran them, so somebody has to say that they are handled."""
    shop = shop_on_sqlite
    settings = shop.base / "settings.py"
    settings.write_text(settings.read_text() + "\nMIGRATION_MODULES = {'shop': None}\n")
    ran = shop.manage("schemadiff", "--rows", "--no-input")
    assert ran.code == 3, ran.out
    assert "MIGRATION_MODULES turns off the migrations of shop" in ran.err
    assert "--acknowledge shop" in ran.err
    assert not shop.files
    ran = shop.manage("schemadiff", "--rows", "--app", "shop")
    assert ran.code == 2, ran.out
    assert "turns off the migrations of shop, so they leave no rows" in ran.err
    ran = shop.manage("schemadiff", "--rows", "--acknowledge", "shop")
    assert ran.code == 0, ran.err
    (file,) = shop.files
    text = file.read_text()
    assert "in the file after" not in text
    assert "NOT DONE by this file" in text


def test_a_refused_row_names_its_table(shop_on_postgres: Project) -> None:
    """A rule that the migrations lack refuses a row of theirs."""
    shop = shop_on_postgres
    shop.write("rule.sql", "ALTER TABLE shop_kind ADD CHECK (name <> 'child');")
    settings = shop.base / "settings.py"
    settings.write_text(
        settings.read_text().replace("'DEV'", "'EXTRA': ['rule.sql'], 'DEV'")
    )
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 2, ran.out
    assert "refused this:\n  Add 2 rows to shop_kind.\n  new row for" in ran.err
    assert "other rows than" not in ran.err
    assert "--rows-of TABLE=no leaves it out" in ran.err
    assert "S3CR3T" not in ran.err
    assert not shop.files


def test_row_security_that_binds_the_owner_is_named(shop_on_postgres: Project) -> None:
    """The role of a dev server is not bound to it, that of a target may be."""
    shop = shop_on_postgres
    shop.write(
        "policies.sql",
        "ALTER TABLE shop_kind ENABLE ROW LEVEL SECURITY;\n"
        "ALTER TABLE shop_kind FORCE ROW LEVEL SECURITY;",
    )
    settings = shop.base / "settings.py"
    settings.write_text(
        settings.read_text().replace("'DEV'", "'EXTRA': ['policies.sql'], 'DEV'")
    )
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    assert (
        "NEEDS A LOOK: row security may refuse the owner's rows: shop_kind" in ran.out
    )
    text = shop.files[-1].read_text()
    assert "-- NEEDS A LOOK: row security binds the owner of shop_kind as well:" in text


TOKENS = """
from django.db import migrations, models


def add(apps, schema_editor):
    apps.get_model("shop", "AccessToken").objects.create(key="T0K3N")


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [
        migrations.CreateModel("AccessToken", [
            ("key", models.CharField(max_length=40, primary_key=True)),
        ]),
        migrations.RunPython(add),
    ]
"""


def test_a_secret_is_known_by_the_name_of_its_table(shop: Project) -> None:
    """As the keys of rest_framework.authtoken are."""
    shop.write(
        "shop/models.py",
        f"{MODELS}\n\nclass AccessToken(models.Model):\n"
        "    key = models.CharField(max_length=40, primary_key=True)\n",
    )
    shop.write("shop/migrations/0003_tokens.py", TOKENS)
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    [secrets] = re.findall(r"may hold secrets: (.*)", shop.files[1].read_text())
    assert secrets == "shop_accesstoken.key, shop_setting.api_token."
