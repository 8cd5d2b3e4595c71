"""``migrate`` of ``schema_migrations.takeover``: the files where they rule, else Django."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from schema_migrations.history.directory import rehash
from tests.fixtures.project import INTERRUPTED, MODELS, Project
from tests.takeover.conftest import EACH_ENGINE, Opted, run

PART = ["contenttypes", "auth", "shop"]
"""``APPS`` that leaves ``blog`` and ``sites`` to Django."""

LOOK = """
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
print(sorted(ContentType.objects.values_list("app_label", "model")))
print(Permission.objects.count(), sorted(Permission.objects.values_list("name", flat=True)))
print(Site.objects.get_current().domain)
print(executor.migration_plan(executor.loader.graph.leaf_nodes()))
"""

BY_DJANGO = """
from settings import *
INSTALLED_APPS.remove("schema_migrations.takeover")
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {name!r}}}}}
"""

BLOG_ALONE = """
from django.db import models


class Post(models.Model):
    title = models.CharField(max_length=20)
"""

FIRST_SHOP = """
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = {needs}
    operations = [migrations.CreateModel("Order", [])]
"""

AFTER_AUTH = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("auth", "0001_initial")]
"""


def codes(project: Project, *commands: str) -> list[int]:
    return [ran.code for ran in run(project, *commands)]


@EACH_ENGINE
def test_migrate_applies_the_files_and_django_sees_nothing_left(opted: Opted) -> None:
    project = opted()
    (made,) = run(project, "schemadiff initial")
    assert made.code == 0, made.err
    before, plan, applied, after, again, drift = run(
        project,
        "migrate --check",
        "migrate --plan",
        "migrate --noinput",
        "migrate --check",
        "migrate",
        "schemadiff --check",
    )
    assert before.code == 1
    assert before.out.splitlines()[1] == "Pending  1 file; no history yet"
    assert plan.code == 0
    assert project.files[0].name in plan.out
    assert applied.code == 0, applied.err
    assert applied.out.splitlines()[-1].startswith("Next     nothing")
    assert (after.code, after.out.splitlines()[-1]) == (0, "Nothing to do.")
    assert again.out.splitlines()[-1].startswith("Nothing to do; ")
    assert drift.code == 0
    # runserver counts what this plan holds as unapplied.
    assert project.manage("shell", "-v0", "-c", LOOK).out.endswith("[]\n")


@pytest.mark.parametrize("command", ["migrate", "schemaapply", "schemaapply --url"])
def test_the_signals_write_the_same_as_django(
    opted: Opted, tmp_path: Path, command: str
) -> None:
    project = opted()
    name, target = str(tmp_path / "by_django"), tmp_path / "target"
    project.write("by_django.py", BY_DJANGO.format(name=name))
    url = f" sqlite:///{target}" if "--url" in command else ""
    for ran in (
        *run(
            project,
            "makemigrations shop blog",
            "migrate",
            DJANGO_SETTINGS_MODULE="by_django",
        ),
        *run(project, "schemadiff initial", f"{command}{url}"),
    ):
        assert ran.code == 0, ran.err
    if url:
        more = f'DATABASES["default"]["NAME"] = {str(target)!r}\n'
        settings = project.base / "settings.py"
        settings.write_text(settings.read_text() + more)
    by_django = project.manage(
        "shell", "-v0", "-c", LOOK, DJANGO_SETTINGS_MODULE="by_django"
    )
    by_files = project.manage("shell", "-v0", "-c", LOOK)
    assert by_files.out == by_django.out
    assert "('blog', 'post')" in by_files.out
    assert by_files.out.endswith("\nexample.com\n[]\n")


@EACH_ENGINE
def test_apps_left_to_django_are_migrated_after_the_files(opted: Opted) -> None:
    project = opted(APPS=PART)
    first, all_, blog = run(
        project, "schemadiff initial", "makemigrations", "makemigrations blog"
    )
    assert (first.code, all_.code, blog.code) == (0, 0, 0)
    assert "Skipped, since SQL files make their tables: auth, " in all_.err
    assert not list(project.base.glob("shop/migrations"))
    one, before, plan, ran, after = run(
        project,
        "migrate sites",
        "migrate --check",
        "migrate --plan",
        "migrate --run-syncdb",
        "migrate --check",
    )
    assert one.code == 2
    assert "Apply them first: python manage.py migrate" in one.err
    assert before.code == 1
    assert "  blog.0001_initial" in plan.out
    assert "auth.0001_initial" not in plan.out
    assert ran.code == 0, ran.err
    assert "Left to Django  blog, sites" in ran.out
    assert "Applying blog.0001_initial... OK" in ran.out
    assert "Applying auth" not in ran.out
    assert after.code == 0
    assert codes(
        project,
        "migrate blog zero",
        "migrate --check",
        "migrate blog 0001",
        "migrate --check",
    ) == [0, 1, 0, 0]
    assert "\nexample.com\n[]\n" in project.manage("shell", "-v0", "-c", LOOK).out


