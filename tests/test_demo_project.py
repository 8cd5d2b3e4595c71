"""The demo shop is in step with its files, and works on a database they alone made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Manage = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).resolve().parent.parent

VISIT = """
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

client = Client()
client.force_login(get_user_model().objects.create_superuser("chief@example.org", "x"))
for model in admin.site._registry:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    print(client.get(reverse(f"{name}_changelist")).status_code, name, "changelist")
    if model._meta.managed:
        print(client.get(reverse(f"{name}_add")).status_code, name, "add")
brand = {"name": "Loom & Thread", "slug": "loom", "website": "", "founded": "1987"}
client.post(reverse("admin:catalogue_brand_add"), brand)
print(200 if "Loom" in client.get(reverse("admin:index")).text else 500, "recent actions")
"""


@pytest.fixture
def manage(pg_database: dict[str, Any]) -> Manage:
    """Run the demo's manage.py against a fresh, empty database."""
    host, user, name = (pg_database[key] for key in ("HOST", "USER", "NAME"))
    url = f"postgresql://{user}@/{name}?host={quote(host)}&port={pg_database['PORT']}"
    environment = os.environ | {
        "DEMO_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "demo_project.settings",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_checks_are_clean_once_migrate_was_run(manage: Manage) -> None:
    done = manage("check", "--database", "default")
    assert "schema_migrations.W001" in done.stderr
    done = manage("migrate", "--no-input")
    assert done.returncode == 0, done.stdout + done.stderr
    done = manage("check", "--database", "default", "--fail-level", "DEBUG")
    assert done.returncode == 0, done.stderr


def test_the_directory_is_in_step_with_the_models(manage: Manage) -> None:
    done = manage("schemadiff", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_admin_works_on_a_database_built_only_by_schemaapply(
    manage: Manage,
) -> None:
    applied = manage("schemaapply", "--no-input")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    visited = manage("shell", "-v0", "-c", VISIT)
    lines = visited.stdout.splitlines()
    assert len(lines) > 40, visited.stderr
    assert [line for line in lines if not line.startswith("200 ")] == []
