"""Off a terminal all questions come at once, with one line that answers all of them."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from tests.fixtures.project import CommandResult, Project

Begun = Callable[[str], Project]

BEFORE = """
from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=20, unique=True)
    total = models.DecimalField(max_digits=8, decimal_places=2)
    remark = models.TextField(default="")
    tags = models.ManyToManyField("Tag")


class Tag(models.Model):
    name = models.CharField(max_length=9, null=True)
    size = models.BigIntegerField(default=0)
"""
AFTER = """
from django.db import models


class Sale(models.Model):
    number = models.CharField(max_length=20, unique=True)
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    tags = models.ManyToManyField("Tag")
    place = models.CharField(max_length=20)


class Tag(models.Model):
    label = models.CharField(max_length=9)
    kind = models.IntegerField()
"""
MIGRATION = """
from django.db import migrations


def fill(apps, schema_editor):
    raise AssertionError("read, never run")


class Migration(migrations.Migration):
    dependencies = {needs}
    operations = [{operations}]
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def begun(request: pytest.FixtureRequest, project: Project) -> Begun:
    """Return a function that makes the first file of a project from its models."""
    if request.param == "postgresql":
        request.getfixturevalue("on_postgres")()

    def begin(models: str) -> Project:
        project.write("shop/models.py", models)
        write_migration(project, "0001_initial", needs="[]")
        ran = project.manage("schemadiff")
        assert ran.code == 0, ran.err
        return project

    return begin


def write_migration(
    project: Project, name: str, *, needs: str, operations: str = ""
) -> None:
    project.write("shop/migrations/__init__.py", "")
    text = MIGRATION.format(needs=needs, operations=operations)
    project.write(f"shop/migrations/{name}.py", text)


def paste(project: Project, asked: CommandResult, value: str = "'x'") -> CommandResult:
    """Run the line that was printed, with a value wherever it wants one."""
    words = shlex.split(asked.err.splitlines()[-1])
    assert words[:2] == ["python", "manage.py"]
    return project.manage(*(word.replace("=SQL", f"={value}") for word in words[2:]))


def in_step(project: Project) -> bool:
    return project.manage("schemadiff", "--check").code == 0


def test_everything_is_asked_at_once(begun: Begun) -> None:
    project = begun(BEFORE)
    project.write("shop/models.py", AFTER)
    write_migration(
        project,
        "0002_fill",
        needs='[("shop", "0001_initial")]',
        operations="migrations.RunPython(fill)",
    )

    asked = project.manage("schemadiff", "sales", "--no-input")

    assert asked.code == 3
    assert asked.err.splitlines()[-1] == (
        "  python manage.py schemadiff sales --no-input"
        " --rename shop_order=shop_sale --rename shop_order_tags=shop_sale_tags"
        " --rename shop_tag.name=label --rename shop_sale.total=amount"
        " --allow-data-loss --default shop_tag.kind=SQL --default shop_sale.place=SQL"
        " --default shop_tag.label=SQL --acknowledge shop.0002_fill"
    ), asked.err
    assert "shop.0002_fill\n    RunPython shop.migrations.0002_fill.fill" in asked.err
    assert "acknowledge" in asked.err
    wrote = paste(project, asked, "1")
    assert wrote.code == 0, wrote.err
    text = project.files[1].read_text()
    assert "-- Renamed: shop_order to shop_sale." in text
    assert "-- Renamed: shop_sale.total to amount." in text
    assert "-- django: shop 0002_fill" in text
    assert "DATA LOSS: drops column shop_sale.remark" in text
    assert "drops table" not in text
    assert in_step(project)


def test_what_a_rename_leads_to_is_marked(begun: Begun) -> None:
    project = begun(BEFORE)
    project.write("shop/models.py", AFTER)

    asked = project.manage("schemadiff")

    lines = asked.err.splitlines()
    heading = lines.index("If --rename shop_order=shop_sale is meant, also:")
    after = lines[heading + 1 :]
    assert "  drops table shop_order with all its rows" in "\n".join(lines[:heading])
    assert "  drops column shop_sale.total with all its values" in after
    assert "  drops column shop_sale.remark with all its values" in after
    assert lines.count("      or renamed?  --rename shop_sale.total=amount") == 1
    asks = [line for line in lines if line.startswith("  ") and line[2] != " "]
    assert len(asks) == len({*asks}), asked.err


def test_a_rename_that_needs_a_value_as_well(begun: Begun) -> None:
    """That the column becomes NOT NULL is known only once it counts as renamed."""
    project = begun(BEFORE)
    project.write(
        "shop/models.py",
        BEFORE.replace("name =", "label =").replace("null=True", "default=None"),
    )

    asked = project.manage("schemadiff")
    wrote = paste(project, asked)

    assert asked.code == 3
    assert "If --rename shop_tag.name=label is meant, also:" in asked.err
    assert wrote.code == 0, wrote.err
    assert in_step(project)


def test_only_losses_that_remain_are_accepted(begun: Begun) -> None:
    """A table of a many-to-many field follows its model: nothing is lost."""
    project = begun(BEFORE)
    project.write("shop/models.py", BEFORE.replace("class Order", "class Purchase"))

    asked = project.manage("schemadiff")

    assert asked.code == 3
    assert "--allow-data-loss" not in asked.err.splitlines()[-1]
    wrote = paste(project, asked)
    assert wrote.code == 0, wrote.err
    assert "DATA LOSS" not in project.files[1].read_text()
    assert in_step(project)


def test_a_column_that_gets_a_value_is_no_new_name_of_another(begun: Begun) -> None:
    project = begun(BEFORE)
    project.write("shop/models.py", BEFORE.replace("total =", "amount ="))

    asked = project.manage("schemadiff", "--default", "shop_order.amount=0")

    assert asked.code == 3
    assert asked.err.splitlines()[-1].endswith("=0 --allow-data-loss")
    wrote = paste(project, asked)
    assert wrote.code == 0, wrote.err
    assert in_step(project)


def test_what_is_acknowledged_alone_needs_no_proof_before(begun: Begun) -> None:
    project = begun(BEFORE)
    write_migration(
        project,
        "0002_fill",
        needs='[("shop", "0001_initial")]',
        operations="migrations.RunPython(fill)",
    )
    project.write("shop/models.py", BEFORE + "    age = models.IntegerField(default=1)")

    asked = project.manage("schemadiff")
    wrote = paste(project, asked)

    assert asked.code == 3
    assert len(project.files) == 2
    assert asked.err.splitlines()[-1].endswith(
        "schemadiff --acknowledge shop.0002_fill"
    )
    assert wrote.code == 0, wrote.err
