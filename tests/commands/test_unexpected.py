"""What nobody foresaw ends with the code of a failure, never with that of a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures.json_schemas import read_answer

if TYPE_CHECKING:
    from tests.fixtures.project import Project

BACKEND = """
from django.db.backends.{vendor} import base

class DatabaseWrapper(base.DatabaseWrapper):
    def create_cursor(self, name=None):
        {action}
"""
"""A backend of the project's own, which may raise anything."""

BUG = "raise RuntimeError('words of a bug, password=hunter2')"
LOST = "import psycopg; raise psycopg.OperationalError('the connection is lost')"


@pytest.fixture
def broken(project: Project) -> Project:
    project.write("migrations/1_a.sql", "CREATE TABLE a (id integer);")
    return project


def break_backend(project: Project, action: str, settings: dict[str, Any]) -> None:
    vendor = settings["ENGINE"].rpartition(".")[2]
    project.write("backend/__init__.py", "")
    project.write("backend/base.py", BACKEND.format(vendor=vendor, action=action))
    project.configure({**settings, "ENGINE": "backend"})


def test_a_bug_ends_with_2_and_one_message(
    broken: Project, pg_database: dict[str, Any]
) -> None:
    assert broken.manage("schemahash").code == 0
    break_backend(broken, BUG, pg_database)
    for command in (["schemaapply"], ["schemastatus", "--check"], ["schemadiff"]):
        done = broken.manage(*command)
        assert done.code == 2, done.err
        assert "RuntimeError: words of a bug" in done.err
        assert "--traceback shows where it comes from" in " ".join(done.err.split())
        assert "Traceback" not in done.err
        assert "on-failure" not in done.err
        assert "hunter2" not in done.err


def test_a_program_reads_its_code(broken: Project, pg_database: dict[str, Any]) -> None:
    broken.manage("schemahash")
    break_backend(broken, BUG, pg_database)
    done = broken.manage("schemastatus", "--format", "json")
    assert done.code == 2
    answer = read_answer("schemastatus", done.out)
    assert answer["error"]["code"] == "unexpected"


def test_a_lost_server_ends_with_5(
    broken: Project, pg_database: dict[str, Any]
) -> None:
    broken.manage("schemahash")
    break_backend(broken, LOST, pg_database)
    done = broken.manage("schemadiff", "--check")
    assert (done.code, "Traceback" in done.err) == (5, False), done.err


def test_traceback_keeps_the_exit_code(broken: Project) -> None:
    done = broken.manage("schemadiff", "--check", "--traceback")
    assert done.code == 4  # no atlas.sum
    assert "Traceback" in done.err


def test_a_failed_system_check_is_no_finding(broken: Project) -> None:
    """Django ends with 1, which means "changes" here."""
    broken.write(
        "shop/models.py",
        "from django.db import models\n"
        "class Order(models.Model):\n    class Meta:\n        ordering = ['nosuch']\n",
    )
    done = broken.manage("schemadiff", "--check")
    assert done.code == 2
    assert "models.E015" in done.err


def test_a_folder_that_is_not_there_is_not_in_order(project: Project) -> None:
    done = project.manage("schemahash", "--check", "--dir", "nosuch")
    assert done.code == 2
    assert "nosuch" in done.err