ROWS = """
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
print(sorted({app for app, _ in MigrationRecorder(connection).applied_migrations()}))
"""


def rows_of(project: Project) -> str:
    """Return the apps that ``django_migrations`` names."""
    return project.manage("shell", "-v0", "-c", ROWS).out.strip()


@pytest.mark.parametrize("command", ["schemaapply", "schemaapply --no-signals"])
def test_after_any_run_django_alone_has_nothing_to_do(
    opted: Opted, tmp_path: Path, command: str
) -> None:
    """A row that were missing would let it create the tables again."""
    project = opted()
    project.write("shop/migrations/__init__.py", "")
    project.write("shop/migrations/0001_initial.py", FIRST_SHOP.format(needs=[]))
    text = BY_DJANGO.format(name=str(tmp_path / "db"))
    project.write("by_django.py", text)
    assert codes(project, "schemadiff initial", command) == [0, 0]

    (back,) = run(project, "migrate", DJANGO_SETTINGS_MODULE="by_django")

    assert back.code == 0, back.err
    assert "No migrations to apply." in back.out


def test_a_database_that_is_marked_is_known_to_django(
    opted: Opted, tmp_path: Path
) -> None:
    project = opted()
    project.write("shop/migrations/__init__.py", "")
    project.write("shop/migrations/0001_initial.py", FIRST_SHOP.format(needs=[]))
    assert codes(project, "schemadiff initial", "schemaapply") == [0, 0]
    with closing(sqlite3.connect(tmp_path / "db")) as database, database:
        database.execute("DELETE FROM django_migrations")
    version = project.files[-1].name.partition("_")[0]

    assert codes(project, "schemaset zero --no-input") == [0]
    assert rows_of(project) == "[]"
    assert codes(project, f"schemaset {version}") == [0]
    assert "'shop'" in rows_of(project)


@pytest.mark.parametrize(
    "command", ["migrate", "schemaapply", "schemaapply --no-signals"]
)
def test_nothing_runs_if_django_could_not_be_told(opted: Opted, command: str) -> None:
    project = opted()
    assert codes(project, "schemadiff initial") == [0]
    project.write("shop/migrations/__init__.py", "")
    broken = project.write("shop/migrations/0001_initial.py", "import not_installed")

    (ran,) = run(project, command)
    broken.unlink()
    (status,) = run(project, "schemastatus --check")

    assert ran.code == 2
    assert f"  shop: {broken}:1: ModuleNotFoundError: No module named" in ran.err
    assert "showmigrations" in ran.err
    assert status.code == 1
    assert "0 files applied, 1 pending" in status.out


def test_a_module_of_that_name_leaves_nothing_to_django(opted: Opted) -> None:
    """``migrations.py`` is no package: Django has nothing to migrate there."""
    project = opted(
        APPS=["auth", "contenttypes", "shop", "blog", "sites"],
        more='INSTALLED_APPS += ["tool"]\n',
    )
    project.write("tool/__init__.py", "")
    project.write("tool/migrations.py", "class Operation: ...\n")
    assert codes(project, "schemadiff initial", "schemaapply") == [0, 0]
    assert rows_of(project) == "['auth', 'contenttypes', 'sites']"


def test_what_depends_on_an_app_left_to_django_waits_for_migrate(opted: Opted) -> None:
    """And is named; Django refuses a row without those that it depends on."""
    project = opted(APPS=["auth", "contenttypes", "shop"])
    project.write("shop/migrations/__init__.py", "")
    needs = [("sites", "__first__"), ("auth", "0001_initial")]
    project.write("shop/migrations/0001_initial.py", FIRST_SHOP.format(needs=needs))
    apply = "schemaapply --no-signals"
    first, applied = run(project, "schemadiff initial", apply)
    assert (first.code, applied.code) == (0, 0), applied.err
    assert rows_of(project) == "['auth', 'contenttypes']"
    assert "does not list all migrations of shop yet" in applied.err

    ran, again = run(project, "migrate", apply)

    assert ran.code == 0, ran.err
    assert "does not list" not in ran.err + again.err
    assert rows_of(project) == "['auth', 'contenttypes', 'shop', 'sites']"


def test_an_older_release_writes_nothing_into_a_newer_database(opted: Opted) -> None:
    project = opted(APPS=PART)
    more = "schemadiff --empty newer"
    assert codes(project, "schemadiff initial", more, "migrate") == [0, 0, 0]
    project.files[-1].unlink()
    project.write("shop/models.py", f"{MODELS}\n\nclass Old(models.Model):\n    pass\n")
    hashed, ran = run(project, "schemahash", "migrate")
    assert (hashed.code, ran.code) == (0, 0), ran.err
    assert "ahead of the directory" in ran.err
    look = project.manage("shell", "-v0", "-c", LOOK).out
    assert "('shop', 'order')" in look
    assert "('shop', 'old')" not in look


