"""The source ``migrations``: what a project's own Django migrations make."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fixtures.project import Project

INITIAL = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("auth", "0001_initial")]
    operations = [
        migrations.CreateModel("Order", [
            ("id", models.BigAutoField(primary_key=True)),
            ("number", models.CharField(max_length=20, unique=True)),
            ("total", models.DecimalField(max_digits=8, decimal_places=2)),
        ]),
    ]
"""


@pytest.fixture
def migrated(project: Project) -> Project:
    project.write("shop/migrations/__init__.py", "")
    project.write("shop/migrations/0001_initial.py", INITIAL)
    return project


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_migrations_that_make_what_the_models_say(
    engine: str, migrated: Project, on_postgres: Callable[..., Project]
) -> None:
    if engine == "postgresql":
        on_postgres()
    ran = migrated.manage("schemadiff", "--from", "models", "--to", "migrations")
    assert ran.code == 0, ran.err
    assert "shop" not in ran.out, ran.out


def test_what_migrations_make_by_sql_is_shown(migrated: Project) -> None:
    sql = "CREATE INDEX shop_by_hand ON shop_order (total)"
    migrated.write(
        "shop/migrations/0002_index.py",
        f"""
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL({sql!r})]
""",
    )
    ran = migrated.manage("schemadiff", "--from", "models", "--to", "migrations")
    assert ran.code == 0, ran.err
    assert 'CREATE INDEX "shop_by_hand"' in ran.out, ran.out
