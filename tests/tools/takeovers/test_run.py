"""What is asked for is looked at before anything is installed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.commands import run_tools
from tools.takeovers.run import has_version

if TYPE_CHECKING:
    from pathlib import Path

OWN = "{}.{}".format(*sys.version_info)


def test_a_python_is_known_by_its_version() -> None:
    assert has_version(sys.executable, OWN)
    assert not has_version(sys.executable, "2.7")


def test_a_program_that_is_missing_or_fails_is_no_python(tmp_path: Path) -> None:
    assert not has_version(str(tmp_path / "python3"), OWN)
    assert not has_version("false", OWN)


@pytest.mark.slow("processes")
def test_a_missing_python_is_named_with_the_way_on(tmp_path: Path) -> None:
    done = run_tools("takeovers", "pretix", "--python", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "pretix needs Python 3.13. Put python3.13 on PATH" in done.stderr
    assert ".ci/python_beside.sh" in done.stderr


@pytest.mark.slow("processes")
def test_an_unknown_project_is_refused() -> None:
    done = run_tools("takeovers", "shop")
    assert done.returncode == 2
    assert "There is no shop." in done.stderr
