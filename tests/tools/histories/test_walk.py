"""The walk as a person runs it, on a history that holds every kind of answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django
import pytest

from tests.fixtures.commands import REPOSITORY
from tests.fixtures.skips import skip_missing, skip_unsupported

pytestmark = pytest.mark.slow("processes")

SETTINGS = """
import os
from urllib.parse import urlsplit
INSTALLED_APPS = ["django.contrib.contenttypes", "shop", "trade"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
SECRET_KEY = "x"
USE_TZ = True
"""
HEAD = """
import uuid
from django.db import migrations, models

def week():
    return 7

class Migration(migrations.Migration):
    dependencies = {dependencies!r}
    operations = [{operations}]
"""
KEY = '("id", models.AutoField(primary_key=True))'
SHOP = (
    f"""
    migrations.CreateModel("Tag", [{KEY}, ("word", models.CharField(max_length=20))]),
    migrations.CreateModel("Customer", [{KEY}, ("name", models.CharField(max_length=20))]),
    migrations.CreateModel("Order", [
        {KEY},
        ("total", models.IntegerField()),
        ("note", models.CharField(max_length=9, null=True)),
        ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
        ("tags", models.ManyToManyField("shop.Tag")),
    ])""",
    'migrations.RenameField("order", "total", "amount")',
    'migrations.RenameModel("Order", "Sale")',
    """
    migrations.AddField("sale", "code", models.CharField(max_length=9, default="o'x %"), preserve_default=False),
    migrations.AlterField("sale", "note", models.CharField(max_length=9, default="none"), preserve_default=False),
    migrations.AddField("sale", "days", models.IntegerField(default=week)),
    migrations.AddField("sale", "token", models.UUIDField(default=uuid.uuid4, unique=True))""",
    """
    migrations.AddField("tag", "slug", models.CharField(max_length=20, null=True)),
    migrations.RunPython(migrations.RunPython.noop),
    migrations.AlterField("tag", "slug", models.CharField(max_length=20, unique=True)),
    migrations.AlterField("tag", "word", models.CharField(max_length=1))""",
    """
    migrations.AlterField("customer", "id", models.BigAutoField(primary_key=True)),
    migrations.AlterField("sale", "customer", models.OneToOneField("shop.Customer", models.CASCADE)),
    migrations.AddIndex("sale", models.Index(fields=["amount"], name="sale_amount")),
    migrations.AddConstraint("sale", models.CheckConstraint(condition=models.Q(amount__gte=0), name="sale_positive"))""",
    """
    migrations.RemoveField("sale", "tags"),
    migrations.AlterModelTable("sale", "sales"),
    migrations.AlterField("sale", "code", models.CharField(max_length=9, db_column="word")),
    migrations.DeleteModel("Tag")""",
)
LAST = """
    migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Sale")])"""
TRADE = (
    """
    migrations.SeparateDatabaseAndState(state_operations=[
        migrations.CreateModel("Deal", [
            ("id", models.AutoField(primary_key=True)),
            ("amount", models.IntegerField()),
            ("note", models.CharField(max_length=9)),
            ("word", models.CharField(max_length=9)),
            ("days", models.IntegerField()),
            ("token", models.UUIDField(unique=True)),
            ("customer", models.OneToOneField("shop.Customer", models.CASCADE)),
        ], options={"db_table": "sales"}),
    ])""",
    'migrations.AlterModelTable("deal", None)',
)
"""An app that takes a model over: two models on one table, for a moment."""
AFTER = {("trade", 1): ("shop", "step_7"), ("shop", 8): ("trade", "step_1")}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two apps, made of their migrations alone."""
    (tmp_path / "history_settings.py").write_text(SETTINGS)
    for label, files in (("shop", (*SHOP, LAST)), ("trade", TRADE)):
        folder = tmp_path / label / "migrations"
        folder.mkdir(parents=True)
        (tmp_path / label / "__init__.py").touch()
        (folder / "__init__.py").touch()
        for number, operations in enumerate(files, start=1):
            needed = AFTER.get((label, number), (label, f"step_{number - 1}"))
            text = HEAD.format(
                dependencies=[needed] if needed[1] != "step_0" else [],
                operations=operations,
            )
            (folder / f"step_{number}.py").write_text(text)
    return tmp_path


def run_walk(
    project: Path, *options: str
) -> tuple[subprocess.CompletedProcess[str], Any]:
    """Walk through the history; return what was printed, and the result."""
    report = project / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tools", "histories", "walk"),
            *("--settings", "history_settings", "--report", str(report), *options),
        ],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), done.stderr
    return done, json.loads(report.read_text())


def url_for(engine: str, settings: dict[str, Any]) -> str:
    if engine == "sqlite":
        return "sqlite:///:memory:"
    host = str(settings["HOST"]).replace("/", "%2F")
    return f"postgresql://{settings['USER']}@{host}:{settings['PORT']}/postgres"


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
@pytest.mark.parametrize("option", [(), ("--each-operation",)])
def test_every_step_of_a_history_passes(
    engine: str,
    option: tuple[str, ...],
    project: Path,
    postgres_settings: dict[str, Any],
) -> None:
    done, result = run_walk(
        project, "--url", url_for(engine, postgres_settings), *option
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert result["failures"] == []
    [(unfit, reason)] = result["unfit"].items()
    assert unfit.partition(",")[0] == "trade.step_1"
    assert "already exists" in reason
    assert f"unfit {unfit}: {reason}" in done.stdout
    assert result["tables"] == result["tables_with_rows"] == 3
    assert result["rows"] == 9


def test_a_step_that_cannot_be_planned_fails(
    project: Path, postgres_settings: dict[str, Any]
) -> None:
    """A moment is no number: no server converts it, and no operation says how."""
    add_step(
        project,
        """
    migrations.AddField("customer", "since", models.DateField(null=True)),
    migrations.RunPython(migrations.RunPython.noop),
    migrations.AlterField("customer", "since", models.IntegerField(null=True))""",
    )

    done, result = run_walk(
        project, "--url", url_for("postgresql", postgres_settings), "--each-operation"
    )

    assert done.returncode == 1
    assert result["failures"] == ["shop.step_9, operation 3"]
    assert "FAIL  shop.step_9, operation 3" in done.stdout


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
def test_questions_are_answered_one_by_one(
    engine: str, project: Path, postgres_settings: dict[str, Any]
) -> None:
    url = url_for(engine, postgres_settings)

    done, result = run_walk(project, "--url", url, "--ask", "-v")

    assert done.returncode == 0, done.stdout + done.stderr
    assert result["asked"] > 5
    assert f"{result['asked']:>5}" in done.stdout
    assert done.stdout.count("needless: ") == result["needless"]
    assert done.stdout.count("another plan than") == result["unasked"]


def add_step(
    project: Path, operations: str, *, number: int = 9, imports: str = ""
) -> None:
    """Add a migration after the history's last."""
    needed = [("shop", f"step_{number - 1}")]
    text = HEAD.format(dependencies=needed, operations=operations)
    (project / "shop" / "migrations" / f"step_{number}.py").write_text(imports + text)


OWN_BACKEND = """
from django.db.backends.postgresql import base


class Editor(base.DatabaseWrapper.SchemaEditorClass):
    def create_model(self, model):
        if model.__name__ == "Tag" and self.collect_sql:
            raise ValueError("this editor never only prints")
        super().create_model(model)


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = Editor
"""


def test_a_state_that_only_we_cannot_create_fails(
    project: Path, postgres_settings: dict[str, Any]
) -> None:
    """The backend is the project's own; Django creates its tables, and we do not."""
    add_backend(project)
    url = url_for("postgresql", postgres_settings)

    done, result = run_walk(project, "--url", url)

    assert done.returncode == 1
    assert "shop.step_1" in result["failures"]
    assert "shop.step_1" not in result["unfit"]
    assert "Django creates this state, and we do not: shop.Tag" in done.stdout


def add_backend(project: Path) -> None:
    (project / "wide").mkdir()
    (project / "wide" / "__init__.py").touch()
    (project / "wide" / "base.py").write_text(OWN_BACKEND)
    add_settings(project, 'DATABASES = {"default": {"ENGINE": "wide"}}')


def add_settings(project: Path, text: str) -> None:
    with (project / "history_settings.py").open("a") as file:
        file.write(f"{text}\n")


def test_a_backend_for_another_kind_of_database_is_not_taken(project: Path) -> None:
    add_backend(project)

    done, result = run_walk(project, "--url", "sqlite:///:memory:")

    assert done.returncode == 0, done.stdout + done.stderr
    assert result["failures"] == []


PACKAGE_SETTINGS = """
DATABASES = {"default": {"ENGINE": "psqlextra.backend"}}
INSTALLED_APPS += ["django.contrib.postgres", "pgtrigger", "pghistory", "psqlextra"]
"""
PACKAGE_IMPORTS = """
import pgtrigger.compiler
from pgtrigger.migrations import AddTrigger, RemoveTrigger
from psqlextra.backend.migrations.operations import (
    PostgresAddDefaultPartition, PostgresCreatePartitionedModel
)
from psqlextra.models import PostgresPartitionedModel
from psqlextra.types import PostgresPartitioningMethod

def trigger(name):
    sql = pgtrigger.compiler.UpsertTriggerSql(
        func="PERFORM _pgh_attach_context(); RETURN NEW;", hash="1", operation="INSERT",
        pgid=f"pgtrigger_{name}", table="shop_customer", when="BEFORE",
    )
    return pgtrigger.compiler.Trigger(name=name, sql=sql)

def partitioned(name, **options):
    return PostgresCreatePartitionedModel(
        name=name,
        fields=[
            ("id", models.UUIDField(default=uuid.uuid4)),
            ("day", models.DateField()),
            ("code", models.CharField(max_length=9, **options)),
            ("pk", models.CompositePrimaryKey("id", "day", blank=True, editable=False)),
        ],
        partitioning_options={"method": PostgresPartitioningMethod.RANGE, "key": ["day"]},
        bases=(PostgresPartitionedModel,),
    )
"""
PACKAGE_STEPS = (
    """
    migrations.CreateModel("Watched", [], options={"proxy": True}, bases=("shop.customer",)),
    AddTrigger("customer", trigger("on_customer")),
    AddTrigger("watched", trigger("on_proxy")),
    partitioned("Visit"),
    PostgresAddDefaultPartition(model_name="Visit", name="default")""",
    'RemoveTrigger("customer", "on_customer"), RemoveTrigger("watched", "on_proxy")',
    'migrations.RenameModel("Visit", "Call")',
    'partitioned("Unfit", unique=True)',
)


def test_what_packages_make_beside_tables_comes_and_goes(
    project: Path, postgres_settings: dict[str, Any]
) -> None:
    """A package may ask for the project's own backend as soon as it is loaded."""
    if django.VERSION[:2] > (5, 2):
        skip_unsupported(f"django-postgres-extra on Django {django.get_version()}")
    for name in ("pghistory", "pgtrigger", "psqlextra"):
        if find_spec(name) is None:
            skip_missing(f"{name} of PyPI")
    add_settings(project, PACKAGE_SETTINGS)
    (project / "shop" / "models.py").write_text("import psqlextra.models")
    for number, operations in enumerate(PACKAGE_STEPS, start=9):
        add_step(project, operations, number=number, imports=PACKAGE_IMPORTS)
    url = url_for("postgresql", postgres_settings)

    done, result = run_walk(project, "--url", url, "--ask", "-v")

    assert done.returncode == 0, done.stdout + done.stderr
    assert result["tables"] == result["tables_with_rows"], done.stdout
    reason = result["unfit"]["shop.step_12"]
    assert "must include all partitioning columns" in reason


def test_types_collations_and_extensions_of_a_history_are_there(
    project: Path, postgres_settings: dict[str, Any]
) -> None:
    add_step(
        project,
        """
    migrations.RunSQL([
        "CREATE COLLATION IF NOT EXISTS \\"by number\\" (provider = icu, locale = 'en-u-kn-true');",
        ("CREATE COLLATION plain FROM \\"C\\"", None),
    ], ""),
    migrations.AddField("customer", "street", models.CharField(max_length=9, db_collation="by number", default="")),
    migrations.AddField("customer", "city", models.CharField(max_length=9, db_collation="plain", default=""))""",
    )
    url = url_for("postgresql", postgres_settings)

    done, result = run_walk(project, "--url", url, "--extension", "citext")

    assert done.returncode == 0, done.stdout + done.stderr
    assert result["failures"] == []


def test_an_extension_that_the_server_lacks_ends_the_walk(
    project: Path, postgres_settings: dict[str, Any]
) -> None:
    url = url_for("postgresql", postgres_settings)

    with pytest.raises(AssertionError, match="no_such_extension cannot be created"):
        run_walk(project, "--url", url, "--extension", "no_such_extension")
