"""Write a Django project of N models, shaped like real ones, into a folder.

Django's content types and permissions are there besides, so that its signals have
something to do.  Each model has nine columns, two foreign keys, seven indexes (key, unique, pattern,
one for each foreign key, composite, partial) and two checks.
"""

from __future__ import annotations

from pathlib import Path

MODELS_PER_APP = 50

SETTINGS = """\
import os
from psycopg.conninfo import conninfo_to_dict

given = conninfo_to_dict(os.environ["BENCHMARK_URL"])
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends.postgresql",
    "NAME": given["dbname"], "USER": given["user"], "HOST": given["host"],
}}}}
INSTALLED_APPS = [
    "django.contrib.contenttypes", "django.contrib.auth", "schema_migrations", {apps}
]
SCHEMA_MIGRATIONS = {{"default": {{"DIR": {directory!r}}}}}
SECRET_KEY = "benchmark"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
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
    """Write ``settings.py`` and as many apps as it takes; each model points at another."""
    labels = []
    for start in range(0, models, MODELS_PER_APP):
        label = f"app{start // MODELS_PER_APP}"
        labels.append(label)
        end = min(start + MODELS_PER_APP, models)
        text = "".join(_model(n, models) for n in range(start, end))
        (folder / label).mkdir(parents=True)
        (folder / label / "__init__.py").touch()
        (folder / label / "models.py").write_text(HEADER + text)
    apps = ", ".join(map(repr, labels))
    (folder / "settings.py").write_text(
        SETTINGS.format(apps=apps, directory=str(folder / "migrations"))
    )


def _model(n: int, models: int) -> str:
    other = (n * 7 + 1) % models
    return MODEL.format(n=n, other=f"app{other // MODELS_PER_APP}.Model{other}")
