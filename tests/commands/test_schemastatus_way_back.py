"""Whether Django's own commands could go on, told beforehand and tried afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.postgresql import connect_as_administrator
from tests.fixtures.project import MODELS, Project

INITIAL = """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Order", [
            ("id", models.BigAutoField(primary_key=True, auto_created=True,
                serialize=False, verbose_name="ID")),
            ("number", models.CharField(max_length=20, unique=True)),
            ("total", models.DecimalField(max_digits=8, decimal_places=2)),
        ]),
    ]
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(
    request: pytest.FixtureRequest,
    project: Project,
    pg_database: dict[str, object],
) -> Project:
    if request.param == "postgresql":
        project.configure(pg_database)
    project.write("shop/migrations/__init__.py", "")
    project.write("shop/migrations/0001_initial.py", INITIAL)
    return project


def leave(shop: Project) -> None:
    """Take the app out of the project, as a team that goes back does."""
    settings = shop.base / "settings.py"
    settings.write_text(settings.read_text().replace('"schema_migrations", ', ""))


def assert_django_goes_on(shop: Project) -> None:
    leave(shop)
    migrated = shop.manage("migrate", "--no-input")
    assert migrated.code == 0, migrated.err
    assert "No migrations to apply." in migrated.out
    assert shop.manage("makemigrations", "--check", "--dry-run").code == 0


def test_the_way_back_of_an_adopted_database_is_open(shop: Project) -> None:
    assert shop.manage("migrate", "--no-input").code == 0
    assert shop.manage("schemadiff").code == 0
    version = shop.files[0].name.partition("_")[0]
    assert shop.manage("schemaapply", "--baseline", version).code == 0
    ran = shop.manage("schemastatus", "--way-back", "--check")
    assert ran.code == 0, ran.out
    assert "Way back open" in ran.out
    answer = shop.manage("schemastatus", "--way-back", "--format", "json").json
    assert answer["way_back"]["open"] is True
    assert_django_goes_on(shop)


def test_migrations_that_no_row_records_are_named(shop: Project) -> None:
    assert shop.manage("schemadiff").code == 0
    assert shop.manage("schemaapply").code == 0
    ran = shop.manage("schemastatus", "--way-back", "--check")
    assert ran.code == 1, ran.out
    assert "python manage.py migrate --fake" in ran.out
    answer = shop.manage("schemastatus", "--way-back", "--format", "json").json
    assert "shop.0001_initial" in answer["way_back"]["unrecorded"]
    settings = (shop.base / "settings.py").read_text()
    leave(shop)
    assert shop.manage("migrate", "--fake").code == 0
    shop.write("settings.py", settings)
    assert shop.manage("schemastatus", "--way-back", "--check").code == 0
    assert_django_goes_on(shop)


def test_a_model_that_no_migration_knows_is_named(shop: Project) -> None:
    note = "    note = models.TextField(default='')\n"
    shop.write("shop/models.py", MODELS + note)
    assert shop.manage("schemadiff").code == 0
    assert shop.manage("schemaapply").code == 0
    ran = shop.manage("schemastatus", "--way-back")
    assert ran.code == 0, ran.err
    assert "makemigrations has something to write for shop" in ran.out
    assert not list((shop.base / "shop/migrations").glob("0002*"))
    leave(shop)
    assert shop.manage("makemigrations").code == 0
    assert shop.manage("migrate", "--fake").code == 0
    assert_django_goes_on(shop)


def break_import(shop: Project) -> str:
    shop.write("shop/migrations/0002_broken.py", "import nothing_of_the_kind\n")
    return "ModuleNotFoundError: No module named 'nothing_of_the_kind'"


def branch(shop: Project) -> str:
    for name in ("0002_one", "0002_other"):
        shop.write(
            f"shop/migrations/{name}.py",
            "from django.db import migrations\n\n\n"
            "class Migration(migrations.Migration):\n"
            "    dependencies = [('shop', '0001_initial')]\n",
        )
    return "several last migrations of shop (0002_one, 0002_other)"


