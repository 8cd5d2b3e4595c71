"""Names that the server cuts, and tables in another namespace: the models' are the server's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.test_schemadiff_extra import OnPostgres, wrote
from tests.fixtures.project import Project

LONG_TABLE = "orders_that_were_made_before_the_shop_moved_to_the_other_building_x"
LONG_COLUMN = "the_number_that_a_person_at_the_counter_wrote_on_the_paper_by_hand"
WIDE_TABLE = "größen_" * 10
"""70 characters of 90 bytes; the limit is inside of one."""

BEFORE = """
from django.db import models


class Order(models.Model):
    class Meta:
        db_table = "{table}"


class Tag(models.Model):
    orders = models.ManyToManyField(Order, db_table="m{table}")

    class Meta:
        db_table = "t{table}"
"""
WITH_FIELDS = """
from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=9, default="none", db_column="{column}")
    note = models.CharField(max_length=9, null=True, default="empty")
    made = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "{table}"
        indexes = [models.Index(fields=["note"], name="{index}")]
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def any_project(request: pytest.FixtureRequest, project: Project) -> Project:
    """The project, on each engine in turn."""
    if request.param == "postgresql":
        configure: OnPostgres = request.getfixturevalue("on_postgres")
        configure()
    return project


def is_on_postgres(project: Project) -> bool:
    return "postgresql" in project.base.joinpath("settings.py").read_text()


def stored(name: str, project: Project) -> str:
    """Return a name as the server of the project stores it."""
    if not is_on_postgres(project):
        return name
    return name.encode()[:63].decode(errors="ignore")


def changes(project: Project, *options: str) -> list[dict[str, Any]]:
    ran = project.manage("schemadiff", "--check", "--format", "json", *options)
    assert ran.code in (0, 1), ran.err
    found: list[dict[str, Any]] = ran.json["changes"]
    return found


@pytest.mark.parametrize("table", [LONG_TABLE, WIDE_TABLE])
def test_defaults_of_what_has_a_long_name(any_project: Project, table: str) -> None:
    project = any_project
    first = BEFORE.partition("class Tag")[0].format(table=table)
    project.write("shop/models.py", first)
    wrote(project, "initial")
    project.write(
        "shop/models.py",
        WITH_FIELDS.format(table=table, column=LONG_COLUMN, index="i" * 30),
    )
    text = wrote(project, "--no-input")
    column = stored(LONG_COLUMN, project)
    assert f'"{column}"' in text
    assert "'none'" in text
    assert "'empty'" in text
    assert "now" in text.lower()


@pytest.mark.parametrize("table", [LONG_TABLE, WIDE_TABLE])
def test_answers_may_use_either_name(any_project: Project, table: str) -> None:
    project = any_project
    project.write(
        "shop/models.py",
        WITH_FIELDS.format(table="short", column="number", index="i" * 30),
    )
    wrote(project, "initial")
    project.write(
        "shop/models.py",
        WITH_FIELDS.format(table=table, column=LONG_COLUMN, index="i" * 30),
    )
    renames = [f"short={table}", f"{table}.number={LONG_COLUMN}"]
    text = wrote(
        project, "--no-input", *(a for each in renames for a in ("--rename", each))
    )
    assert "RENAME" in text
    assert "DROP" not in text
    column, key = stored(LONG_COLUMN, project), stored(table, project)
    assert f"Renamed: {key}.number to {column}." in text

    # The server's own names do as well, and so does a default.
    project.write(
        "shop/models.py",
        WITH_FIELDS.format(table=table, column="count", index="i" * 30)
        + '        constraints = []\n\n    code = models.IntegerField(db_column="%s")\n'
        % ("code_" * 15),
    )
    long_code = "code_" * 15
    text = wrote(
        project,
        "--no-input",
        *("--rename", f"{key}.{column}=count"),
        *("--default", f"{table}.{long_code}=7"),
    )
    assert "RENAME" in text
    assert f"{key}.{stored(long_code, project)} is set to 7." in text


@pytest.mark.parametrize("table", [LONG_TABLE, WIDE_TABLE])
def test_the_app_of_a_long_name(any_project: Project, table: str) -> None:
    project = any_project
    project.write("shop/models.py", BEFORE.format(table=table))
    ran = project.manage("schemadiff", "--check", "--app", "shop")
    assert ran.code == 1
    lines = ran.out.splitlines()
    shown = lines.index("  shop")
    assert {line.split()[2] for line in lines[shown + 1 :][:3]} == {
        stored(f"{letter}{table}", project) for letter in ("", "m", "t")
    }
    assert len([line for line in lines if "+ table" in line]) == 3


