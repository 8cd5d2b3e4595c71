"""Test databases made from the files, by Django's test runner and by pytest-django."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from schema_migrations.history.directory import rehash
from tests.fixtures.postgresql import connect_as_administrator
from tests.fixtures.project import CommandResult, Project
from tests.takeover.conftest import EACH_ENGINE, Opted, run

SEED = """
CREATE VIEW shop_totals AS SELECT sum(total) AS total FROM shop_order;

INSERT INTO shop_order (number, total) VALUES ('first', 5);
"""

TESTS = """
from django.contrib.auth.models import Permission
from django.contrib.sites.models import Site
from django.db import connection
from django.test import TestCase, TransactionTestCase

from shop.models import Order


class Tables(TestCase):
    def test_what_only_the_files_make_is_there(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT total FROM shop_totals")
            assert cursor.fetchone() == (5,)

    def test_what_the_signals_make_is_there(self):
        assert Site.objects.get_current().domain == "example.com"
        assert Permission.objects.filter(codename="add_post").exists()


class First(TransactionTestCase):
    serialized_rollback = True

    def test_rows_of_the_files_are_there(self):
        assert Order.objects.get().number == "first"
        Order.objects.all().delete()


class Second(First):
    pass
"""

COPIED = """
import pytest
from schema_migrations.testing import use_templates


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix, django_db_blocker
):
    with django_db_blocker.unblock():
        use_templates()
"""

ON_POSTGRES = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

TEMPLATES = 'TEST_RUNNER = "schema_migrations.testing.TemplateRunner"\n'


def seeded(opted: Opted, **options: Any) -> Project:
    """A project with a generated file, one by hand, and tests."""
    project = opted(**options)
    project.write("shop/migrations/__init__.py", "")
    project.write("shop/tests.py", TESTS)
    first, empty = run(project, "schemadiff initial", "schemadiff --empty seed")
    assert (first.code, empty.code) == (0, 0), first.err + empty.err
    add(project, project.files[-1].name, SEED)
    return project


def add(project: Project, name: str, sql: str) -> None:
    (project.migrations / name).write_text(sql)
    rehash(project.migrations)


def passed(ran: CommandResult) -> str:
    assert ran.code == 0, ran.out + ran.err
    return ran.out + ran.err


def pytest_in(project: Project, *arguments: str) -> str:
    """Run pytest-django on the project's tests."""
    environment = project.make_environment()
    for name in [name for name in environment if name.startswith("PYTEST_")]:
        del environment[name]
    plugins = ("-p", "no:cacheprovider", "-p", "no:randomly")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "shop/tests.py", *arguments],
        cwd=project.base,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return passed(CommandResult(code=done.returncode, out=done.stdout, err=done.stderr))


@EACH_ENGINE
def test_djangos_runner(opted: Opted) -> None:
    project = seeded(opted)
    said = passed(project.manage("test", "-v2", "--parallel", "2"))
    assert "Pending  2 files; no history yet" in said
    assert "OK" in said
    assert "schema_migrations." not in said  # no warning of the system checks


@ON_POSTGRES
def test_a_kept_database_gets_the_files_that_are_new(opted: Opted) -> None:
    project = seeded(opted)
    # Those that empty tables would empty them for the next run, as in any project.
    passed(project.manage("test", "--keepdb", "shop.tests.Tables"))
    add(project, "99991231000000_more.sql", "CREATE TABLE more (id integer);")
    said = passed(project.manage("test", "--keepdb", "-v2", "shop.tests.Tables"))
    assert "Pending  1 file; the database is at" in said
    more = "CREATE TABLE more_again (id integer);"
    add(project, "99991231000001_more.sql", more)
    pytest_in(project, "--reuse-db", "-k", "Tables")


@EACH_ENGINE
def test_pytest_django(opted: Opted) -> None:
    pytest_in(seeded(opted))


@ON_POSTGRES
def test_pytest_django_without_migrations(opted: Opted) -> None:
    # Django restores rows of apps with migrations only, and there are none then.
    pytest_in(seeded(opted), "--nomigrations", "-n2", "-k", "Tables")


@ON_POSTGRES
def test_databases_are_copied_from_a_template(
    opted: Opted, database: dict[str, Any]
) -> None:
    project = seeded(opted, more=TEMPLATES)
    before = templates(database)
    said = passed(project.manage("test", "-v2", "shop.tests.Tables"))
    assert "Nothing to do; the database is at" in said
    (made,) = templates(database) - before
    project.write("conftest.py", COPIED)
    pytest_in(project, "-n2", "-k", "Tables")
    assert templates(database) - before == {made}


@ON_POSTGRES
def test_a_file_that_fails_is_told_like_by_schemaapply(
    opted: Opted, database: dict[str, Any]
) -> None:
    project = seeded(opted, more=TEMPLATES)
    add(project, "99991231000000_more.sql", "SELECT nope;")
    before = templates(database)
    ran = project.manage("test")
    assert ran.code == 2
    assert "99991231000000_more.sql" in ran.err
    assert "Traceback" not in ran.err
    assert templates(database) == before


def templates(database: dict[str, Any]) -> set[str]:
    with connect_as_administrator(database) as server:
        found = server.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'dsm_template_%'"
        )
        return {name for (name,) in found}
