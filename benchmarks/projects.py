"""Write Django projects into a folder, with settings for each way to run them.

Either a project of N models, shaped like real ones, or settings for a project that is
given.  Each model has nine columns, two foreign keys, seven indexes (key, unique, pattern,
one for each foreign key, composite, partial) and two checks; Django's content types and
permissions are there besides, so that its signals have something to do.
"""

from __future__ import annotations

from pathlib import Path

MODELS_PER_APP = 50
BASE = "project_settings"
TOUCHED = "touched"
"""The app that adds a field to a model of another one, and holds a test."""

BASE_SETTINGS = """\
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql"}}}}
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", {apps}]
SECRET_KEY = "benchmark"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""

SETTINGS = """\
import os

from psycopg.conninfo import conninfo_to_dict

from {base} import *

_given = conninfo_to_dict(os.environ["BENCHMARK_URL"])
DATABASES = {{"default": {{
    "ENGINE": DATABASES["default"]["ENGINE"],
    "NAME": _given["dbname"], "USER": _given["user"], "HOST": _given["host"],
}}}}
INSTALLED_APPS = ["schema_migrations", *INSTALLED_APPS, {touched!r}]
SCHEMA_MIGRATIONS = {{"default": {{
    **globals().get("SCHEMA_MIGRATIONS", {{}}).get("default", {{}}), "DIR": {directory!r},
}}}}
"""

VARIANTS = {
    "without": """\
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "schema_migrations"]
""",
    "tested_by_files": """\
INSTALLED_APPS = ["schema_migrations.takeover", *INSTALLED_APPS]
""",
    "tested_by_template": """\
INSTALLED_APPS = ["schema_migrations.takeover", *INSTALLED_APPS]
TEST_RUNNER = "schema_migrations.testing.TemplateRunner"
""",
    "tested_without_migrate": """\
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "schema_migrations"]
DATABASES["default"]["TEST"] = {"MIGRATE": False}
""",
}
"""The name of a settings module → what it changes in ``settings``."""

TEST = """\
from django.test import TestCase


class OneTest(TestCase):
    def test_nothing(self):
        pass
"""

TOUCH = """\
from django.apps import apps
from django.conf import settings
from django.db import models

model = apps.get_model({model}, require_ready=False)
models.TextField(null=True).contribute_to_class(model, {field!r})
"""

HEADER = """\
from django.db import models
from django.db.models import Q
"""

MODEL = """

class Model{n}(models.Model):
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="+")
    other = models.ForeignKey("{other}", models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, default="new")
    price = models.DecimalField(max_digits=10, decimal_places=2)
    note = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["name", "-created_at"], name="model{n}_recent"),
            models.Index(
                fields=["created_at"], condition=Q(status="new"), name="model{n}_new"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="model{n}_price"),
            models.CheckConstraint(
                condition=Q(status__in=["new", "old"]), name="model{n}_status"
            ),
        ]
"""


def write_project(folder: Path, models: int) -> None:
    """Write as many apps as it takes, and their settings; each model points at another."""
    labels = []
    for start in range(0, models, MODELS_PER_APP):
        label = f"app{start // MODELS_PER_APP}"
        labels.append(label)
        end = min(start + MODELS_PER_APP, models)
        text = "".join(_model(n, models) for n in range(start, end))
        _write_app(folder, label, HEADER + text)
    apps = ", ".join(map(repr, labels))
    (folder / f"{BASE}.py").write_text(BASE_SETTINGS.format(apps=apps))


def write_settings(folder: Path, *, base: str = BASE) -> None:
    """Write the settings of a project for every way to run it, besides its own."""
    directory = str(folder / "migrations")
    _write_app(folder, TOUCHED, "")
    (folder / TOUCHED / "tests.py").write_text(TEST)
    (folder / "settings.py").write_text(
        SETTINGS.format(base=base, touched=TOUCHED, directory=directory)
    )
    for name, change in VARIANTS.items():
        text = f"from settings import *\n\n{change}"
        (folder / f"{name}.py").write_text(text)


def touch_model(folder: Path, *, field: str, model: str) -> None:
    """Add a field that may be NULL to a model, instead of the one added before.

    ``model`` is an expression of Python.
    """
    text = TOUCH.format(model=model, field=field)
    (folder / TOUCHED / "models.py").write_text(text)


def _write_app(folder: Path, label: str, models: str) -> None:
    (folder / label).mkdir(parents=True)
    (folder / label / "__init__.py").touch()
    (folder / label / "models.py").write_text(models)


def _model(n: int, models: int) -> str:
    other = (n * 7 + 1) % models
    return MODEL.format(n=n, other=f"app{other // MODELS_PER_APP}.Model{other}")
