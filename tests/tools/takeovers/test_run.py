"""What is asked for is looked at before anything is installed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.commands import run_tools
from tools.differences import Differs
from tools.takeovers.recipes import RECIPES
from tools.takeovers.run import has_version, take_steps
from tools.takeovers.walk import Measure, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN = "{}.{}".format(*sys.version_info)


@pytest.mark.slow("processes")
def test_a_python_is_known_by_its_version() -> None:
    assert has_version(sys.executable, OWN)
    assert not has_version(sys.executable, "2.7")


@pytest.mark.slow("processes")
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


def measure_and_pass(walk: Walk) -> Iterator[Measure]:
    yield Measure(what="rows", value=f"3 of {walk.recipe.name}")


def measure_and_fail(walk: Walk) -> Iterator[Measure]:
    yield Measure(what="tests", value="9")
    raise Differs("one is not as the other")


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    return Walk(
        recipe=RECIPES["pretix"],
        python=tmp_path,
        older_python=tmp_path,
        source=tmp_path,
        folder=tmp_path,
        host="",
        programs=tmp_path,
    )


def test_a_step_that_fails_is_in_the_table_and_the_next_one_is_taken(
    walk: Walk, capsys: pytest.CaptureFixture[str]
) -> None:
    measured: list[Measure] = []
    steps = {"a": measure_and_pass, "b": measure_and_fail, "c": measure_and_pass}
    assert not take_steps(walk, measured, steps)
    assert [each.what for each in measured] == [
        *("releases", "rows", "step: a", "tests", "step: b", "rows", "step: c")
    ]
    assert [each.value for each in measured if each.what == "step: b"] == ["FAIL"]
    assert "  FAIL  b: one is not as the other\n" in capsys.readouterr().out


def test_without_the_first_step_there_is_no_other(walk: Walk) -> None:
    measured: list[Measure] = []
    assert not take_steps(
        walk, measured, {"a": measure_and_fail, "b": measure_and_pass}
    )
    assert [each.what for each in measured] == ["releases", "tests", "step: a"]


def test_steps_that_pass_hold(walk: Walk) -> None:
    assert take_steps(walk, [], {"a": measure_and_pass, "b": measure_and_pass})
