"""What SQL cannot create on SQLite: the error says how to get it."""

from __future__ import annotations

import pytest

from tests.fixtures.project import MODELS, Project

CHECKED = (
    MODELS.replace("import models", "import models\nimport django.db.models.lookups")
    + """
    class Meta:
        constraints = [
            models.CheckConstraint(
                name="whole",
                condition=models.lookups.Exact(models.Func("total", function="half"), 1),
            )
        ]
"""
)
REGISTERED = """
from django.apps import AppConfig
from django.db.backends.signals import connection_created


def register(connection, **_):
    connection.connection.create_function("half", 1, lambda x: x / 2, deterministic=True)
    connection.connection.create_collation("upside_down", lambda a, b: (a < b) - (a > b))


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        connection_created.connect(register)
"""
COLLATED = (
    MODELS + '    code = models.CharField(max_length=9, db_collation="upside_down")\n'
)


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (
            COLLATED,
            "SQLite itself has the collations BINARY, NOCASE and RTRIM: name one of them,"
            " or register upside_down on each connection, in a receiver of Django's signal"
            " connection_created.",
        ),
        (
            CHECKED,
            "Register half on each connection, in a receiver of Django's signal"
            " connection_created.",
        ),
    ],
    ids=["collation", "function"],
)
def test_what_only_programs_make(project: Project, models: str, said: str) -> None:
    project.write("shop/models.py", models)
    refused = project.manage("schemadiff")
    assert refused.code == 2
    assert said in refused.err.splitlines()

    project.write("shop/apps.py", REGISTERED)
    made = project.manage("schemadiff")
    assert made.code == 0, made.err
    assert project.manage("schemaapply").code == 0
    assert project.manage("schemadiff", "--check").code == 0
    assert project.manage("schemastatus", "--drift", "--check").code == 0