def test_what_django_would_do_to_an_app_of_the_files_is_refused(opted: Opted) -> None:
    project = opted(APPS=["blog", "shop"])
    project.write("shop/models.py", "")
    project.write("blog/models.py", BLOG_ALONE)
    project.write("blog/migrations/0001_initial.py", AFTER_AUTH)
    assert codes(project, "schemadiff initial", "migrate") == [0, 0]
    refused, check = run(project, "migrate auth zero", "migrate --check")
    assert refused.code == 2
    assert "Django migrations of blog" in refused.err
    assert check.code == 0


def test_what_has_no_meaning_is_refused_with_a_way_out(opted: Opted) -> None:
    project = opted()
    expected = {
        "auth": "The tables of auth are made by the SQL files",
        "auth zero": "schemaapply --to VERSION",
        "--fake": "schemaset VERSION",
        "--prune": "only when an app is specified",
    }
    assert codes(project, "schemadiff initial") == [0]
    for ran, said in zip(
        run(project, *(f"migrate {each}" for each in expected)),
        expected.values(),
        strict=True,
    ):
        assert ran.code == 2
        assert said in ran.err
    assert codes(project, "migrate --check") == [1]


def test_a_url_in_the_environment_is_not_for_migrate(
    opted: Opted, tmp_path: Path
) -> None:
    """A test database is made by ``migrate``: it must not reach a database in use."""
    project = opted()
    other = tmp_path / "in_use"
    url = f"sqlite:///{other}"
    first, applied = run(
        project, "schemadiff initial", "migrate", SCHEMA_MIGRATIONS_URL=url
    )
    assert (first.code, applied.code) == (0, 0)
    assert not other.exists()
    assert codes(project, "migrate --check") == [0]


def test_an_alias_that_is_not_managed_is_djangos(opted: Opted, tmp_path: Path) -> None:
    other: dict[str, Any] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "other"),
    }
    project = opted(more=f'DATABASES["other"] = {other!r}\n')
    _, before, ran, after, default = run(
        project,
        "schemadiff initial",
        "migrate --database other --check",
        "migrate --database other",
        "migrate --database other --check",
        "migrate --check",
    )
    assert (before.code, after.code, default.code) == (1, 0, 1)
    assert "Applying auth.0001_initial... OK" in ran.out


def test_edited_files_stop_migrate_with_the_exit_code_of_schemaapply(
    opted: Opted,
) -> None:
    project = opted()
    assert codes(project, "schemadiff initial") == [0]
    project.files[0].write_text(project.files[0].read_text() + "-- more\n")
    for ran in run(project, "migrate", "migrate --check"):
        assert ran.code == 4
        assert "was edited" in ran.err


def test_another_migrate_that_comes_first_is_named(opted: Opted) -> None:
    project = opted(more='INSTALLED_APPS.insert(0, "tenants")\n')
    project.write("tenants/__init__.py", "")
    command = "from django.core.management.commands.migrate import Command\n"
    project.write("tenants/management/commands/migrate.py", command)
    (check,) = run(project, "check")
    assert "schema_migrations.W003" in check.err
    assert "migrate comes from tenants" in check.err
    assert "makemigrations" not in check.err


def test_the_app_asks_for_the_one_it_belongs_to(opted: Opted) -> None:
    project = opted(more='INSTALLED_APPS.remove("schema_migrations")\n')
    ran = project.manage("check")
    assert "needs schema_migrations in INSTALLED_APPS" in ran.err


@pytest.mark.slow("processes")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGTERM, 143, "Terminated."), (signal.SIGINT, 130, "Interrupted.")],
)
def test_an_interruption_tells_what_is_left_and_how_to_go_on(
    opted: Opted,
    pg_database: dict[str, Any],
    number: signal.Signals,
    code: int,
    said: str,
) -> None:
    project = opted()
    project.write("migrations/1_sleep.sql", "SELECT pg_sleep(600);\n")
    rehash(project.migrations)
    options = ["--no-input", "--database", "default"]
    with subprocess.Popen(
        [sys.executable, "-m", "django", "migrate", *options],
        cwd=project.base,
        env=project.make_environment(**INTERRUPTED),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for_sleep(pg_database)
        process.send_signal(number)
        _, err = process.communicate()
    assert process.returncode == code
    assert err.splitlines() == [
        said,
        "Undone   1_sleep.sql: rolled back",
        f"Next     python manage.py migrate {' '.join(options)}",
    ]


def wait_for_sleep(database: dict[str, Any]) -> None:
    with psycopg.connect(
        host=database["HOST"],
        port=database["PORT"],
        user=database["USER"],
        dbname=database["NAME"],
        autocommit=True,
    ) as connection:
        query = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        for _ in range(600):
            if connection.execute(query).fetchone():
                return
            time.sleep(0.1)
    pytest.fail("no statement came to sleep")
