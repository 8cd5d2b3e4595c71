"""The workflows of ``.github``: what they run is pinned, and what they may do is little."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fixtures.commands import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")

workflows = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    return found


@workflows
@pytest.mark.slow("a process")
def test_github_takes_it(path: Path) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    words = [str(program), "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@workflows
def test_every_action_is_pinned_by_its_hash_and_says_its_version(path: Path) -> None:
    steps = [step for job in jobs(path).values() for step in job["steps"]]
    used = re.findall(r"uses:.*$", path.read_text(), re.MULTILINE)
    assert len(used) == sum("uses" in step for step in steps) > 0
    assert [line for line in used if not PINNED.fullmatch(line)] == []


def test_an_action_is_the_same_everywhere() -> None:
    pins = {pin for path in WORKFLOWS for pin in PINNED.findall(path.read_text())}
    assert len(pins) == len({action for action, *_ in pins})


@workflows
def test_only_the_job_that_publishes_may_more_than_read(path: Path) -> None:
    granted = yaml.safe_load(path.read_text())["permissions"]
    assert granted.items() <= {"contents": "read"}.items()
    for name, job in jobs(path).items():
        asked = job.get("permissions", granted)
        if name == "publish":
            assert asked == {"id-token": "write"}
        else:
            assert asked == {"contents": "read"}


def test_what_is_published_was_built_once_and_tested() -> None:
    release = jobs(REPOSITORY / ".github/workflows/release.yml")
    building = [name for name, job in release.items() if "build.sh" in str(job)]
    assert building == ["build"]
    assert release["test"]["needs"] == "build"
    assert release["publish"]["needs"] == "test"
    # Nothing of this repository, and no other program, runs beside the permission.
    assert not any("run" in step for step in release["publish"]["steps"])
    assert not re.search("checkout", str(release["publish"]))
