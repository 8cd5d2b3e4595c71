"""A project that has ``schema_migrations.takeover``, on SQLite or PostgreSQL."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.project import CommandResult, Project

BLOG = """
from django.db import models


class Post(models.Model):
    title = models.CharField(max_length=20)
    author = models.ForeignKey("auth.User", models.CASCADE)
"""

OPT_IN = """
INSTALLED_APPS += ["django.contrib.sites", "blog", "schema_migrations.takeover"]
SITE_ID = 1
"""

Opted = Callable[..., Project]


EACH_ENGINE = pytest.mark.parametrize(
    "database", ["sqlite", "postgresql"], indirect=True
)


def run(project: Project, *commands: str, **environment: str) -> list[CommandResult]:
    """Run commands one after another."""
    return [project.manage(*shlex.split(each), **environment) for each in commands]


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """A ``DATABASES`` entry of an empty database: SQLite, or with ``EACH_ENGINE``."""
    if getattr(request, "param", "") == "postgresql":
        found: dict[str, Any] = request.getfixturevalue("pg_database")
        return found
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db")}


@pytest.fixture
def opted(project: Project, database: dict[str, Any]) -> Opted:
    """Make the project: apps ``shop``, without migrations, and ``blog``, with a package."""

    def made(*, more: str = "", **entry: Any) -> Project:
        project.configure(database, **entry)
        settings = project.base / "settings.py"
        settings.write_text(settings.read_text() + OPT_IN + more)
        project.write("blog/__init__.py", "")
        project.write("blog/migrations/__init__.py", "")
        project.write("blog/models.py", BLOG)
        return project

    return made
