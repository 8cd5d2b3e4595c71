"""The plugin measures the fixture that makes the test database, and says it once."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.commands import REPOSITORY
from tools.takeovers.timing import SAYS

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
import time
import pytest

@pytest.fixture(scope="session")
def {fixture}():
    time.sleep(0.3)

def test_first({fixture}): pass
def test_second({fixture}): pass
"""


def run_tests(folder: Path, fixture: str) -> list[str]:
    (folder / "test_them.py").write_text(TESTS.format(fixture=fixture))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:django"),
            *("-p", "tools.takeovers.timing", "--rootdir", folder, folder),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout
    return re.findall(rf"{SAYS} (\S+) s", done.stdout)


@pytest.mark.slow("a process")
def test_the_fixture_is_measured(tmp_path: Path) -> None:
    (seconds,) = run_tests(tmp_path, "django_db_setup")
    assert float(seconds) >= 0.3


@pytest.mark.slow("a process")
def test_other_fixtures_are_not(tmp_path: Path) -> None:
    assert run_tests(tmp_path, "django_db_blocker") == []
