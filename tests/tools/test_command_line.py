"""``python -m tools``: words lead to a tool, and what follows is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fixtures.commands import run_tools
from tools.__main__ import TOOLS
from tools.projects import Project, parse_projects

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("words", TOOLS)
@pytest.mark.slow("processes")
def test_every_tool_says_what_it_takes(words: str) -> None:
    done = run_tools(*words.split(), "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: python -m tools {words} ")


@pytest.mark.parametrize("arguments", [(), ("history",), ("walk", "histories")])
@pytest.mark.slow("processes")
def test_without_a_tool_all_are_listed(arguments: tuple[str, ...]) -> None:
    done = run_tools(*arguments)
    assert done.returncode == 2
    assert all(f"python -m tools {words} " in done.stderr for words in TOOLS)


@pytest.mark.slow("processes")
def test_an_error_of_ours_is_shown_with_its_hint() -> None:
    done = run_tools(*("histories", "walk", "--settings", "x", "--url", "oracle://x/y"))
    assert done.returncode == 2
    assert done.stderr == (
        "oracle:// URLs are not supported.\nSupported: PostgreSQL and SQLite.\n"
    )


def test_options_follow_the_folders(tmp_path: Path) -> None:
    for name in ("frozen.txt", "corpus_settings.py"):
        (tmp_path / name).touch()
    projects, options = parse_projects(
        [str(tmp_path), "--", "--only", "x"], tool="histories", description=""
    )
    assert projects == [Project(folder=tmp_path)]
    assert options == ["--only", "x"]


@pytest.mark.slow("processes")
def test_a_folder_without_requirements_is_no_project(tmp_path: Path) -> None:
    done = run_tools("adoption", str(tmp_path))
    assert done.returncode == 2
    assert f"There is no frozen.txt in {tmp_path}" in done.stderr
