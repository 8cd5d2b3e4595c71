"""The model ``Revision``: it reads what ``schemaapply`` wrote, and nobody writes by it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.core.management.color import no_style
from django.core.management.sql import sql_flush

from schema_migrations.errors import StatementFailed
from schema_migrations.models import Revision

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

ROOT = Path(__file__).parents[1]


def test_rows_are_read_as_objects(place: Place) -> None:
    place.write(_1_first="SELECT 1;", _2="SELECT nope;")
    with pytest.raises(StatementFailed):
        place.apply()
    first, second = Revision.objects.all()
    assert (str(first), first.applied, first.error) == ("1_first", 1, None)
    assert (str(second), second.applied, second.error_stmt) == ("2", 0, "SELECT nope")
    assert first.executed_at.tzinfo is not None


def test_flush_leaves_the_history_alone(place: Place) -> None:
    """``TransactionTestCase`` flushes every table of a managed model."""
    place.write(_1="SELECT 1;")
    place.apply()
    assert sql_flush(no_style(), place.connection) == []
    assert Revision._meta.managed is False
    assert apps.get_model("schema_migrations", "Revision") is Revision


@pytest.mark.slow("processes")
def test_the_admin_only_shows() -> None:
    """In the demo project, whose settings have the admin."""
    script = (
        "import django; django.setup()\n"
        "from django.contrib import admin\n"
        "from django.test import RequestFactory\n"
        "from schema_migrations.models import Revision\n"
        "shown, request = admin.site.get_model_admin(Revision), RequestFactory().get('/')\n"
        "print(shown.has_add_permission(request), shown.has_change_permission(request),"
        " shown.has_delete_permission(request))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "demo_project.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("False False False\n", "")
