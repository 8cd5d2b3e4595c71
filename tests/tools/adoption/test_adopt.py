"""The how-to guide's steps, on a project of Django's own apps."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.commands import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow("processes")

SETTINGS = """
import os
from schema_migrations.engines.registry import engine_for_url

url = os.environ["CORPUS_DB_URL"]
DATABASES = {"default": engine_for_url(url).addresses.settings_from_url(url, {})}
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sites"]
SECRET_KEY = "x"
USE_TZ = True
"""


@pytest.mark.parametrize("option", [(), ("--third-party",)])
def test_a_project_is_adopted_and_goes_back(
    option: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "corpus_settings.py").write_text(SETTINGS)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tools", "adoption", "adopt"),
            *("--name", "small", "--engine", "sqlite", *option),
        ],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "back to migrate" in done.stdout.splitlines()[-1]
