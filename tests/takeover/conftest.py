"""A project that has ``schema_migrations.takeover``, on SQLite or PostgreSQL."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.project import Project, Ran

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

SEVERAL = """
import contextlib, io, json, sys
from django.core.management import ManagementUtility
told = []
for arguments in json.loads(sys.argv[1]):
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            ManagementUtility(["manage.py", *arguments]).execute()
        except SystemExit as ended:
            code = ended.code or 0
    told.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(told))
"""


def run(project: Project, *commands: str, **environment: str) -> list[Ran]:
    """Run commands one after another in one process, as it takes long to start."""
    project.write("several.py", SEVERAL)
    done = subprocess.run(
        [sys.executable, "several.py", json.dumps([shlex.split(c) for c in commands])],
        cwd=project.base,
        env=project.environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Ran(code=c, out=o, err=e) for c, o, e in json.loads(done.stdout)]


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
