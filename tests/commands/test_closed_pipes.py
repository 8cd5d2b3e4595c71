"""A reader that went away stops no command: real pipes and processes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.commands.test_as_a_process import ROOT, environment_of
from tests.fixtures.json_schemas import read_answer

if TYPE_CHECKING:
    from tests.fixtures.project import Project
    from tests.fixtures.targets import Place

pytestmark = pytest.mark.slow("processes")

MANY = 40


def write_many(place: Place) -> None:
    """Write so many files that nothing of their output fits behind a closed pipe."""
    place.write(**{f"_{n:03}": f"CREATE TABLE t{n} (id integer);" for n in range(MANY)})


def start(place: Place, shell: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command that starts ``$MANAGE``; exit with the code of ``$MANAGE``."""
    return subprocess.run(
        ["/bin/sh", "-c", shell],
        cwd=ROOT,
        env={**environment_of(place), "MANAGE": f"{sys.executable} -m django"},
        capture_output=True,
        text=True,
        check=False,
    )


def applying(place: Place, more: str = "") -> str:
    return f"$MANAGE schemaapply --no-signals -v2 --dir {place.folder} {more}"


@pytest.mark.parametrize(
    "pipes",
    ["| head -1", "2>&1 | head -1", "| true", "2>&1 >/dev/null | true", ">&-", "2>&-"],
)
def test_an_apply_runs_on(place: Place, pipes: str) -> None:
    write_many(place)
    code = place.folder / "code"

    ran = start(place, f"{{ {applying(place)}; echo $? >{code}; }} {pipes}")

    assert code.read_text().strip() == "0"
    assert len(place.list_tables()) == MANY
    assert all(row.done for row in place.read_revisions().values())
    assert "Traceback" not in ran.stderr
    assert "Broken" not in ran.stderr


def test_json_and_its_log_as_well(place: Place) -> None:
    """With the log's reader gone the object is whole, and the other way round."""
    write_many(place)
    code = place.folder / "code"
    command = applying(place, "--format json")

    ran = start(place, f"{{ {{ {command}; echo $? >{code}; }} 2>&1 >&3 | true; }} 3>&1")

    assert code.read_text().strip() == "0"
    assert len(read_answer("schemaapply", ran.stdout)["applied"]) == MANY
    place.write(_999="CREATE TABLE nine (id integer);")
    start(place, f"{{ {command}; echo $? >{code}; }} | true")
    assert code.read_text().strip() == "0"
    assert "nine" in place.list_tables()


def test_a_failure_has_its_exit_code(place: Place) -> None:
    place.write(_1="CREATE TABLE a (id integer);", _2="SELECT nope;")
    code = place.folder / "code"

    ran = start(place, f"{{ {applying(place)}; echo $? >{code}; }} 2>&1 | true")

    assert code.read_text().strip() == "2"
    assert place.read_revisions()["1"].done
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("schemastatus --check", "1"),
        ("schemadiff --dry-run --allow-data-loss", "0"),
        ("schemadiff --check", "1"),
        ("schemahash", "0"),
        ("schemaset zero --dry-run", "0"),
        ("schemastatus --nope", "2"),
    ],
)
def test_other_commands_end_quietly(
    project: Project, command: str, expected: str
) -> None:
    project.write("migrations/1.sql", "CREATE TABLE a (id integer);\n")
    project.manage("schemahash")
    code = project.base / "code"
    line = f"{sys.executable} -m django {command}"

    ran = subprocess.run(
        ["/bin/sh", "-c", f"{{ {line}; echo $? >{code}; }} 3>&2 2>&1 | true"],
        cwd=project.base,
        env=project.make_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert code.read_text().strip() == expected
    assert ran.stderr == ""


def test_a_terminal_that_is_closed_does_not_stop_a_run(place: Place) -> None:
    write_many(place)
    controller, terminal = os.openpty()
    process = subprocess.Popen(
        ["/bin/sh", "-c", f"sleep 1; exec {applying(place)}"],
        cwd=ROOT,
        env={**environment_of(place), "MANAGE": f"{sys.executable} -m django"},
        stdout=terminal,
        stderr=terminal,
        stdin=subprocess.DEVNULL,
    )
    os.close(terminal)
    os.close(controller)

    assert process.wait() == 0
    assert len(place.list_tables()) == MANY
