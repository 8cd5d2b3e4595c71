"""Several aliases, each with a directory of its own, told apart by routers."""

from __future__ import annotations

from tests.fixtures.project import Project

SETTINGS = """
INSTALLED_APPS = ["schema_migrations", "shop"]
SECRET_KEY = "x"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {{
    alias: {{"ENGINE": "django.db.backends.sqlite3", "NAME": {base!r} + "/" + alias}}
    for alias in ("default", "archive")
}}
DATABASE_ROUTERS = ["shop.router.Router"]
SCHEMA_MIGRATIONS = {{
    alias: {{"DIR": {base!r} + "/migrations_" + alias}}
    for alias in ("default", "archive")
}}
"""

ROUTER = """
PLACES = {places!r}


class Router:
    def allow_migrate(self, db, app_label, model_name=None, **hints):
        return PLACES.get(model_name) == db
"""

MODELS = """
from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=20)


class Invoice(models.Model):
    number = models.CharField(max_length=20)
"""


def placed(project: Project, **places: str) -> None:
    project.write("shop/router.py", ROUTER.format(places=places))


def tables(project: Project, alias: str) -> str:
    return "".join(
        p.read_text() for p in project.base.glob(f"migrations_{alias}/*.sql")
    )


def test_a_model_moves_to_another_alias(project: Project) -> None:
    project.write("settings.py", SETTINGS.format(base=str(project.base)))
    project.write("shop/models.py", MODELS)
    placed(project, order="default", invoice="archive")

    for alias in ("default", "archive"):
        ran = project.manage("schemadiff", "--database", alias)
        assert ran.code == 0, ran.err
        ran = project.manage("schemaapply", "--database", alias)
        assert ran.code == 0, ran.err
    assert "shop_invoice" not in tables(project, "default")
    assert "shop_order" not in tables(project, "archive")

    placed(project, order="archive", invoice="archive")
    refused = project.manage("schemadiff")
    dropped = project.manage("schemadiff", "--allow-data-loss")
    created = project.manage("schemadiff", "--database", "archive")

    assert refused.code == 3
    assert "drops table shop_order" in refused.err
    assert dropped.code == 0, dropped.err
    assert 'DROP TABLE "shop_order"' in tables(project, "default")
    assert created.code == 0, created.err
    assert 'CREATE TABLE "shop_order"' in tables(project, "archive")
    for alias in ("default", "archive"):
        assert project.manage("schemaapply", "--database", alias).code == 0
        assert project.manage("schemadiff", "--database", alias, "--check").code == 0
