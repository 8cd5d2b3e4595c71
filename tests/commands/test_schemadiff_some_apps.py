"""``APPS``: some apps are ours, the others are left to Django's migrations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.json_schemas import read_answer
from tests.fixtures.project import MODELS, Project

REFERRING = (
    MODELS
    + """    buyer = models.ForeignKey("auth.User", models.CASCADE)
    readers = models.ManyToManyField("auth.Group")
"""
)
VIEW = "CREATE VIEW buyers AS SELECT u.username FROM auth_user u, shop_order o WHERE o.buyer_id = u.id;"


@pytest.fixture(params=["sqlite", "postgresql"])
def some_apps(
    request: pytest.FixtureRequest,
    project: Project,
    pg_database: dict[str, Any],
    tmp_path: Any,
) -> Project:
    """A project that leaves ``auth`` and ``contenttypes`` to Django."""
    on_sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db")}
    project.write("shop/models.py", REFERRING)
    project.write("sql/buyers.sql", VIEW)
    project.configure(
        on_sqlite if request.param == "sqlite" else pg_database,
        APPS=["shop"],
        EXTRA=[str(project.base / "sql")],
    )
    return project


def managed(project: Project, *arguments: str) -> str:
    ran = project.manage(*arguments)
    assert ran.code == 0, ran.err
    return ran.out


def test_they_live_beside_one_another(some_apps: Project) -> None:
    managed(some_apps, "schemadiff", "initial")
    (file,) = some_apps.files
    text = file.read_text()
    assert 'CREATE TABLE "auth_user"' not in text
    assert 'REFERENCES "auth_user"' in text or "REFERENCES auth_user" in text
    assert "buyers" in text
    managed(some_apps, "migrate", "-v0")  # shop has no Django migrations
    managed(some_apps, "schemaapply", "--allow-dirty")
    managed(some_apps, "schemadiff", "--check")
    found = read_answer(
        "schemastatus", managed(some_apps, "schemastatus", "--drift", "--format=json")
    )
    assert (found["status"], found["drift"]) == ("ok", [])

    some_apps.write(
        "shop/models.py",
        REFERRING.replace("models.CASCADE", "models.CASCADE, db_index=False"),
    )
    managed(some_apps, "schemadiff", "--no-input", "index")
    managed(some_apps, "schemaapply")
    found = read_answer(
        "schemastatus", managed(some_apps, "schemastatus", "--drift", "--format=json")
    )
    assert (found["status"], found["drift"]) == ("ok", [])


def test_a_serial_column_stays_serial(
    project: Project, pg_database: dict[str, Any]
) -> None:
    project.configure(pg_database, APPS=["shop"])
    project.write(
        "migrations/1_by_hand.sql",
        "CREATE TABLE shop_order (id bigserial PRIMARY KEY, "
        "number varchar(20) NOT NULL, total numeric(8, 2) NOT NULL);\n",
    )
    managed(project, "schemahash")
    managed(project, "schemadiff", "number")
    text = project.files[-1].read_text()
    assert "UNIQUE" in text
    assert "IDENTITY" not in text
