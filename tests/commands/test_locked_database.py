"""A SQLite database that another process holds exclusively: exit 5, and --wait waits."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fixtures.project import Project

SOON = {"timeout": 0.1}
"""SQLite's own wait for each statement, in seconds."""


@pytest.fixture
def holder(project: Project, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A session that holds the project's database exclusively."""
    name = str(tmp_path / "db")
    engine = "django.db.backends.sqlite3"
    project.configure({"ENGINE": engine, "NAME": name, "OPTIONS": SOON})
    project.write("migrations/1.sql", "CREATE TABLE a (id integer);\n")
    assert project.manage("schemahash").code == 0
    connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "command",
    [
        ("schemaapply",),
        ("schemaapply", "--dry-run"),
        ("schemaapply", "--check"),
        ("schemastatus",),
        ("schemastatus", "--drift"),
        ("schemaset", "1", "--no-input"),
        ("schemaset", "zero", "--dry-run"),
        ("schemadiff", "--from", "db:default", "--to", "files"),
    ],
    ids=" ".join,
)
def test_each_command_says_that_a_retry_is_safe(
    project: Project, holder: sqlite3.Connection, command: tuple[str, ...]
) -> None:
    refused = project.manage(*command)

    assert refused.code == 5, refused.err
    assert "database is locked" in refused.err
    assert "Another process has locked it." in refused.err
    assert "permissions" not in refused.err


def test_json_names_the_situation(project: Project, holder: sqlite3.Connection) -> None:
    refused = project.manage("schemaapply", "--format", "json")

    assert refused.code == 5
    assert refused.json["error"]["code"] == "target-locked"


def test_a_url_and_many_targets_as_well(
    project: Project, holder: sqlite3.Connection, tmp_path: Path
) -> None:
    urls = [f"sqlite:///{tmp_path / name}" for name in ("db", "other")]
    one = project.manage("schemastatus", "--url", urls[0])
    each = [part for url in urls for part in ("--url", url)]
    many = project.manage(
        "schemaapply", *each, "--no-signals", "--on-failure", "continue"
    )

    assert (one.code, many.code) == (5, 5), one.err + many.err


@pytest.mark.parametrize(
    "command",
    [("schemaapply", "--no-signals"), ("schemastatus",), ("schemaset", "1")],
    ids=" ".join,
)
def test_wait_waits(
    project: Project, holder: sqlite3.Connection, command: tuple[str, ...]
) -> None:
    timer = threading.Timer(1.0, holder.close)
    timer.start()

    waited: Any = project.manage(*command, "--wait", "60")

    timer.join()
    assert waited.code == 0, waited.err


@pytest.mark.parametrize("mode", ["file", "none"])
def test_a_file_that_cannot_begin_is_not_at_its_end(
    project: Project, tmp_path: Path, mode: str
) -> None:
    name = tmp_path / "db"
    engine = "django.db.backends.sqlite3"
    database = {"ENGINE": engine, "NAME": str(name), "OPTIONS": SOON}
    project.configure(database, LOCK_RETRIES=0)
    project.write("migrations/1.sql", "CREATE TABLE a (id integer);\n")
    assert project.manage("schemahash").code == 0
    assert project.manage("schemaapply", "--no-signals").code == 0
    project.write("migrations/2.sql", "CREATE TABLE b (id integer);\n")
    assert project.manage("schemahash").code == 0
    with closing(sqlite3.connect(name, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        refused = project.manage("schemaapply", "--no-signals", "--tx-mode", mode)

    assert refused.code == 5, refused.err
    assert "2.sql: before or after its statements: database is locked" in refused.err