def turn_off(shop: Project) -> str:
    settings = shop.base / "settings.py"
    settings.write_text(settings.read_text() + 'MIGRATION_MODULES = {"shop": None}\n')
    return "Django has no migrations of shop"


@pytest.mark.parametrize("obstruct", [break_import, branch, turn_off])
def test_what_is_in_the_way_is_named(
    obstruct: Callable[[Project], str], project: Project
) -> None:
    project.write("shop/migrations/__init__.py", "")
    project.write("shop/migrations/0001_initial.py", INITIAL)
    assert project.manage("schemadiff").code == 0
    assert project.manage("schemaapply").code == 0
    problem = obstruct(project)
    ran = project.manage("schemastatus", "--way-back", "--check")
    assert ran.code == 1, ran.out
    assert problem in ran.out


def test_an_empty_database_is_a_case_of_its_own(shop: Project) -> None:
    assert shop.manage("schemadiff").code == 0
    ran = shop.manage("schemastatus", "--way-back", "--check")
    assert ran.code == 1, ran.out
    assert "Way back from nothing: this database is empty." in ran.out
    assert "--fake" not in ran.out
    leave(shop)
    assert shop.manage("migrate", "--no-input").code == 0


def test_what_migrate_made_needs_no_step_of_ours(shop: Project) -> None:
    assert shop.manage("schemadiff").code == 0
    assert shop.manage("migrate", "contenttypes", "--no-input").code == 0
    ran = shop.manage("schemastatus", "--way-back")
    assert "no file made anything in this database" in ran.out
    assert re.search(r"migrate would run \d+ migrations:", ran.out)
    assert "--fake" not in ran.out
    assert shop.manage("migrate", "--no-input").code == 0
    assert "Way back open" in shop.manage("schemastatus", "--way-back").out


def test_files_that_wait_come_first(shop: Project) -> None:
    """Then all steps would be taken, and a table lacks."""
    assert shop.manage("migrate", "--no-input").code == 0
    assert shop.manage("schemadiff").code == 0
    version = shop.files[0].name.partition("_")[0]
    assert shop.manage("schemaapply", "--baseline", version).code == 0
    assert shop.manage("schemadiff", "--empty", "more").code == 0
    shop.files[-1].write_text("CREATE TABLE shop_more (id integer);\n")
    assert shop.manage("schemahash").code == 0
    ran = shop.manage("schemastatus", "--way-back", "--check")
    assert ran.code == 1, ran.out
    assert "Way back is not known while 1 file is not applied." in ran.out
    assert "then look again: python manage.py schemaapply" in ran.out
    assert "Way back open" not in ran.out
    answer = shop.manage("schemastatus", "--way-back", "--format", "json").json
    assert answer["way_back"]["open"] is False
    assert answer["way_back"]["waiting_files"] == 1
    assert shop.manage("schemaapply").code == 0
    assert "Way back open" in shop.manage("schemastatus", "--way-back").out


def test_a_right_that_lacks_is_named(
    project: Project, pg_database: dict[str, Any]
) -> None:
    project.configure(pg_database)
    assert project.manage("migrate", "--no-input").code == 0
    assert project.manage("schemadiff").code == 0
    role = f"reader_{pg_database['NAME']}"
    with connect_as_administrator(pg_database) as server:
        server.execute(f'CREATE ROLE "{role}"')
    try:
        project.configure({**pg_database, "OPTIONS": {"options": f"-c role={role}"}})
        ran = project.manage("schemastatus", "--way-back")
    finally:
        with connect_as_administrator(pg_database) as server:
            server.execute(f'DROP ROLE "{role}"')
    assert ran.code == 2, ran.out
    assert "the table django_migrations cannot be read: permission denied" in ran.err
    assert "GRANT SELECT ON django_migrations" in ran.err
