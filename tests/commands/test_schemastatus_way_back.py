"""Whether Django's own commands could go on, told beforehand and tried afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

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


OWN_MAKEMIGRATIONS = """
from django.core.management.commands.makemigrations import Command as Parent
from django.db.migrations.operations.models import AlterModelOptions


class Command(Parent):
    def handle(self, *args, **options):
        AlterModelOptions.ALTER_OPTION_KEYS.remove("ordering")
        return super().handle(*args, **options)
"""


def test_an_app_with_a_makemigrations_of_its_own_is_named(shop: Project) -> None:
    for package in ("management", "management/commands"):
        shop.write(f"shop/{package}/__init__.py", "")
    shop.write("shop/management/commands/makemigrations.py", OWN_MAKEMIGRATIONS)
    shop.write(
        "shop/models.py", f"{MODELS}\n    class Meta:\n        ordering = ['number']\n"
    )
    assert shop.manage("migrate", "--no-input").code == 0
    assert shop.manage("schemadiff").code == 0
    version = shop.files[0].name.partition("_")[0]
    assert shop.manage("schemaapply", "--baseline", version).code == 0
    ran = shop.manage("schemastatus", "--way-back")
    assert "makemigrations has something to write for shop\n" in ran.out
    assert (
        "shop has a makemigrations of its own, which may leave some of it out"
        in ran.out
    )
    answer = shop.manage("schemastatus", "--way-back", "--format", "json").json
    assert answer["way_back"]["own_makemigrations"] == "shop"
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


def test_migrations_are_imported_as_migrate_does(shop: Project) -> None:
    """Its checks come first, which import the views: two modules that import one another
    in a circle, and only in that order."""
    shop.write("shop/migrations/0001_initial.py", f"import shop.tasks\n{INITIAL}")
    shop.write("shop/tasks.py", "from shop.views import seen\nrun = print\n")
    shop.write("shop/views.py", "seen = print\nfrom shop.tasks import run\n")
    shop.write("shop/urls.py", "import shop.views\nurlpatterns = []\n")
    settings = shop.base / "settings.py"
    settings.write_text(settings.read_text() + '\nROOT_URLCONF = "shop.urls"\n')
    assert shop.manage("migrate", "--no-input").code == 0
    assert shop.manage("schemadiff").code == 0
    version = shop.files[0].name.partition("_")[0]
    assert shop.manage("schemaapply", "--baseline", version).code == 0
    ran = shop.manage("schemastatus", "--way-back", "--check")
    assert ran.code == 0, ran.out + ran.err
    assert_django_goes_on(shop)
