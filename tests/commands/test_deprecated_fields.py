"""Fields that hide their column from all but Django's own commands, with the real packages.

Their column stays, and may be NULL, until the field is removed from the model.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from importlib.util import find_spec

import pytest

from tests.fixtures.project import MODELS, Project
from tests.fixtures.skips import skip_missing, skip_unsupported

DEPRECATE_FIELDS = MODELS.replace(
    "number = models.CharField(max_length=20, unique=True)",
    "number = deprecate_field(models.CharField(max_length=20, unique=True))",
).replace(
    "from django.db import models",
    "from django.db import models\nfrom django_deprecate_fields import deprecate_field",
)
DEPRECATED_FIELD = MODELS.replace(
    "number = models.CharField(max_length=20, unique=True)",
    "number = deprecated(models.CharField(max_length=20, unique=True))",
).replace(
    "from django.db import models",
    "from django.db import models\nfrom django_deprecated_field import deprecated",
)
OF_A_PROJECT = """
from django.db import models


class Hidden(models.Field):
    def __init__(self, original):
        super().__init__()
        self.original = original

    def contribute_to_class(self, cls, name, private_only=False):
        super().contribute_to_class(cls, name, private_only=private_only)
        self.concrete = False

    def clone(self):
        return self.original.clone()


class Order(models.Model):
    number = Hidden(models.CharField(max_length=20, unique=True, null=True))
    total = models.DecimalField(max_digits=8, decimal_places=2)
    buyers = models.ManyToManyField("auth.User")
"""
BY_COMMAND_LINE = """
import sys

from django.db import models


class Order(models.Model):
    total = models.DecimalField(max_digits=8, decimal_places=2)
    if sys.argv[1] == "makemigrations":
        number = models.CharField(max_length=20, unique=True, null=True)
"""
TAKEOVER = '\nINSTALLED_APPS += ["schema_migrations.takeover"]\n'


def start(project: Project, models: str, package: str) -> Project:
    """Apply the first file of plain models, then deprecate a field."""
    if package and find_spec(package) is None:
        name = package.replace("_", "-")
        if package == "django_deprecated_field" and sys.version_info < (3, 12):
            skip_unsupported(f"{name} with this Python")
        skip_missing(name)
    settings = project.base / "settings.py"
    settings.write_text(settings.read_text() + TAKEOVER)
    assert project.manage("schemadiff", "initial").code == 0
    assert project.manage("schemaapply").code == 0
    with closing(sqlite3.connect(project.base.parent / "db")) as database:
        database.execute("INSERT INTO shop_order (number, total) VALUES ('first', 1)")
        database.commit()
    project.write("shop/models.py", models)
    return project


EACH = pytest.mark.parametrize(
    ("models", "package"),
    [
        pytest.param(
            DEPRECATE_FIELDS, "django_deprecate_fields", id="django-deprecate-fields"
        ),
        pytest.param(
            DEPRECATED_FIELD, "django_deprecated_field", id="django-deprecated-field"
        ),
        pytest.param(OF_A_PROJECT, "", id="a field of a project"),
        pytest.param(BY_COMMAND_LINE, "", id="models of a project"),
    ],
)


@EACH
def test_the_column_stays_and_may_be_null(
    project: Project, models: str, package: str
) -> None:
    start(project, models, package)

    check = project.manage("schemadiff", "--check")
    django = project.manage("makemigrations", "--check")
    made = project.manage("schemadiff", "--no-input")
    applied = project.manage("schemaapply")

    assert (check.code, django.code) == (1, 1)
    assert made.code == 0, made.err
    assert "DATA LOSS" not in project.files[1].read_text()
    assert applied.code == 0, applied.err
    with closing(sqlite3.connect(project.base.parent / "db")) as database:
        database.execute("INSERT INTO shop_order (number, total) VALUES (NULL, 2)")
        numbers = database.execute("SELECT number FROM shop_order ORDER BY total")
        assert [number for (number,) in numbers] == ["first", None]


@EACH
def test_both_checks_agree_afterwards(
    project: Project, models: str, package: str
) -> None:
    start(project, models, package)
    assert project.manage("schemadiff", "--no-input").code == 0

    check = project.manage("schemadiff", "--check")
    django = project.manage("makemigrations", "--check")

    assert (check.code, django.code) == (0, 0), check.out + django.out


def test_the_command_line_of_other_commands_stays_as_it_is(project: Project) -> None:
    """Nor does that of ``schemadiff`` lose a word."""
    settings = project.base / "settings.py"
    settings.write_text(
        settings.read_text().replace('"shop"]', '"shop", "told.apps.Told"]')
    )
    project.write("told/__init__.py", "")
    project.write(
        "told/apps.py",
        "import sys\nfrom django.apps import AppConfig\n\n\nclass Told(AppConfig):\n"
        '    name = "told"\n\n    def ready(self):\n'
        "        print(*sys.argv[1:], file=sys.stderr)\n",
    )

    status = project.manage("schemastatus", "-v0")
    diff = project.manage("schemadiff", "initial", "--dry-run")

    assert status.err.splitlines()[0] == "schemastatus -v0"
    assert diff.err.splitlines()[0] == "makemigrations schemadiff initial --dry-run"
    assert diff.code == 0, diff.err
    assert diff.out.splitlines()[-1] == "Next     python manage.py schemadiff initial"