NAMESPACE = "CREATE SCHEMA archive;"
ARCHIVED = """
from django.db import models


class Order(models.Model):
{fields}    tags = models.ManyToManyField("self")

    class Meta:
        db_table = {table!r}


class Kept(models.Model):
    class Meta:
        db_table = 'public"."kept'
"""
FIELDS = """\
    number = models.CharField(max_length=9, default="none")
    note = models.CharField(max_length=9, null=True, default="empty")
"""


@pytest.mark.parametrize("table", ['archive"."order', '"archive"."order"'])
def test_a_table_in_another_namespace(on_postgres: OnPostgres, table: str) -> None:
    project = on_postgres(EXTRA=["namespace.sql"])
    project.write("namespace.sql", NAMESPACE)
    project.write("shop/models.py", ARCHIVED.format(fields="", table=table))
    ran = project.manage("schemadiff", "--check")
    lines = ran.out.splitlines()
    shown = lines.index("  shop")
    tables = {line.split()[2] for line in lines[shown + 1 : shown + 4]}
    assert tables == {"archive.order", "archive.order_tags", "kept"}
    wrote(project, "--no-input", "initial")

    project.write("shop/models.py", ARCHIVED.format(fields=FIELDS, table=table))
    text = wrote(project, "--no-input")
    assert "DEFAULT 'none' NOT NULL" in text
    assert "DEFAULT 'empty'" in text

    fewer = FIELDS.replace("number", "code")
    project.write("shop/models.py", ARCHIVED.format(fields=fewer, table=table))
    text = wrote(project, "--no-input", "--rename", "archive.order.number=code")
    assert 'RENAME COLUMN "number" TO "code"' in text

    project.write("shop/models.py", "")
    text = wrote(project, "--no-input", "--allow-data-loss")
    assert 'DROP TABLE "archive"."order"' in text
    assert 'DROP TABLE "archive"."order_tags"' in text


OTHER_APP = """
from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=9)

    class Meta:
        app_label = "{label}"


class Order(models.Model):
    items = models.ManyToManyField(Item)

    class Meta:
        app_label = "{label}"
"""


def install(project: Project, *labels: str) -> None:
    settings = project.base / "settings.py"
    first, _, rest = settings.read_text().partition("INSTALLED_APPS = [")
    _, _, rest = rest.partition("]")
    names = ["django.contrib.contenttypes", "schema_migrations", *labels]
    settings.write_text(f"{first}INSTALLED_APPS = {names!r}{rest}")
    for label in labels:
        project.write(f"{label}/__init__.py", "")
        project.write(f"{label}/models.py", OTHER_APP.format(label=label))


def dropped(project: Project, *options: str) -> set[str]:
    found = changes(project, *options)
    return {each["name"] for each in found if each["kind"] == "drop table"}


def test_an_app_whose_label_begins_with_another(any_project: Project) -> None:
    project = any_project
    install(project, "shop", "shop_extra")
    wrote(project, "initial")
    project.write("shop/models.py", "")
    project.write("shop_extra/models.py", "")
    tables = {"item", "order", "order_items"}
    of_shop = {f"shop_{name}" for name in tables}
    of_extra = {f"shop_extra_{name}" for name in tables}
    assert dropped(project, "--app", "shop") == of_shop
    assert dropped(project, "--app", "shop_extra") == of_extra
    assert dropped(project) == of_shop | of_extra

    # The app itself goes: its tables belong to no app that is known.
    install(project, "shop")
    assert dropped(project, "--app", "shop") == set()
    ran = project.manage("schemadiff", "--check")
    lines = ran.out.splitlines()
    assert {line.split()[2] for line in lines[lines.index("  database") + 1 :][:3]} == (
        of_extra
    )
    project.write("shop/models.py", "")
    assert dropped(project, "--app", "shop") == of_shop


DJANGO_MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Extra_Item",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("friends", models.ManyToManyField("self")),
            ],
            options={"db_table": "first"},
        ),
    ]
"""
RENAMED = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AlterModelTable("extra_item", None)]
"""


def test_a_model_of_the_past_is_known_from_django_migrations(
    any_project: Project,
) -> None:
    project = any_project
    install(project, "shop")
    project.write("migrations/1.sql", "")
    for name in ("shop_extra_item", "first_friends", "shop_by_hand", "first"):
        with (project.migrations / "1.sql").open("a") as file:
            file.write(f"CREATE TABLE {name} (id integer);\n")
    project.write("shop/models.py", "")
    project.manage("schemahash")
    assert dropped(project, "--app", "shop") == set()
    project.write("shop/migrations/__init__.py", "")
    project.write("shop/migrations/0001_initial.py", DJANGO_MIGRATION)
    project.write("shop/migrations/0002_renamed.py", RENAMED)
    of_shop = {"shop_extra_item", "first_friends", "first"}
    assert dropped(project, "--app", "shop") == of_shop
    assert dropped(project) == {*of_shop, "shop_by_hand"}
